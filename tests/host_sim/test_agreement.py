"""The tap on the line, and the check that both codecs read every packet alike."""

import pytest

from host_sim import agreement
from host_sim.tap import FrameTap
from protocol.errors import WireFault
from protocol.framing import frame
from protocol.iso8583 import Message, encode
from protocol.reference import codec

PACKET = encode(
    Message("6000030000", "603100311001", "0820", {41: "10000001", 42: "8" * 15, 60: "00000001301"})
)


def test_the_tap_finds_packets_in_any_pieces_and_between_noise():
    tap, found = FrameTap(), []
    line = b"\x06\xff" + frame(PACKET) + b"\x15" + frame(b"next") + frame(b"cut short")[:-1]
    for at in range(0, len(line), 3):
        found += tap.feed(line[at : at + 3])
    assert found == [PACKET, b"next"]


def test_the_tap_passes_over_frames_that_are_not_sound():
    bad_check = bytearray(frame(b"one"))
    bad_check[-1] ^= 1
    no_length = b"\x02\x0a\x00"
    assert FrameTap().feed(bytes(bad_check) + no_length + frame(b"two")) == [b"two"]


def test_a_packet_that_both_read_alike_gives_its_message():
    assert agreement.check(PACKET).mti == "0820"


def test_a_packet_that_both_refuse_at_the_same_place_gives_the_fault():
    fault = agreement.check(PACKET[:-1])
    assert isinstance(fault, WireFault) and fault.field == "60"


@pytest.mark.parametrize("wrong", [{42: "9" * 15}, {60: "00000001302"}])
def test_codecs_that_read_differently_end_the_run(monkeypatch, wrong):
    right = codec.decode

    def decode(packet):
        message = right(packet)
        message.fields.update(wrong)
        return message

    monkeypatch.setattr(codec, "decode", decode)
    with pytest.raises(agreement.CodecsDisagree, match=str(list(wrong))[1:-1]) as disagreement:
        agreement.check(PACKET)
    assert "8" * 15 not in str(disagreement.value)


def test_codecs_that_write_differently_end_the_run(monkeypatch):
    monkeypatch.setattr(codec, "encode", lambda message: PACKET + b"\0")
    with pytest.raises(agreement.CodecsDisagree, match="host"):
        agreement.check(PACKET)


def test_a_refusal_by_one_codec_alone_ends_the_run(monkeypatch):
    def decode(packet):
        raise WireFault("41", 20, "not to my liking")

    monkeypatch.setattr(codec, "decode", decode)
    with pytest.raises(agreement.CodecsDisagree, match="host refuses 41 at 20"):
        agreement.check(PACKET)
