"""Packets over TCP: cut from the stream whatever its chunks, and no length is trusted blindly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LocalMisuse
from protocol.tcp import LengthPrefixed, wrap


def test_length_is_two_bytes_big_endian_and_excludes_itself():
    assert wrap(bytes(260)) == b"\x01\x04" + bytes(260)


def test_packet_that_does_not_fit_is_our_own_mistake():
    for size in (0, 1025):
        with pytest.raises(LocalMisuse):
            wrap(bytes(size))


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6), st.integers(1, 40))
def test_packets_come_out_whole_whatever_the_chunks(packets, size):
    stream = b"".join(map(wrap, packets))
    receiver = LengthPrefixed()
    got = []
    for at in range(0, len(stream), size):
        got += receiver.receive(stream[at : at + size])
    assert got == packets
    assert receiver.fault is None


@pytest.mark.parametrize("length", [b"\x00\x00", b"\x04\x01", b"\xff\xff"])
def test_length_of_zero_or_above_1024_ends_the_stream_behind_what_came_before(length):
    receiver = LengthPrefixed()
    assert receiver.receive(wrap(b"good") + length + wrap(b"lost")) == [b"good"]
    assert receiver.fault.field == "length"
    assert receiver.receive(wrap(b"more")) == []
