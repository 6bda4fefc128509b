"""Three codecs on random messages, and two of them on thousands of damaged packets.
The two of this project must agree on every byte, field, position and reason; pyiso8583, with
its hand-written specification, is the third opinion on what is valid.
"""

import json
from pathlib import Path
from random import Random

import iso8583 as pyiso8583
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import protocol
from protocol import iso8583
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.reference import codec, tables
from tests.protocol.pyiso8583_spec import BINARY, NUMBERS, SPEC, TRACKS, to_document, to_message

FRAMES = json.loads((Path(__file__).parent / "frames.json").read_text())["good"]
MUTANTS_A_FRAME = 300

DIGITS = "0123456789"
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def digits(count):
    return st.text(DIGITS, min_size=count, max_size=count)


def values(number):
    """Any valid value of a field, by the hand-written specification."""
    spec = SPEC[str(number)]
    most = min(spec["max_len"], 60)
    least = 0 if spec["len_type"] else spec["max_len"]
    if number in BINARY:
        return st.binary(min_size=least, max_size=most)
    alphabet = DIGITS + "=" if number in TRACKS else DIGITS
    if spec["data_enc"] == "ascii":
        alphabet = PRINTABLE
    return st.text(alphabet, min_size=least, max_size=max(most, least))


@st.composite
def messages(draw):
    numbers = draw(st.sets(st.sampled_from(NUMBERS), max_size=12))
    return Message("60" + draw(st.text("0123456789ABCDEF", min_size=8, max_size=8)),
                   draw(digits(12)), draw(digits(4)),
                   {number: draw(values(number)) for number in sorted(numbers)})


def outcome(decode, packet):
    """What a codec makes of a packet: a Message, or where and why it refuses."""
    try:
        return decode(packet)
    except WireFault as fault:
        return fault.field, fault.at, fault.reason


def misuse(encode, message):
    try:
        return encode(message)
    except LocalMisuse as refused:
        return refused.field, refused.reason


def damage(packet, rng):
    """A packet with one to three faults of the kinds a line or a bad peer makes."""
    packet = bytearray(packet)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(packet)) if packet else 0
        kind = rng.randrange(7)
        if kind == 0 and packet:
            packet[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and packet:
            packet[at] = rng.choice((0, 9, 0x0A, 0x10, 0x3D, 0x99, 0xA0, 0xD0, 0xFF))
        elif kind == 2:
            del packet[at:]
        elif kind == 3:
            del packet[at : at + rng.randrange(1, 4)]
        elif kind == 4:
            packet[at:at] = rng.randbytes(rng.randrange(1, 4))
        elif kind == 5:
            packet += rng.randbytes(rng.choice((1, 2, 1000)))
        elif len(packet) > 20:
            bit = rng.randrange(64)
            packet[13 + bit // 8] ^= 0x80 >> bit % 8
    return bytes(packet)


def test_the_table_and_the_handwritten_specification_know_the_same_fields():
    assert set(tables.FIELDS) == set(NUMBERS)


@settings(max_examples=150, deadline=None)
@given(messages())
def test_three_codecs_write_and_read_the_same_bytes(message):
    packet = iso8583.encode(message)
    assume(len(packet) <= protocol.MAX_PACKET)
    theirs, _ = pyiso8583.encode(to_document(message), SPEC)
    assert packet == bytes(theirs)
    for _ in range(3):  # interpreted, interpreted, compiled
        assert codec.encode(message) == packet
        assert codec.decode(packet) == message
    assert iso8583.decode(packet) == message
    document, _ = pyiso8583.decode(packet, SPEC)
    del document["p"]
    assert to_message(document) == message


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["name"])
def test_both_codecs_agree_on_damaged_packets_to_the_byte(frame):
    whole = bytes.fromhex(frame["hex"])[2:]
    for _ in range(2):
        codec.decode(whole)  # so that damage which spares the bitmap meets the compiled form
    rng = Random(frame["name"])
    for _ in range(MUTANTS_A_FRAME):
        packet = damage(whole, rng)
        device = outcome(iso8583.decode, packet)
        assert outcome(codec.decode, packet) == device, packet.hex()
        if isinstance(device, Message):
            assert iso8583.encode(device) == codec.encode(device) == packet, packet.hex()


@settings(max_examples=100, deadline=None)
@given(messages(), st.sampled_from(NUMBERS),
       st.one_of(st.text(max_size=40), st.binary(max_size=10), st.none(), st.text(DIGITS)))
def test_both_codecs_agree_on_what_cannot_be_encoded(message, number, value):
    message.fields[number] = value
    for _ in range(3):
        assert misuse(codec.encode, message) == misuse(iso8583.encode, message)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_both_codecs_agree_on_noise(noise):
    assert outcome(codec.decode, noise) == outcome(iso8583.decode, noise)
    packet = b"\x60" + noise
    assert outcome(codec.decode, packet) == outcome(iso8583.decode, packet)
