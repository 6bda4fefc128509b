"""Tills at one acquirer on one clock: key scripts that go on by themselves, and what passed."""
import asyncio
import re
from pathlib import Path
from queue import SimpleQueue

import pytest

from host_sim.face import chinese, trying, views
from host_sim.face.face import SAMPLES, Choice, Face
from host_sim.face.scripts import brought, stories, story
from host_sim.face.words import LANGUAGES, words
from host_sim.on_micropython import MICROPYTHON
from host_sim.play.player import HOST_FAULTS
from host_sim.play.script import read_script
from host_sim.play.shop import open_books
from host_sim.show.explain import explain
from protocol.reference import tables
from tools.capture.keys import Keys
from tools.mpy import on_micropython

SCRIPTS = Path(__file__).parents[2] / "scripts"
STEP_MS = 200


@pytest.fixture
def face():
    made = Face(judge=lambda: Keys().judge)
    yield made
    made.site.close()


def played(face, name):
    """The till at which a key script of this name has played to its end."""
    face.play(read_script(SCRIPTS / f"{name}.txt"))
    till = next(iter(face.site.tills.values()))
    while not till.playing.over:
        face.site.advance(face.site.now_ms + STEP_MS)
    return till


def passed(face, till):
    return views.wire(face.site, till, 0)["frames"]


@pytest.mark.parametrize("name", ["refund_part", "activate", "power_cut_waiting", "host_crash"])
def test_a_key_script_goes_on_by_itself_as_it_does_in_one_go(face, name):
    till = played(face, name)
    assert till.playing.wrong is None and till.crash is None
    assert views.state(face.site, till)["playing"]["at"] == len(till.playing.statements)


def test_a_key_script_that_goes_another_way_says_where(face, tmp_path):
    (tmp_path / "wrong.txt").write_text('language en\nwait "ENTER to log in"\npress ENTER\n'
                                        'wait "Approved" within 5s\npress ENTER\n')
    face.play(read_script(tmp_path / "wrong.txt"))
    till = next(iter(face.site.tills.values()))
    face.site.advance(20_000)
    assert till.playing.over and till.playing.at == 2
    assert "wrong.txt:4" in till.playing.wrong and "Operator number" in till.playing.wrong


def test_what_the_line_answers_is_seen_and_what_is_sent_once_more(face):
    frames = passed(face, played(face, "line_noise"))
    assert {"ACK", "NAK"} <= {frame["name"] for frame in frames}
    assert any(frame["again"] for frame in frames)
    first = next(frame for frame in frames if frame["mti"] == "0220")
    assert not first["again"] and first["mac"] == "valid"


def test_what_a_cut_line_swallows_is_told_as_lost(face):
    lost = [frame for frame in passed(face, played(face, "line_cut")) if frame["lost"]]
    assert lost and all(frame["way"] == "out" for frame in lost)


def test_wrong_mac_of_a_reply_is_seen_and_counted(face):
    till = played(face, "bad_mac")
    assert "invalid" in {frame["mac"] for frame in passed(face, till) if frame["way"] == "in"}
    assert views.state(face.site, till)["mac"]["invalid"] >= 1


def test_what_is_cut_off_the_paper_is_a_slip_each(face):
    _, slips = played(face, "refund_full").slips.since(0)
    assert [[copy for copy in ("商户存根", "持卡人存根") if copy in [line.text for line in lines]]
            for _, lines in slips] == [["商户存根"], ["持卡人存根"]]


@pytest.mark.parametrize("text", ["include /etc/passwd\n", "scenario ../../x\n", "jump high\n"])
def test_script_that_reaches_for_other_files_is_refused(text):
    with pytest.raises(ValueError, match=text.split()[0]):
        brought(text.encode())


def test_story_is_one_of_the_folders_and_nothing_else():
    assert stories(None) == {}
    assert "host says no" in stories(SCRIPTS)["declined"]
    for name in ("../scripts/declined", "common/log_in", ""):
        with pytest.raises(ValueError, match="no story"):
            story(SCRIPTS, name)


def test_fault_is_told_until_it_has_befallen_its_request(face):
    site = face.site
    till = next(iter(site.tills.values()))
    site.do(till, "host mute 0220 1")
    assert [one["kind"] for one in views.acquirer(site)["arranged"]] == ["mute"]
    site.books.acquirer.faults.take("mute", "0220")
    told = views.acquirer(site)
    assert told["arranged"] == [] and told["faults"] == {"mute": 1}


def test_what_was_done_to_printer_and_line_is_told_until_it_is_undone(face):
    site, till = face.site, next(iter(face.site.tills.values()))
    for line, stands in (("printer hot", ["printer hot"]),
                         ("wire damage 250", ["printer hot", "wire damage 250"]),
                         ("printer unplugged", ["printer unplugged", "wire damage 250"]),
                         ("wire damage 0", ["printer unplugged"]),
                         ("printer well", ["printer well"])):
        site.do(till, line)
        assert views.state(site, till)["stands"] == stands


def test_order_that_was_touched_last_stands_first_and_the_merchants_balance_is_told(face):
    played(face, "refund_part")
    told = views.acquirer(face.site)
    assert told["orders"][0]["order"] == told["txns"][0]["order"] == "20260006"
    assert told["merchants"][0]["balance"] == "99750.00"


@pytest.mark.parametrize("name", [SAMPLES, "review_day", "test_codes"])
def test_rules_of_a_scenario_are_told_in_both_languages(face, name):
    face.open(Choice(name))
    till = next(iter(face.site.tills.values()))
    for language in LANGUAGES:
        told = dict(trying.rows(face.site, till, words(language)))
        assert all(texts and all(texts) for texts in told.values())
        if name == "test_codes":
            assert any(text.startswith("05: ") and "20260001" in text for text in told[name])
    assert bool(trying.amounts(face.site, till, "en")) is (name != "review_day")


