"""A capture from elsewhere is replayed in a session of our own; another reply is named."""
import json

import pytest

from host_sim.acquirer import samples
from protocol import tlv
from protocol.framing import frame
from protocol.iso8583 import Message, encode
from tests.tools.replay.captures import SCRIPTS, captured, foreign, packets_of, write
from tools.cli import main
from tools.replay import rules
from tools.replay.command import replay_file
from tools.replay.fields import message_of


def with_fields(packet, mti, **fields):
    """The packet with other fields (f39="05"), if it is a message of that MTI."""
    message = message_of(packet.data)
    if message is None or message.mti != mti:
        return packet
    changed = message.fields | {int(name[1:]): value for name, value in fields.items()}
    return packet._replace(data=frame(encode(Message(message.tpdu, message.header, mti, changed))))


@pytest.mark.parametrize("script", [
    "refund_full", "refund_part", "refund_qr", "void", "void_part_is_refund", "take_back",
    "correct", "correct_void", "sale_refunds", "sale_void", "sale_swipe", "sale_keyed", "sale_qr",
    "sale_wrong_pin", "settle_equal", "settle_open_refund", "mac_cmac", "operators"])
def test_a_strangers_capture_gets_the_same_answers(tmp_path, script):
    result = replay_file(foreign(tmp_path / "x.pcapng", script))
    assert result.differences == []
    assert result.how.startswith("by rules, as it is no capture of a simulated run")
    assert result.packets > 1


def test_another_answer_is_named_by_its_code_alone(tmp_path):
    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, "0230", f39="51"))
    found = replay_file(path).differences
    assert [(one.who, one.field, one.expected, one.actual) for one in found] == [
        ("host", "39", "51", "00")]
    assert found[0].message == "0230 reply to refund"


@pytest.mark.parametrize("mti, fields, field", [
    ("0230", {"f4": "000000052001"}, "4"), ("0230", {"f49": "840"}, "49")])
def test_another_field_is_named(tmp_path, mti, fields, field):
    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, mti, **fields))
    assert [one.field for one in replay_file(path).differences] == [field]


def test_reply_to_somebody_else_is_no_reply(tmp_path):
    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, "0230", f41="10000002"))
    result = replay_file(path)
    assert result.differences == []
    assert any("neither a request of the table nor the reply" in one for one in result.left_out)
    assert any("the file has no reply to compare with" in one for one in result.left_out)


def test_order_that_nothing_tells_of_is_assumed_and_said(tmp_path):
    def no_inquiry(packet):
        message = message_of(packet.data)
        return None if message and message.mti in ("0600", "0610") else packet

    result = replay_file(foreign(tmp_path / "x.pcapng", "refund_full", no_inquiry))
    assert result.differences == [] and result.packets == 2
    assert any("nothing before tells of order 20260004" in one for one in result.left_out)


def test_no_sign_on_in_the_file_is_one_of_our_own(tmp_path):
    def begun_late(packet):
        message = message_of(packet.data)
        return None if message and message.mti in ("0800", "0810") else packet

    result = replay_file(foreign(tmp_path / "x.pcapng", "refund_full", begun_late))
    assert result.differences == [] and result.packets == 2


def test_what_was_masked_is_left_out_and_said(tmp_path):
    def masked(packet):
        message = message_of(packet.data)
        if message is None or 35 not in message.fields:
            return packet
        zeros = "0" * len(message.fields[35])
        return with_fields(packet, message.mti, f35=zeros)._replace(notes={"masked": "35"})

    result = replay_file(foreign(tmp_path / "x.pcapng", "sale_swipe", masked))
    assert any("sale: F35, track 2: masked in the file" in one for one in result.left_out)


def test_pin_block_under_a_foreign_key_is_left_out_and_said(tmp_path):
    def no_keys(packet):
        message = message_of(packet.data)
        return None if message and message.mti == "0810" else packet

    result = replay_file(foreign(tmp_path / "x.pcapng", "sale_wrong_pin", no_keys))
    assert any("F52: the PIN block is under a key" in one for one in result.left_out)


def test_activation_is_left_out_and_said(tmp_path):
    result = replay_file(foreign(tmp_path / "x.pcapng", "activate"))
    assert any("activation code" in one for one in result.left_out)


def test_frame_that_the_link_sent_again_is_one_request(tmp_path):
    path = foreign(tmp_path / "x.pcapng", "refund_full")
    run, packets = packets_of(path.read_bytes())
    once = replay_file(path)
    again = [each for packet in packets
             for each in (packet, *[packet._replace(at_us=packet.at_us + 1000)] *
                          (message_of(packet.data) is not None))]
    twice = replay_file(write(path, run, again))
    assert twice.differences == once.differences == [] and twice.left_out == once.left_out == []
    assert twice.packets == once.packets == 3


