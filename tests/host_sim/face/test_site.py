"""Tills at one acquirer on one clock: key scripts that go on by themselves, and what passed."""
from pathlib import Path

import pytest

from host_sim.face import views
from host_sim.face.face import Face
from host_sim.play.script import read_script
from tools.capture.keys import Keys

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
