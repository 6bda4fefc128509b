"""The face in the text terminal, by keys and mouse, read from what is drawn."""
import asyncio
from pathlib import Path

import pytest

from host_sim.face import recording, views
from host_sim.play.script import read_script
from host_sim.play.shop import given_back_fen, wrong_in_ledger
from host_sim.show import dots
from tests.host_sim.tui.hand import LOG_IN, REFUND, played, standing, undrawn

SCRIPTS = Path(__file__).parents[2] / "scripts"
ORDER, PAID_FEN = "20260004", 52000


@played
async def test_a_refund_by_keys_is_on_the_glass_on_paper_on_the_wire_and_in_the_books():
    async with standing() as hand:
        await hand.plays((*LOG_IN, *REFUND, ("Signature", "enter"), ("Vouchers", "")))
        assert given_back_fen(hand.counter.till.shop, ORDER) == PAID_FEN
        assert "refund APPROVED" in hand.reads("status")
        await hand.sees("CUSTOMER COPY", lambda: "\n".join(
            line.text for line in hand.part("paper").lines))
        await hand.pilot.press("tab", "tab")
        await hand.sees("0230 reply to refund", lambda: hand.reads("wire"))
        wire = hand.part("wire")
        while "0220" not in str(wire.highlighted_option.prompt):
            await hand.pilot.press("up")
        await hand.pilot.press("enter")             # the request, to be read
        await hand.sees("F4 amount, fen  520.00 yuan", lambda: str(
            hand.part("packet").children[0].content))
        told = str(hand.part("packet").children[0].content)
        assert "0220: refund request" in told and "620550" not in told.replace("620550****", "")
        await hand.pilot.press("tab")
        await hand.sees("520.00", lambda: hand.reads("acquirer"))
        assert wrong_in_ledger(hand.counter.till.shop) == []


@played
async def test_a_cable_pulled_under_a_refund_and_plugged_in_again_refunds_once():
    async with standing() as hand:
        await hand.plays((*LOG_IN, *REFUND[:-1], ("Second check 2/2", "w")))
        assert "cable out" in hand.reads("status")
        await hand.pilot.press("enter")
        await hand.plays([("Sending", "w")])
        await hand.sees("Signature")
        assert given_back_fen(hand.counter.till.shop, ORDER) == PAID_FEN


@played
async def test_the_power_goes_and_comes_and_the_paper_too():
    async with standing() as hand:
        await hand.sees("ENTER to")
        await hand.pilot.press("p")
        await hand.sees("power off", lambda: hand.reads("status"))
        assert hand.glass() == ["", "", "", ""]
        await hand.pilot.press("r", "p")
        await hand.sees("ENTER to")
        await hand.sees("out of paper", lambda: hand.reads("status"))


@played
async def test_a_key_is_down_as_long_as_the_mouse_button():
    async with standing() as hand:
        await hand.sees("ENTER to")
        await hand.pilot.mouse_down("#key-ENTER")
        await hand.pilot.pause(0.1)
        assert hand.counter.till.world.device.keys.contacts
        await hand.pilot.mouse_up("#key-ENTER")
        await hand.sees("Operator")
        assert not hand.counter.till.world.device.keys.contacts


@played
async def test_cards_faults_and_the_clock_are_chosen_from_lists():
    async with standing() as hand:
        await hand.sees("ENTER to")
        hand.counter.face.pace.speed = 1
        await hand.pilot.press("s", "end", "enter")
        assert hand.counter.face.pace.speed == 60
        await hand.pilot.press("c", "enter")
        await hand.pilot.press("a")
        await hand.chooses("Faults", "0220", "is done, its reply lost")
        deeds = [deed for _, _, deed in hand.counter.till.deeds]
        assert deeds[1:] == ["swipe credit", "host mute 0220 1"]
        await hand.sees("Arranged: mute 0220 ×1", lambda: str(
            hand.part("acquirer").children[0].content.caption))
        await hand.pilot.press("c", "escape")       # a list that is left does nothing
        assert len(hand.counter.till.deeds) == 3
        await hand.pilot.press("a")
        await hand.chooses("Faults", "Take back: mute 0220 ×1")
        await hand.pilot.pause()
        assert hand.counter.till.shop.acquirer.faults.waiting() == ()


@played
async def test_what_can_be_tried_is_read_and_a_story_watched():
    async with standing(scripts=SCRIPTS) as hand:
        await hand.pilot.press("a")
        await hand.chooses("To try")
        page = str(hand.app.screen.query_one("#over Static").content)
        for wanted in ("order 20260004 ENTER", "operator 01: 0000", "180 days",
                       ".51  Merchant balance too low"):
            assert wanted in page
        await hand.pilot.press("escape", "a")
        await hand.chooses("Watch a story", "declined:")
        await hand.sees("Playing", lambda: hand.reads("brief"))
        hand.counter.face.pace.speed = 60
        await hand.sees("Played to its end", lambda: " ".join(hand.reads("brief").split()))
        books = views.acquirer(hand.counter.face.site)
        assert "declined" in [txn["state"] for txn in books["txns"]]


