"""The host's side of a capture from elsewhere against the firmware, whoever presses the keys."""
import json

import pytest

from tests.tools.replay.captures import SCRIPTS, captured, foreign
from tests.tools.replay.test_by_rules import with_fields
from tests.tools.test_twin import real
from tools.cli import main
from tools.mpy import on_micropython
from tools.replay.command import replay_file
from tools.replay.fields import message_of
from tools.replay.rules import SHIPPED


@pytest.mark.parametrize("script", [
    "refund_full", "refund_part", "refund_qr", "void", "void_part_is_refund", "no_reply",
    "declined", "held_for_review", "take_back", "take_back_void", "correct", "sale_keyed",
    "sale_qr", "sale_refunds", "sale_void", "settle_equal", "settle_differs", "echo", "mac_cmac"])
def test_keys_are_found_from_the_requests_and_the_terminal_asks_the_same(tmp_path, script):
    result = replay_file(foreign(tmp_path / "x.pcapng", script), "terminal")
    assert result.differences == [] and result.packets > 1


@pytest.mark.parametrize("script", ["no_reply", "sale_wrong_pin", "sale_power_cut", "mac_sm4"])
def test_keys_of_the_file_are_pressed_at_their_times(tmp_path, script):
    (tmp_path / "x.pcapng").write_bytes(captured(SCRIPTS / f"{script}.txt"))
    result = replay_file(tmp_path / "x.pcapng", "terminal", rules=SHIPPED)
    assert result.differences == [] and result.left_out == []


@real
def test_it_goes_on_micropython_too(tmp_path):
    path = foreign(tmp_path / "x.pcapng", "refund_full")
    assert replay_file(path, "terminal", world=on_micropython()).differences == []


def test_key_script_says_what_no_request_tells(tmp_path, capsys):
    path = foreign(tmp_path / "x.pcapng", "sale_swipe")
    assert main(["replay", str(path), "--against", "terminal"]) == 0
    assert "not replayed: packet 5, sale: its PIN is not known: --script" in capsys.readouterr().out
    script = str(SCRIPTS / "sale_swipe.txt")
    assert main(["replay", str(path), "--script", script, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["packets"], told["left_out"]) == (2, []) and told["against"] == ["terminal"]
    assert main(["replay", str(path), "--script", str(tmp_path / "none.txt")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_another_amount_that_the_terminal_asks_for_is_named(tmp_path):
    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, "0220", f25="01"))
    found = replay_file(path, "terminal").differences
    assert [(one.who, one.field, one.expected, one.actual) for one in found] == [
        ("terminal", "25", "01", "00")]
    assert found[0].message == "0220 refund request" and found[0].number


def test_reply_that_declines_is_given_to_the_terminal(tmp_path):
    """What the file's host said is what the terminal hears: it has nothing to take back."""
    path = foreign(tmp_path / "x.pcapng", "take_back",
                   lambda packet: with_fields(packet, "0230", f39="51"))
    found = replay_file(path, "terminal").differences
    assert [(one.message, one.name) for one in found if one.name == "is missing"] == [
        ("0420 cancel request", "is missing")]


def test_order_that_the_terminal_must_ask_for_is_told_by_a_host_of_our_own(tmp_path):
    def no_inquiry(packet):
        message = message_of(packet.data)
        return None if message and message.mti in ("0600", "0610") else packet

    result = replay_file(foreign(tmp_path / "x.pcapng", "refund_full", no_inquiry), "terminal")
    assert result.differences == []
    assert any("order inquiry: not in the file, so the host of the replay" in one
               for one in result.left_out)
    assert any("nothing before tells of order" in one for one in result.left_out)


def test_screen_that_does_not_come_ends_the_replay_and_is_told(tmp_path):
    script = tmp_path / "mine.txt"
    script.write_text('language en\nwait "never" within 500ms\n')
    path = foreign(tmp_path / "x.pcapng", "refund_full")
    first = replay_file(path, "terminal", script=str(script)).differences[0]
    assert first.who == "replay" and 'wait "never" within 500ms' in first.actual
