"""What is captured at a till holds all that was done there: it tells it, and it comes again."""
import argparse
from io import BytesIO

import pytest

from host_sim.face import faults
from host_sim.face.face import Choice, Face
from host_sim.face.scripts import story
from host_sim.tui import deeds
from host_sim.tui.words import words
from tests.tools.replay.captures import SCRIPTS
from tools import terminal
from tools.capture.handing import masked
from tools.capture.recording import Reading
from tools.capture.run import record_face
from tools.cli import main
from tools.reading import around
from tools.replay.command import replay_file
from tools.replay.stages import NotExact, check_head

STEP_MS = 200
LOG_IN = "ENTER 0 1 ENTER 0 0 0 0 ENTER"


class Hand:
    """Somebody at the `at`th till of a Face."""

    def __init__(self, folder=None, at=0):
        self.face = Face(Choice("samples", "en", 3), folder, record_face, tills=2)
        self.site = self.face.site
        self.till = list(self.site.tills.values())[at]

    def does(self, *statements):
        for statement in statements:
            self.site.do(self.till, statement)
            self.site.advance(self.site.now_ms + 3_000)

    def presses(self, keys):
        for key in keys.split():
            for down in (True, False):
                self.site.key(self.till, key, down)
            self.site.advance(self.site.now_ms + 800)

    def saves(self, path, mask=masked):
        """What the page and the text terminal hand over."""
        self.till.capture.seek(0)
        path.write_bytes(mask(BytesIO(self.till.capture.read())))
        self.face.site.close()
        return path


@pytest.mark.parametrize("at", [0, 1])
def test_cable_pulled_at_a_till_is_told_and_comes_again(tmp_path, capsys, at):
    hand = Hand(at=at)
    hand.does("power on", "host mute 0800 1")
    hand.presses(LOG_IN)
    hand.does("wire cut", "paper out", "wire noise 20")
    hand.presses("1 1 2 0 2 6 0 0 0 4 ENTER")
    hand.does("wire damage 100", "wire mend", "wire damage 0", "power off")
    path = hand.saves(tmp_path / "x.pcapng")
    assert main(["show", str(path)]) == 0
    told = capsys.readouterr().out
    for said in ("0800 is done and its reply lost", "the network cable is pulled out (wire cut)",
                 "the network cable is plugged in again", "the paper runs out", "the power goes"):
        assert said in told, said
    result = replay_file(path)
    assert (result.how, result.against) == ("exactly", ("terminal", "acquirer"))
    assert result.differences == [] and result.packets > 10


def test_what_was_refused_is_not_captured(tmp_path, capsys):
    hand = Hand()
    with pytest.raises(ValueError):
        hand.does("host without mute 0220")
    assert main(["show", str(hand.saves(tmp_path / "x.pcapng"))]) == 0
    assert "mute" not in capsys.readouterr().out


def test_terminal_that_went_on_with_an_earlier_run_is_replayed_by_rules(tmp_path):
    for _ in range(2):
        hand = Hand(tmp_path / "kept")
        hand.does("power on")
        hand.presses(LOG_IN)
        path = hand.saves(tmp_path / "x.pcapng")
    result = replay_file(path)
    assert result.how == "by rules, as its terminal went on with what an earlier run had left"


def test_story_of_a_blank_terminal_comes_again(tmp_path):
    hand = Hand()
    hand.face.play(story(SCRIPTS, "activate"))
    site = hand.face.site
    hand.till = next(iter(site.tills.values()))
    while not hand.till.playing.over:
        site.advance(site.now_ms + STEP_MS)
    path = hand.saves(tmp_path / "x.pcapng", BytesIO.getvalue)     # masked, its code is stars
    result = replay_file(path)
    assert (result.how, result.differences) == ("exactly", []) and result.packets > 10


def test_every_deed_of_the_faces_is_told_in_words():
    en = words("en")
    offered = [line.format(mti="0220") for line in faults.FAULTS.values()]
    offered += [line for _text, line in (*deeds.troubles(en), *deeds.others(en, ()))]
    offered += [line for lines in deeds.TOGGLES.values() for line in lines]
    for line in offered:
        assert around.told(line) == f"{around.told(line).partition(' (')[0]} ({line})"


def test_card_that_is_no_sample_is_masked_on_screen_and_head_and_says_so(tmp_path):
    hand = Hand()
    hand.does("power on")
    hand.presses(LOG_IN)
    hand.does("swipe 6225880123456783=30122010000000000")
    result = replay_file(hand.saves(tmp_path / "x.pcapng"))
    assert b"6225880123456783" not in (tmp_path / "x.pcapng").read_bytes()
    assert result.how.startswith("by rules, as packet") and result.how.endswith("masked: card")


@pytest.mark.parametrize("words, why", [
    (["--flash", "flash"], "what an earlier run had left"), (["--link", "x"], "end of a port")])
def test_terminal_whose_flash_or_host_is_elsewhere_is_replayed_by_rules(
        tmp_path, monkeypatch, words, why):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tools.capture.ports.open_port", lambda *_: BytesIO())
    parser = argparse.ArgumentParser()
    terminal.configure(parser)
    face, _ = terminal._open(parser.parse_args(words))
    next(iter(face.site.tills.values())).capture.seek(0)
    run = Reading(next(iter(face.site.tills.values())).capture).head.run
    face.site.close()
    with pytest.raises(NotExact, match=why):
        check_head(run)