def test_a_file_that_somebody_brings_is_played_and_a_wrong_one_told(tmp_path):
    (tmp_path / "mine.txt").write_text(
        'language en\nends anywhere\nwait "ENTER to log in"\npress ENTER\nwait "Operator"\n')

    async def plays(hand, path):
        await hand.pilot.press("a")
        await hand.chooses("Key script or saved run")
        hand.app.screen.query_one("Input").value = str(path)
        await hand.pilot.press("enter")

    async def scene():
        async with standing(scripts=SCRIPTS) as hand:
            await plays(hand, tmp_path / "none.txt")
            await hand.sees("No such file", lambda: " ".join(
                note.message for note in hand.app._notifications))
            await plays(hand, tmp_path / "mine.txt")
            await hand.sees("Played to its", lambda: " ".join(hand.reads("brief").split()))
            await hand.sees("Operator")

    asyncio.run(scene())


@played
async def test_a_statement_is_typed_and_a_wrong_one_is_told():
    async with standing() as hand:
        await hand.sees("ENTER to")
        counter = hand.counter
        counter.do("wire noise 3")
        counter.do("wire nonsense")
        await hand.pilot.pause(0.1)
        assert [deed for _, _, deed in counter.till.deeds][1:] == ["wire noise 3"]
        assert any("nonsense" in note.message for note in hand.app._notifications)


@played
async def test_the_glass_in_blocks_and_in_text_and_all_texts_in_chinese():
    async with standing("zh", (160, 50), "zh") as hand:
        await hand.sees("按确认键登录")
        await hand.pilot.press("v")
        await hand.pilot.pause(0.1)
        lcd = hand.part("lcd")
        assert [lcd.render_line(row).text for row in range(32)] == dots.blocks(
            hand.counter.till.world.device.pixels())
        await hand.pilot.press("v")
        await hand.sees("按确认键登录", lambda: hand.reads("lcd"))
        assert "电源" in hand.reads("hints") and "空闲" in hand.reads("status")
        await hand.pilot.press("l")
        await hand.sees("power", lambda: hand.reads("hints"))


@played
async def test_a_window_that_is_too_small_says_so_and_is_used_again_when_it_grows():
    async with standing(size=(60, 20)) as hand:
        assert "80x24" in hand.reads("small")
        await hand.pilot.resize_terminal(80, 24)
        await hand.sees("ENTER to")


@played
async def test_another_till_and_another_scenario_are_shown_from_their_beginning():
    async with standing() as hand:
        await hand.plays(LOG_IN)
        await hand.pilot.press("t")
        await hand.sees("ENTER to")
        assert hand.part("wire").option_count == 0
        await hand.pilot.press("a")
        await hand.chooses("Scenario", "slow_host", "English")
        await hand.sees("slow_host", lambda: hand.counter.face.choice.scenario)
        await hand.sees("ENTER to")


def test_what_was_done_is_saved_as_a_key_script_and_never_over_a_file(tmp_path):
    async def scene():
        async with standing(save=tmp_path) as hand:
            await hand.plays(LOG_IN)
            for _ in range(2):
                hand.counter._save_script()
            assert recording.script(hand.counter.till, hand.counter.face.choice)
            hand.counter.save = tmp_path / "nowhere"
            hand.counter._save_script()
            await hand.pilot.pause(0.1)
            assert any("Not saved" in note.message for note in hand.app._notifications)

    asyncio.run(scene())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "till-10000001-2.txt", "till-10000001.txt"]
    assert read_script(tmp_path / "till-10000001.txt").statements


@pytest.mark.parametrize("pixels", [bytes(1024), b"\xff" * 1024, bytes(range(256)) * 4])
def test_the_dots_drawn_are_the_dots_of_the_glass(pixels):
    assert undrawn(dots.braille(pixels)) == pixels


def test_a_fault_of_the_face_is_told_in_a_line_and_the_run_is_saved(tmp_path):
    told = []

    async def scene():
        async with standing(save=tmp_path) as hand:
            await hand.plays(LOG_IN)
            hand.app.panic = lambda text: told.append(str(text))
            hand.counter.action_till = lambda: {}["till"]
            await hand.pilot.press("t")

    with pytest.raises(KeyError):      # Textual's run_test hands it on
        asyncio.run(scene())
    assert told[0].startswith("The face has failed, the terminal has not: KeyError")
    assert told[0].count("Saved: ") == 2 and "Traceback" not in told[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "till-10000001.txt", "tuidan-failed.txt"]
    assert "KeyError" in (tmp_path / "tuidan-failed.txt").read_text()
    assert "press ENTER" in (tmp_path / "till-10000001.txt").read_text()
