"""Packets, screens and paper told to a person."""
import pytest

from host_sim.show import story
from host_sim.show.explain import MAC_STEPS, explain
from host_sim.world import Event, Screen
from protocol import tlv
from protocol.errors import WireFault
from protocol.iso8583 import Message, encode
from protocol.mac import KEY_SIZES

CARD = "6228480402564890018"
REFUND = Message("6000030000", "603100311001", "0220", {
    2: CARD, 3: "200000", 4: "000000001250", 11: "000123", 22: "021", 25: "00",
    35: CARD + "=30122010000012345678"[:17], 37: "003160000001", 41: "12345678",
    42: "123456789012345", 49: "156", 52: bytes(range(8)), 60: "25000001000",
    61: "0000000000000315",
    62: tlv.pack([("DF01", "20260001"), ("DF02", "茶杯"), ("DF0C", "20260316")]),
    63: "CUP", 64: b"9F8E7D6C"})
KEYS = Message("6000000003", "603100311001", "0810", {
    11: "000001", 39: "00", 60: "00000001003",
    62: bytes(range(40)) + tlv.pack([("DF0F", "000041"), ("DF11", "练习商店")])})


@pytest.mark.parametrize("message", [REFUND, KEYS])
def test_parts_cover_every_byte_of_the_packet_once(message):
    packet = encode(message)
    outer = [part for part in explain(packet) if not part.inner]
    assert [part.at for part in outer[1:]] == [part.at + part.size for part in outer[:-1]]
    assert outer[0].at == 0 and outer[-1].at + outer[-1].size == len(packet)


def test_inner_parts_lie_inside_the_field_before_them():
    outer = None
    for part in explain(encode(REFUND)):
        if part.inner:
            assert outer.at < part.at < outer.at + outer.size
        else:
            outer = part


def test_amount_type_original_date_and_tags_are_told_in_words():
    text = "\n".join(story.packet(encode(REFUND), "out"))
    for said in ("refund request", "12.50 yuan", "200000: money back", "25: refund",
                 "original date", "03-15", "DF02 product", "茶杯", "2026-03-16", "9F8E7D6C"):
        assert said in text


def test_card_track_and_pin_block_are_named_but_not_shown():
    text = "\n".join(story.packet(encode(REFUND), "out"))
    assert "F52 PIN block" in text
    flat = text.replace(" ", "").replace("\n", "")
    assert CARD[6:-4] not in flat and "0001020304050607" not in flat


def test_keys_of_a_sign_on_are_told_apart_from_the_tags_behind_them():
    names = [part.name for part in explain(encode(KEYS)) if part.inner]
    assert names[-4:] == ["PIK", "MAK", "DF0F host's last STAN", "DF11 merchant name"]


@pytest.mark.parametrize("message, f62", [
    (REFUND, b"\xdf"), (REFUND, b"\xdf\x01\x09\x31"), (REFUND, b"\xee\x01\x02"), (KEYS, bytes(10)),
    (KEYS, bytes(45)), (KEYS, bytes(range(40)) + b"\xdf\x0f\x03\x00")])
def test_tags_that_cannot_be_read_are_told_as_such_in_their_place(message, f62):
    fields = message.fields | {62: f62}
    packet = encode(Message(message.tpdu, message.header, message.mti, fields))
    inside = [part for part in explain(packet) if part.inner]
    assert inside[-1].name == "no tag" and inside[-1].words.startswith("F62")
    assert inside[-1].at + inside[-1].size == packet.index(f62) + len(f62)


def test_bytes_that_are_no_packet_are_told_by_their_fault():
    told = story.packet(encode(REFUND)[:40], "in")
    assert len(told) == 1
    assert "host -> terminal: 40 bytes that are no packet: F4: " in told[0]
    with pytest.raises(WireFault):
        explain(b"\x60")


def test_every_mac_of_the_terminal_has_its_steps_told():
    assert set(MAC_STEPS) == set(KEY_SIZES)


def test_boxes_line_up_around_chinese_text():
    lines = story.screen(["退货 REFUND", "金额 12.50元", "", "0123456789ABCDEF"])
    assert {story.width(line) for line in lines} == {20}
    assert {len(line) for line in lines} != {20}


def test_keys_of_a_password_are_not_told():
    rows = ("Supervisor", "Enter password", "***_", "")
    trace = [Event(0, "key", "7"), Event(20, "screen", Screen(rows, b""))]
    teller = story.Teller()
    told = "\n".join([*teller.more(trace), *teller.rest()])
    assert "7" not in told and " *" in told
