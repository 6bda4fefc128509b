"""The face without a browser: who may come in, what a till can be told, what is kept."""
import json
import re
import signal
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from host_sim.face import recording
from host_sim.face.face import Choice, Face
from host_sim.face.words import LEDGER, MESSAGES, TEXTS
from host_sim.play.script import parse_line
from tools.browser import ROOT, served


def get(address, path="/", data=None, **headers):
    """(status, headers, body) of a page, its refusals too; with `data` it is sent there."""
    request = urllib.request.Request(address.rstrip("/") + path, data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


def test_page_loads_nothing_from_elsewhere_and_has_no_inline_script(server):
    status, headers, body = get(server, "/tills/10000001")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http:" not in body and "https:" not in body and "<script>" not in body


def test_page_of_another_site_gets_nothing(server):
    assert get(server, "/tills/10000001", Host="evil.example")[0] == 421
    live = server.replace("http", "ws") + "live?till=10000001"
    with pytest.raises(InvalidStatus):
        connect(live, origin="http://evil.example")
    with connect(live, origin=server.rstrip("/")) as socket:
        assert "screen" in json.loads(socket.recv())


def test_deed_that_is_none_is_answered_and_the_next_is_done(server):
    live = server.replace("http", "ws") + "live?till=10000002"
    with connect(live, origin=server.rstrip("/")) as socket:
        for wrong in ("[]", "{", '{"do": "expect paper \\"x\\""}', '{"key": "Q"}', "{}"):
            socket.send(wrong)
        socket.send('{"do": "power on"}')
        seen, errors = {}, 0
        while not seen.get("till", {}).get("power") or errors < 5:
            news = json.loads(socket.recv(timeout=60))
            errors += "error" in news
            seen |= news
    assert errors == 5


def test_server_that_is_killed_goes_on_where_it_was(tmp_path):
    def clock(address):
        live = address.replace("http", "ws") + "live?till=10000001"
        with connect(live, origin=address.rstrip("/")) as socket:
            socket.send('{"do": "power on"}')
            seen = {}
            while not seen.get("till", {}).get("power"):
                seen |= json.loads(socket.recv(timeout=60))
            return seen["clock"]["now"]

    with served("--keep", tmp_path) as (address, process):
        before = clock(address)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with served("--keep", tmp_path) as (address, _):
        assert clock(address) > before


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
    assert status == 400 and "'include': only scenarios" in told
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
        assert get(plain, "/tills/10000001")[0] == 401
        assert get(plain, "/tills/10000001?token=" + "x" * len(token))[0] == 401
        assert get(plain, "/tills/10000001", Cookie=f"tuidan-token={token}")[0] == 200
        live = plain.replace("http", "ws") + "live?till=10000001"
        with pytest.raises(InvalidStatus):
            connect(live, origin=plain.rstrip("/"))
        with connect(live, origin=plain.rstrip("/"),
                     additional_headers={"Cookie": f"tuidan-token={token}"}) as socket:
            assert "screen" in json.loads(socket.recv())


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
