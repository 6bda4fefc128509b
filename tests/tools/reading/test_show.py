"""`tuidan show`: the conversation in words, and nothing secret in any of its outputs."""
import json
import os

import pytest

from host_sim.show.mask import MASK
from protocol.iso8583 import Message
from protocol.tlv import pack
from tests.tools.reading.made import (
    MAK,
    TERMINAL,
    Wire,
    flat,
    packets,
    played,
    refund,
    reply,
    rewritten,
    secrets,
)
from tools.cli import main


@pytest.fixture
def show(tmp_path, capsys):
    """show(data, *options) -> (exit code, output, errors)."""
    def run(data, *options, command="show"):
        path = tmp_path / "line.pcapng"
        path.write_bytes(data)
        capsys.readouterr()
        code = main([command, *options, str(path)])
        return code, *capsys.readouterr()
    return run


def line_with(text, *said):
    """The one line that says all of this."""
    found = [line for line in text.splitlines() if all(one in line for one in said)]
    assert len(found) == 1, (said, found)
    return found[0]


def test_a_refund_is_told_from_the_keys_to_the_paper(show):
    code, out, err = show(played("no_reply"))
    assert (code, err) == (0, "")
    asked = line_with(out, "refund request, STAN 000004")
    assert asked.startswith("09:30:06.426  terminal -> host")
    asked = line_with(out, "refund repeat request")
    assert "order 20260004, 520.00 yuan" in asked and "MAC valid" in asked
    assert "repeat of 09:30:06.426 after 62.0 s of silence" in asked
    answer = line_with(out, "host -> terminal", "reply to refund")
    assert "approved 00" in answer and "RRN 607509000022" in answer and "after 70 ms" in answer
    assert "pressed 2 0 2 6 0 0 0 4 ENTER" in out
    assert "screen: 退款成功 | 520.00元" in out
    assert "printed:" in out and "| 退货(REFUND)" not in out and "退货(REFUND)" in out
    assert "refund STAN 000004, order 20260004, 520.00 yuan: approved 00" in out
    assert "1 x no reply" in out


def test_verbose_tells_fields_and_bytes(show):
    _, out, _ = show(played("refund_full"), "-v", "--only", "wire")
    assert "F4 amount, fen" in out and "00 00 00 05 20 00" in out
    assert "terminal -> host  ACK" in out
    assert "pressed" not in out and "printed:" not in out


def test_only_what_was_asked_for_is_told(show):
    _, out, _ = show(played("refund_full"), "--only", "keypad", "--only", "paper")
    assert "pressed 1" in out and "printed:" in out
    assert "screen:" not in out and "->" not in out


def test_json_is_one_object_with_the_events_in_order(show):
    code, out, _ = show(played("no_reply"), "--json")
    told = json.loads(out)
    assert code == 0 and told["run"]["terminal"] == TERMINAL
    assert [one["at_us"] for one in told["events"] if one["channel"] == "wire"] == sorted(
        one["at_us"] for one in told["events"] if one["channel"] == "wire")
    asked = next(one for one in told["events"] if one.get("mti") == "0220")
    assert asked["fields"]["4"] == "000000052000" and asked["mac"] == "valid"
    assert told["summary"]["messages"] == 7 and told["summary"]["wrong"] == {"no reply": 1}
    refunds = [row for row in told["summary"]["transactions"] if row["kind"] == "refund"]
    assert [(row["stan"], row["amount_fen"], row["outcome"]) for row in refunds] == [
        ("000004", 52000, "approved 00")]


@pytest.mark.parametrize("name, outcome", [
    ("declined", "declined: "), ("held_for_review", "held for review"), ("void", "approved 00"),
    ("take_back", "cancelled"), ("sale_no_reply", "reversed"), ("activate", "approved 00"),
    ("settle_equal", "approved 00")])
def test_a_transaction_is_told_by_how_it_ended(show, name, outcome):
    _, out, _ = show(played(name), "--json")
    rows = json.loads(out)["summary"]["transactions"]
    assert any(row["outcome"].startswith(outcome) for row in rows if row["kind"] != "sign on")


def test_reveal_shows_what_was_typed_and_what_was_swiped(show):
    data = played("sale_swipe")
    _, out, _ = show(data, "--reveal", "-v")
    assert any(secret in flat(out) for secret in secrets(data) if secret.startswith("pressed"))
    assert "6200000000000005=" in out


def test_an_activation_code_is_hidden_on_keys_screen_and_page(show, tmp_path):
    page = tmp_path / "page.html"
    for options in ([], ["--json"], ["--html", str(page)]):
        _, out, _ = show(played("activate"), *options)
        assert "7001382059147260" not in out.replace(" ", "")
    assert "7001382059147260" not in page.read_text(encoding="utf-8")
    _, out, _ = show(played("activate"), "--reveal")
    assert "7001382059147260" in out


@pytest.mark.parametrize("cut_behind", [1, 2, 3])
def test_digits_of_a_password_stay_hidden_where_the_capture_ends_among_them(show, cut_behind):
    """Without the screen behind a key nothing says where it went."""
    held = []
    _, whole = packets(played("refund_full"))
    at = next(number for number, packet in enumerate(whole)
              if packet.notes.get("row4") == "*_" and packet.channel == "screen")
    for packet in whole[:at + cut_behind]:
        held.append(packet)
    wanted = {id(packet) for packet in held}
    remaining = iter(whole)
    data = rewritten(played("refund_full"),
                     lambda packet: packet if id(next(remaining)) in wanted else [])
    _, out, _ = show(data)
    told = [line for line in out.splitlines() if "pressed" in line][-1].split("pressed ")[1]
    assert set(told.split()) <= {MASK}