def test_capture_without_a_request_says_so(tmp_path, capsys):
    path = foreign(tmp_path / "x.pcapng", "echo", lambda _packet: None)
    assert main(["replay", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["packets"] == 0 and "no request" in told["left_out"][0]


def test_exact_replay_of_a_strangers_capture_is_refused(tmp_path, capsys):
    path = foreign(tmp_path / "x.pcapng", "echo")
    assert main(["replay", str(path), "--exact"]) == 2
    assert "no capture of a simulated run" in capsys.readouterr().err


def test_rules_are_the_users_to_edit(tmp_path, capsys):
    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, "0230", f4="000000052001"))
    own = tmp_path / "rules.toml"
    assert main(["replay", str(path), "--write-rules", str(own)]) == 1
    own.write_text(own.read_text().replace('"11" = "echo"', '"11" = "echo"\n"4" = "ignore"', 1))
    capsys.readouterr()
    assert main(["replay", str(path), "--rules", str(own)]) == 0
    assert "by the rules of" in capsys.readouterr().out


def test_what_was_edited_or_captured_is_not_written_over(tmp_path, capsys):
    path, own = foreign(tmp_path / "x.pcapng", "echo"), tmp_path / "rules.toml"
    own.write_text("mine")
    data = path.read_bytes()
    for option, there in (("--write-rules", own), ("--html", path), ("--junit", path)):
        assert main(["replay", str(path), option, str(there)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["show", str(path), "--html", str(path)]) == 2
    assert own.read_text() == "mine" and path.read_bytes() == data


@pytest.mark.parametrize("text, words", [
    ("[reply]\n\"4\" = \"simple\"", "none of same, form"), ("[answer]\n", "neither [reply]"),
    ("[reply]\nF4 = \"same\"", "no field like"), ("[reply.0230]\n\"4\" = 1", "none of same"),
    ("[reply", "Expected")])
def test_rule_that_would_not_hold_is_refused(tmp_path, capsys, text, words):
    own = tmp_path / "rules.toml"
    own.write_text(text)
    path = foreign(tmp_path / "x.pcapng", "echo")
    assert main(["replay", str(path), "--rules", str(own)]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1


def test_value_that_stands_for_another_stands_for_it_to_the_end():
    held = rules.Rules({})
    assert held.map("RRN", b"1", b"7") and held.map("RRN", b"1", b"7")
    assert not held.map("RRN", b"1", b"8") and not held.map("RRN", b"2", b"7")
    assert held.ours("RRN", b"1") == b"7" and held.ours("RRN", b"3") == b"3"


def test_no_card_number_or_key_is_shown(tmp_path, capsys):
    """Every field differs, and nothing of a card that is no published one is told."""
    card = "6229991234567890"

    def another(packet):
        message = message_of(packet.data)
        if message is None or 2 not in message.fields:
            return packet
        return with_fields(packet, message.mti, f2=card)

    path = foreign(tmp_path / "x.pcapng", "sale_keyed", another)
    own = tmp_path / "rules.toml"
    own.write_text('[reply]\n"*" = "echo"\n"2" = "same"\n"62.PIK" = "same"\n"62.MAK" = "same"\n')
    main(["replay", str(path), "--rules", str(own), "--html", str(tmp_path / "x.html"),
          "--junit", str(tmp_path / "x.xml"), "--json"])
    told = capsys.readouterr().out + (tmp_path / "x.html").read_text() + (
        tmp_path / "x.xml").read_text()
    assert "62.PIK" in told
    assert card not in told and card.encode().hex() not in told
    assert samples.tmk("10000001").hex() not in told.lower()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What passes when two orders are looked up and left alone."""
    lines = [f"include {SCRIPTS}/common/log_in.txt"]
    for order in ("20260004", "20260005"):
        lines += [f"include {SCRIPTS}/common/ask.txt", f"type {order}", "press ENTER",
                  'wait "核对订单"', "press CANCEL", 'wait "操作已取消"', "press ENTER"]
    path = tmp_path_factory.mktemp("asked") / "asked.txt"
    path.write_text("\n".join(lines))
    return packets_of(captured(path))[1]


def test_orders_of_two_tills_with_one_batch_stan_and_date_are_both_known(tmp_path, asked):
    wire = [packet for packet in asked if packet.channel == "wire"]
    result = replay_file(write(tmp_path / "x.pcapng", {}, wire))
    assert (result.differences, result.left_out, result.packets) == ([], [], 3)


@pytest.mark.parametrize("fields", [
    {"f37": "606809000008"}, {"f62": tlv.pack([("DF01", "20260005"), ("DF04", "0" * 12)])}])
def test_order_that_cannot_be_is_left_out_and_told(tmp_path, asked, fields):
    wire = [with_fields(packet, "0610", **fields) if b"20260005" in packet.data else packet
            for packet in asked if packet.channel == "wire"]
    result = replay_file(write(tmp_path / "x.pcapng", {}, wire))
    assert any("order 20260005 is left out" in one for one in result.left_out)