def test_packet_that_cannot_be_read_is_told_by_where_and_why_without_its_bytes(face):
    packet = next(one.packet for one in played(face, "refund_part").frames.since(0)[1]
                  if one.packet)
    for language in LANGUAGES:
        (told,) = views.parts(packet[:40], "unionpay-ecb", words(language))
        assert told["hex"] == "" and told["words"]
        assert len(views.parts(packet, "unionpay-ecb", words(language))) > 10


def test_every_field_tag_and_code_of_the_dialect_has_its_chinese():
    for names in (tables.FIELDS, tables.TAGS):
        assert {row[0] for row in names.values()} <= set(chinese.NAMES)
    assert {meaning for meaning, _final in tables.CODES.values()} <= set(chinese.PHRASES)


def test_packet_in_chinese_keeps_its_values(face):
    frames = played(face, "refund_part").frames
    packets = [one.packet for one in frames.since(0)[1] if one.packet]
    told = [chinese.part(part) for packet in packets for part in explain(packet)]
    said = {part.name: part.words for part in told}
    assert said["F4 金额(分)"] == "150.00 元" and said["F39 应答码"] == "00:成功"
    assert said["TPDU"] == "目的 0000,源 0003" and said["消息类型"] == "0230:退货应答"


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no wheel of MicroPython for this machine")
def test_heap_and_journal_of_a_terminal_on_micropython_are_seen():
    face = Face(world=on_micropython(), judge=lambda: Keys().judge)
    face.play(read_script(SCRIPTS / "power_cut_waiting.txt"))
    till, states = next(iter(face.site.tills.values())), {}
    while not till.playing.over:
        face.site.advance(face.site.now_ms + STEP_MS)
        told = views.state(face.site, till)
        states[told["state"]] = told
    face.site.close()
    assert till.playing.wrong is None and {"SENT", "APPROVED"} <= set(states)
    assert states["SENT"]["records"][0]["order"] == "20260004"
    assert 50_000 < told["heap"]["bytes"] < told["heap"]["of"]


def test_clock_that_is_stopped_in_the_moment_it_wakes_is_stopped(face):
    async def scene():
        next(iter(face.site.tills.values())).world.agenda.at(60_000, lambda: None)
        running = asyncio.create_task(face.pace.run())
        await asyncio.sleep(0.01)       # it waits for what is due
        face.pace.wake()
        running.cancel()
        await asyncio.wait([running], timeout=2)
        return running.cancelled()

    assert asyncio.run(scene())


def test_terminals_go_on_while_another_shop_is_being_opened(face, monkeypatch):
    seen, screen = SimpleQueue(), []

    def open_slowly(*values, **known):
        seen.get(timeout=60)    # Empty, if nobody is served meanwhile
        return open_books(*values, **known)

    async def scene():
        site, till = face.site, next(iter(face.site.tills.values()))
        opening = asyncio.create_task(face.change(Choice("busy_day")))
        await asyncio.sleep(0)
        site.do(till, "power on")
        site.advance(5_000)
        screen.extend(till.world.screen())
        seen.put(True)
        await opening

    monkeypatch.setattr("host_sim.face.face.open_books", open_slowly)
    asyncio.run(scene())
    assert "登录" in "".join(screen)
    assert face.choice.scenario == "busy_day" and face.generation == 2
    assert list(face.site.tills)[0] == "20000001"


def test_fault_that_is_taken_back_befalls_nothing_and_only_what_waits_can_be(face):
    till = next(iter(face.site.tills.values()))
    for line in ("host refuse 91 0220 1", "host refuse 96 0220 1", "host delay 5s 0600",
                 "host crash after 0220", "host wrong-kcv", "host miscount",
                 *(f"host {name} 0800 1" for name in HOST_FAULTS)):
        face.site.do(till, line)
    one = views.arranged(face.site)[0]
    face.site.do(till, one["take_back"])
    assert [one["code"] for one in views.arranged(face.site)][:2] == ["91", ""]
    while waiting := views.arranged(face.site):
        face.site.do(till, waiting[-1]["take_back"])
    before = till.deeds.copy()
    with pytest.raises(ValueError, match="no such fault is arranged"):
        face.site.do(till, "host without mute 0220")
    assert till.deeds == before


def test_fault_of_ours_stops_its_till_alone_and_is_told(face):
    one, other = list(face.site.tills.values())[:2]
    one.world.agenda.at(1_000, lambda: {}["acquirer"])
    for till in (one, other):
        face.site.do(till, "power on")
    face.site.advance(5_000)
    assert one.crash == "KeyError: 'acquirer'" and other.crash is None
    assert other.world.now_ms == 5_000


@pytest.mark.parametrize("scenario, state", [(SAMPLES, "approved"), ("review_day", "in review")])
def test_steps_of_a_first_refund_lead_to_one(face, scenario, state):
    face.open(Choice(scenario, "en"))
    site, till = face.site, next(iter(face.site.tills.values()))
    told = trying.steps(site, till, words("en"))
    site.do(till, "power on")
    site.advance(3_000)
    for step in told[1:]:       # the first is the switch
        for word in re.findall(r"\d+|ENTER", step):
            for key in [word] if word == "ENTER" else word:
                site.key(till, key, True)
                site.key(till, key, False)
            site.advance(site.now_ms + 2_000)
        site.advance(site.now_ms + 5_000)
    (order,) = re.findall(r"order (\d+)", told[2])
    sent = [row for row in views.acquirer(site)["txns"] if row["kind"] == "refund"]
    assert (sent[0]["order"], sent[0]["state"]) == (order, state), till.world.screen()
    assert len(told) == len(trying.steps(site, till, words("zh"))) == 5