def test_keys_without_any_screen_are_hidden(show):
    data = rewritten(played("refund_full"),
                     lambda packet: [] if packet.channel == "screen" else packet)
    _, out, _ = show(data, "--only", "keypad")
    told = [line.split("pressed ")[1] for line in out.splitlines() if "pressed" in line]
    assert told and not any(char.isdigit() for line in told for char in line)


def test_a_card_that_is_not_published_is_masked_wherever_it_turns_up(show, tmp_path):
    card = "6228480402564890018"
    line = Wire()
    line.say("out", refund(f2=card, f22="021", f35=card + "=30122010000012345"))
    line.put(None, f"; card {card}".encode(), channel="bench")
    line.put(None, bytes(1024), channel="screen", row1="Card", row2=card[:16], row3=card[16:],
             row4="")
    line.put(None, f"{card}\n".encode(), channel="paper")
    line.put(None, f"read ;{card}=3012?\r".encode(), channel="keypad")
    page = tmp_path / "page.html"
    for options in ([], ["-v"], ["--json"], ["--html", str(page)]):
        _, out, _ = show(line.data, *options)
        out += page.read_text(encoding="utf-8") if page.exists() else ""
        assert card not in flat(out) and card[6:15] not in flat(out)
        assert "622848*********0018" in out
    _, out, _ = show(line.data, "--reveal")
    assert card in out


def test_what_was_masked_at_capture_is_not_passed_off_as_digits(show):
    line = Wire(keys=False)
    line.put("out", Wire(keys=False).say("out", refund(f2="6228480000000000018", f22="021")),
             masked="2", mac="valid")
    _, out, _ = show(line.data, "--reveal")
    assert "card 622848*********0018" in out and "MAC valid" in out


def test_a_key_that_is_given_checks_macs(show, tmp_path):
    line = Wire(keys=False)
    line.say("out", refund())
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"algorithm": "unionpay-ecb", "key": MAK.hex()}))
    assert "MAC unchecked" in show(line.data)[1]
    assert "MAC valid" in show(line.data, "--mac", str(key))[1]
    key.write_text(json.dumps({"key": bytes(16).hex()}))
    assert "MAC invalid" in show(line.data, "--mac", str(key))[1]
    for wrong in ("", "[]", '{"key": "00"}', '{"algorithm": "x", "key": "00"}'):
        key.write_text(wrong)
        with pytest.raises(SystemExit) as caught:
            main(["show", "--mac", str(key), "x"])
        assert caught.value.code == 2


def test_keys_change_with_a_sign_on_and_answers_under_the_old_ones_stay_valid(show):
    line = Wire()
    line.say("out", refund())
    line.sign_on()
    line.say("in", reply())
    _, out, _ = show(line.data)
    assert out.count("MAC valid") == 4 and "MAC invalid" not in out


def test_a_sale_and_an_echo_are_no_reuse_of_a_stan(show):
    line = Wire()
    for _ in range(2):
        line.say("out", Message("6000030000", "603100311001", "0820", {
            41: TERMINAL, 42: "898110070110001", 60: "00000001301"}), after=20)
        line.say("in", Message("6000000003", "603100311001", "0830", {
            12: "093000", 13: "0316", 39: "00", 41: TERMINAL, 42: "898110070110001",
            60: "00000001301"}))
    _, out, _ = show(line.data)
    assert "nothing looks wrong" in out


def test_text_of_the_line_cannot_move_the_cursor(show):
    line = Wire({"script": "a\x1b[2J"})
    line.say("out", refund(f62=pack([("DF01", "1")])[:-1] + b"\x1b"))
    line.put(None, b"host \x1b[31m\r", channel="bench")
    _, out, _ = show(line.data, "-v")
    assert "\x1b" not in out and "\r" not in out and "\N{REPLACEMENT CHARACTER}" in out


@pytest.mark.parametrize("data, said", [
    (b"", "the file is empty"), (b"\xa1\xb2\xc3\xd4" + bytes(20), "older pcap format"),
    (b"PK\x03\x04 something else", "this is no pcapng file"),
    (b"\x0a\x0d\x0d\x0a\x1c\x00", "cut in its head")])
def test_a_file_that_is_no_capture_is_told_in_one_line(show, data, said):
    code, out, err = show(data)
    assert (code, out) == (1, "") and said in err and err.count("\n") == 1


def test_a_file_that_is_not_there_is_wrong_usage(capsys, tmp_path):
    assert main(["show", str(tmp_path / "none.pcapng")]) == 2
    assert capsys.readouterr().err.endswith("No such file or directory\n")


def test_a_cut_file_is_told_up_to_the_cut(show):
    data = played("refund_full")
    code, out, err = show(data[:len(data) * 2 // 3])
    assert code == 1 and "damaged at byte" in err and err.count("\n") == 1
    assert "sign on request" in out and "the file is damaged at byte" in out


def test_progress_is_told_on_standard_error_only(show, monkeypatch):
    monkeypatch.setattr("tools.capture.progress.EVERY", 50)
    _, out, err = show(played("refund_full"), "--progress", "--json")
    json.loads(out)
    assert "packets" in err and err.rstrip().endswith("packets, all")
    assert os.linesep in err and show(played("refund_full"))[2] == ""
