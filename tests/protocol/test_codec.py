"""Both codecs on known packets: what they accept, and where and why they refuse."""

import json
from pathlib import Path

import pytest

from protocol import HELD_FOR_REVIEW, iso8583
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.reference import codec, tables

FRAMES = json.loads((Path(__file__).parent / "frames.json").read_text())
CODECS = [iso8583, codec]

# TPDU at 0, header 5, MTI 11, bitmap 13; F2 at 21, F22 at 31, F23 at 33, F35 at 35, F41 at 43
PACKET = bytes.fromhex(
    "6000030000" "603100311001" "0220" "4000060020800000"
    "17" "620000000000000500" "0210" "0001" "13" "6200D260620100" "3030303030303031"
)
MESSAGE = Message("6000030000", "603100311001", "0220", {
    2: "62000000000000050", 22: "021", 23: "001", 35: "6200=26062010", 41: "00000001",
})


def changed(at, *values):
    packet = bytearray(PACKET)
    packet[at : at + len(values)] = bytes(values)
    return bytes(packet)


@pytest.fixture(params=["portable", "interpreted", "compiled"])
def decode(request):
    """decode in each of its three forms."""
    if request.param == "portable":
        return iso8583.decode
    codec._format.cache_clear()
    if request.param == "compiled":
        for _ in range(2):
            codec.decode(PACKET)
    return codec.decode


def test_the_example_packet_is_the_example_message(decode):
    assert decode(PACKET) == MESSAGE


@pytest.mark.parametrize("field, at, reason, packet", [
    ("tpdu", 0, "5 of 5 bytes are missing", b""),
    ("tpdu", 0, "the first byte is not 60", changed(0, 0x61)),
    ("tpdu", 3, "2 of 5 bytes are missing", PACKET[:3]),
    ("header", 7, "4 of 6 bytes are missing", PACKET[:7]),
    ("header", 10, "not a decimal digit", changed(10, 0x1A)),
    ("mti", 11, "not a decimal digit", changed(11, 0xF2)),
    ("mti", 12, "1 of 2 bytes are missing", PACKET[:12]),
    ("bitmap", 15, "6 of 8 bytes are missing", PACKET[:15]),
    ("1", 21, "the dialect defines no such field", changed(13, 0xC0)),
    ("5", 31, "the dialect defines no such field", changed(13, 0x48)),
    ("2", 21, "1 of 1 bytes are missing", PACKET[:21]),
    ("2", 21, "not a decimal digit", changed(21, 0x1B)),
    ("2", 21, "length 20 digits exceeds 19", changed(21, 0x20)),
    ("2", 25, "not a decimal digit", changed(25, 0xD0)),
    ("2", 30, "the pad nibble is not zero", changed(30, 0x01)),
    ("2", 28, "3 of 9 bytes are missing", PACKET[:28]),
    ("22", 32, "the pad nibble is not zero", changed(32, 0x1F)),
    ("23", 33, "the pad nibble is not zero", changed(33, 0x10)),
    ("35", 35, "length 38 digits exceeds 37", changed(35, 0x38)),
    ("35", 37, "not a digit or the separator of a track", changed(37, 0x0E)),
    ("35", 42, "the pad nibble is not zero", changed(42, 0x0D)),
    ("41", 44, "not printable ASCII", changed(44, 0x1F)),
    ("41", 50, "not printable ASCII", changed(50, 0x7F)),
    ("41", 45, "not printable ASCII", changed(45, 0xE4)),
    ("41", 47, "4 of 8 bytes are missing", PACKET[:47]),
    ("42", 51, "15 of 15 bytes are missing", changed(18, 0xC0)),
    ("trailing", 51, "1 bytes after the last field", PACKET + b"\0"),
    ("length", 1024, "packet of 1025 bytes exceeds 1024", PACKET.ljust(1025, b"\0")),
])
def test_a_malformed_packet_is_refused_at_the_field_and_byte(decode, field, at, reason, packet):
    with pytest.raises(WireFault) as refused:
        decode(packet)
    assert (refused.value.field, refused.value.at, refused.value.reason) == (field, at, reason)


def test_the_first_fault_from_the_left_is_the_one_that_is_named(decode):
    packet = bytearray(changed(13, 0x48))  # F5, unknown, stands behind F2
    packet[25] = 0xFF
    with pytest.raises(WireFault, match="^F2: "):
        decode(bytes(packet))


def test_a_fault_reads_as_one_line():
    fault = WireFault("35", 41, "length 38 digits exceeds 37")
    assert str(fault) == "F35: length 38 digits exceeds 37 at byte 41"
    assert str(LocalMisuse("tpdu", "is not text")) == "tpdu: is not text"


def test_empty_variable_fields_are_kept(decode):
    message = Message("6000030000", "603100311001", "0220", {2: "", 35: "", 44: "", 62: b""})
    packet = iso8583.encode(message)
    assert packet[21:] == b"\0\0\0\0\0"
    for _ in range(3):
        assert decode(packet) == message


@pytest.mark.parametrize("frame", FRAMES["good"], ids=lambda frame: frame["name"])
def test_published_packets_decode_to_their_fields_and_back(decode, frame):
    packet = bytes.fromhex(frame["hex"])[2:]
    for _ in range(3):  # the second makes the Construct codec compile
        message = decode(packet)
        assert (message.tpdu, message.header, message.mti) == (
            frame["tpdu"], frame["header"], frame["mti"])
        assert frame["fields"] == {
            str(number): value if isinstance(value, str) else value.hex().upper()
            for number, value in message.fields.items()
        }
        assert iso8583.encode(message) == codec.encode(message) == packet


