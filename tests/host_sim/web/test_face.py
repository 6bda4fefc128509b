"""The face without a browser: who may come in, what a till can be told, what is kept."""
import json
import re
import socket
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from host_sim.face import recording
from host_sim.face.face import Choice, Face
from host_sim.face.words import LEDGER, MESSAGES, TEXTS
from host_sim.play.script import parse_line
from host_sim.web.office import desks
from tools.browser import ROOT, served


def get(address, path="/", data=None, **headers):
    """(status, headers, body) of a page, its refusals too; with `data` it is sent there."""
    request = urllib.request.Request(address.rstrip("/") + path, data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


@pytest.mark.parametrize("path", ["/tills/10000001", "/tills/10000001?lang=zh", "/office/login"])
def test_page_loads_nothing_from_elsewhere_and_has_no_inline_script(server, path):
    status, headers, body = get(server, path)
    rules = dict(rule.strip().partition(" ")[::2]
                 for rule in headers["Content-Security-Policy"].split(";"))
    assert status == 200 and "</html>" in body
    assert rules["default-src"] == "'none'" and rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'" and rules["connect-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert all(' src="/static/' in tag for tag in re.findall("<script[^>]*>", body))
    assert not re.search(r"""<[^>]*\s(on\w+|style)\s*=|https?:|javascript:|["'(]//""", body)


def test_browser_gets_the_language_that_it_asks_for(server):
    for asked, wanted in (("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de-DE,en;q=0.7", "en")):
        _, _, body = get(server, "/tills/10000001", **{"Accept-Language": asked})
        assert f'<html lang="{wanted}">' in body
        assert ("ENTER<small>" in body, "确认<small>ENTER</small>" in body) == (
            False, wanted == "zh")      # both where page and terminal speak two languages


def test_server_is_reached_from_this_machine_alone(server):
    there = urlsplit(server)
    assert there.hostname == "127.0.0.1"
    socket.create_connection((there.hostname, there.port), 5).close()
    with pytest.raises(ConnectionRefusedError):     # another address of the same machine
        socket.create_connection(("127.0.0.2", there.port), 5)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", None])
def test_page_of_another_site_gets_nothing(server, origin):
    own, live = server.rstrip("/"), server.replace("http", "ws") + "live?till=10000001"
    assert get(server, "/tills/10000001", Host="evil.example")[0] == 421
    with pytest.raises(InvalidStatus) as refused:
        connect(live, origin=origin)
    assert refused.value.response.status_code == 403
    headers = {} if origin is None else {"Origin": origin}
    for path in ("/open", "/play"):
        assert get(server, path, b"scenario=review_day", **headers)[0] == 403
    with connect(live, origin=own) as line:
        assert "screen" in json.loads(line.recv(timeout=60))


def test_deed_that_is_none_is_answered_and_the_next_is_done(server):
    live = server.replace("http", "ws") + "live?till=10000002"
    with connect(live, origin=server.rstrip("/")) as line:
        for wrong in ("[]", "{", '{"do": "expect paper \\"x\\""}', '{"key": "Q"}', "{}"):
            line.send(wrong)
        line.send('{"do": "power on"}')
        seen, errors = {}, 0
        while not seen.get("till", {}).get("power") or errors < 5:
            news = json.loads(line.recv(timeout=60))
            errors += "error" in news
            seen |= news
    assert errors == 5


def test_clock_that_is_stopped_is_told_to_all_and_goes_on_by_the_second(server):
    live, own = server.replace("http", "ws") + "live?till=10000002", server.rstrip("/")
    with connect(live, origin=own) as one, connect(live, origin=own) as other:
        one.send('{"speed": 0}')
        assert (stood := told_clock(other, 0)) == told_clock(one, 0)
        for wrong in ("0", "-5", "1001", "0.5", "false", '"1"'):
            one.send(f'{{"step": {wrong}}}')
            while "error" not in json.loads(one.recv(timeout=60)):
                pass
        one.send('{"step": 1000}')
        later = told_clock(other, 0, stood)
        one.send('{"speed": 1}')
    assert later - stood == timedelta(seconds=1)


def told_clock(line, speed, but=None):
    """The time that a browser is told with this speed, but not this one again."""
    while True:
        clock = json.loads(line.recv(timeout=60)).get("clock")
        at = clock and datetime.strptime("2026-" + clock["now"], "%Y-%m-%d %H:%M:%S.%f")
        if clock and clock["speed"] == speed and at != but:
            return at


def test_what_was_done_is_a_key_script_that_can_be_read():
    face = Face(Choice())
    site = face.site
    till = next(iter(site.tills.values()))
    for deed in ("power on", "wire cut", "wire mend", "swipe credit"):
        site.do(till, deed)
        site.advance(site.now_ms + 1_000)
    for key in ("ENTER", "0", "1"):
        site.key(till, key, True)
        site.key(till, key, False)
        site.advance(site.now_ms + 500)
    written = recording.script(till, face.choice).splitlines()
    site.close()
    statements = [one for one in (parse_line(line, "here") for line in written) if one]
    assert [one.text for one in statements if one.name in ("wire", "swipe", "press")] == [
        "wire cut", "wire mend", "swipe credit", "press ENTER", "press 0 1"]


def test_script_that_reaches_for_other_files_is_refused_to_a_browser(server):
    body = (b'--b\r\nContent-Disposition: form-data; name="script"; filename="x.txt"\r\n\r\n'
            b"include /etc/passwd\r\n--b--\r\n")
    status, _, told = get(server, "/play", body, Origin=server.rstrip("/"),
                          **{"Content-Type": "multipart/form-data; boundary=b"})
    assert status == 400 and "'include': only scenarios" in unescape(told)
    assert '<a href="/">' in told, "no way back"
    assert get(server, "/play", b"story=../x", Origin=server.rstrip("/"))[0] == 400


def test_browser_that_takes_its_time_is_sent_what_is_true_then(server):
    live = server.replace("http", "ws") + "live?acks&till=10000003"
    with (connect(live, origin=server.rstrip("/")) as slow,
          connect(live.replace("acks&", ""), origin=server.rstrip("/")) as quick):
        json.loads(slow.recv(timeout=60))
        quick.send('{"do": "power on"}')
        seen = {}
        while not seen.get("till", {}).get("power"):
            seen |= json.loads(quick.recv(timeout=60))
        for state in ("out", "in", "out"):
            quick.send(json.dumps({"do": f"paper {state}"}))
        while seen["till"]["paper"]:
            seen |= json.loads(quick.recv(timeout=60))
        with pytest.raises(TimeoutError):
            slow.recv(timeout=0.2)
        slow.send('{"taken": true}')
        news = json.loads(slow.recv(timeout=60))
    assert news["till"]["power"] and not news["till"]["paper"]


def test_server_that_others_can_reach_wants_its_token():
    with served("--bind", "127.0.0.2") as (address, _):
        token = address.partition("?token=")[2]
        plain = address.partition("?")[0]
        assert len(token) >= 32
        for path in ("/", "/tills/10000001", "/tills/10000001/run", "/static/face.js", "/office/",
                     "/tills/10000001?token=" + "x" * len(token)):
            assert get(plain, path)[0] == 401
            assert get(plain, path, Cookie="tuidan-token=" + "x" * len(token))[0] == 401
        assert get(plain, "/tills/10000001", Cookie=f"tuidan-token={token}")[0] == 200
        live = plain.replace("http", "ws") + "live?till=10000001"
        with pytest.raises(InvalidStatus):
            connect(live, origin=plain.rstrip("/"))
        theirs = {"Cookie": f"tuidan-token={token}"}
        with pytest.raises(InvalidStatus):
            connect(live, origin="http://evil.example", additional_headers=theirs)
        with connect(live, origin=plain.rstrip("/"), additional_headers=theirs) as line:
            assert "screen" in json.loads(line.recv(timeout=60))


def test_address_from_which_somebody_asks_cannot_be_made_up(server):
    """It is counted by, and the audit names it."""
    told = [
        get(server, "/office/customer", b"order=none%d&card_tail=0004" % n,
            Origin=server.rstrip("/"), **{"X-Forwarded-For": f"203.0.113.{n}"})[0]
        for n in range(desks.ASKED.most + 1)
    ]
    assert told == [404] * desks.ASKED.most + [429]


def test_the_pages_font_has_every_character_that_they_say():
    css = (ROOT / "host_sim/web/static/fonts/font.css").read_text()
    for ranges in re.findall(r"unicode-range: (.*?);", css):
        there = set()
        for one in ranges.split(", "):
            first, _, last = one.removeprefix("U+").partition("-")
            there |= set(range(int(first, 16), int(last or first, 16) + 1))
        said = {char for texts in (*TEXTS.values(), MESSAGES.values(), LEDGER.values())
                for text in texts for char in text}
        assert not {char for char in said if ord(char) not in there}, "python -m tools.page_font"