@pytest.mark.parametrize(
    "frame", [bad for bad in FRAMES["bad"] if bad["field"] != "length"], ids=lambda bad: bad["name"]
)
def test_published_malformed_packets_are_refused_at_their_field(decode, frame):
    with pytest.raises(WireFault) as refused:
        decode(bytes.fromhex(frame["hex"])[2:])
    assert refused.value.field == frame["field"]


@pytest.mark.parametrize("field, reason, tpdu, header, mti, fields", [
    ("tpdu", "the first byte is not 60", "6100030000", "603100311001", "0220", {}),
    ("tpdu", "is not 10 digits", "60000300", "603100311001", "0220", {}),
    ("tpdu", "not an upper-case hex digit", "60000300ab", "603100311001", "0220", {}),
    ("header", "not a decimal digit", "6000030000", "60310031100A", "0220", {}),
    ("mti", "is not text", "6000030000", "603100311001", 220, {}),
    ("1", "the dialect defines no such field", "6000030000", "603100311001", "0220", {1: "0"}),
    ("2", "length 20 digits exceeds 19", "6000030000", "603100311001", "0220", {2: "6" * 20}),
    ("3", "is not 6 digits", "6000030000", "603100311001", "0220", {3: "20000"}),
    ("4", "not a decimal digit", "6000030000", "603100311001", "0220", {4: "00000000100²"}),
    ("35", "not a digit or the separator of a track",
     "6000030000", "603100311001", "0220", {35: "62D1"}),
    ("41", "is not 8 bytes", "6000030000", "603100311001", "0220", {41: "1"}),
    ("43", "not printable ASCII", "6000030000", "603100311001", "0220", {43: "店" * 40}),
    ("52", "is not bytes", "6000030000", "603100311001", "0220", {52: "12345678"}),
    ("64", "is not 8 bytes", "6000030000", "603100311001", "0220", {64: b""}),
    ("length", "packet of 1033 bytes exceeds 1024",
     "6000030000", "603100311001", "0220", {55: bytes(999), 62: bytes(9)}),
])
def test_a_message_that_cannot_be_encoded_is_refused_by_both(
    field, reason, tpdu, header, mti, fields
):
    for each in CODECS:
        with pytest.raises(LocalMisuse) as refused:
            each.encode(Message(tpdu, header, mti, fields))
        assert (refused.value.field, refused.value.reason) == (field, reason)


def test_a_message_is_written_into_the_callers_buffer():
    buffer = bytearray(b"\xff" * 60)
    assert iso8583.encode_into(MESSAGE, buffer) == len(PACKET)
    assert buffer[: len(PACKET)] == PACKET
    assert buffer[len(PACKET) :] == b"\xff" * (60 - len(PACKET))


@pytest.mark.parametrize("size", [0, 20, 21, len(PACKET) - 1])
def test_a_buffer_that_is_too_small_is_refused(size):
    with pytest.raises(LocalMisuse, match="^length"):
        iso8583.encode_into(MESSAGE, bytearray(size))


def test_packets_are_read_from_any_bytes_like_object(decode):
    assert decode(bytearray(PACKET)) == decode(memoryview(PACKET)) == MESSAGE


def test_the_mac_covers_the_mti_up_to_the_field_before_it():
    assert iso8583.mac_span(bytes(100)) == (11, 92)


def test_the_text_form_of_a_message_shows_no_value():
    assert repr(MESSAGE) == "Message(0220: 2 22 23 35 41)"


def test_strangers_cannot_fill_the_memory_with_bitmaps():
    for bits in range(1, 300):
        with pytest.raises(WireFault):
            codec.decode(PACKET[:13] + bits.to_bytes(8, "big"))
    assert codec._format.cache_info().currsize <= 64


def test_only_accepted_packets_earn_their_bitmap_a_compiled_form():
    codec._format.cache_clear()
    broken = PACKET + b"\0"
    for _ in range(3):
        with pytest.raises(WireFault):
            codec.decode(broken)
    assert codec._format(PACKET[13:21]).compiled is None
    for _ in range(2):
        codec.decode(PACKET)
    assert codec._format(PACKET[13:21]).compiled is not None


def test_the_table_of_messages_names_fields_that_exist_and_replies_that_follow():
    for request, _, _, _, must, may, reply, good, bad in tables.MESSAGES.values():
        assert {*must, *may, *good, *bad} <= set(tables.FIELDS)
        assert not set(must) & set(may)
        assert reply == f"{int(request[:3] + '0') + 10:04}"
        assert set(bad) <= set(good)


def test_the_table_tells_every_request_from_every_other():
    keys = [
        (row[0], row[1], row[2], network)
        for row in tables.MESSAGES.values() for network in row[3] or ("",)
    ]
    assert len(keys) == len(set(keys))


def test_the_codes_that_leave_a_refund_open_are_those_of_the_protocol():
    open_codes = {code for code, (_, final) in tables.CODES.items() if not final}
    assert open_codes == {"68", "77", "90", "91", "92", "96", "98", "A0", HELD_FOR_REVIEW}
