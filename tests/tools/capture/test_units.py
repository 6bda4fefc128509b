"""A direction's bytes in any pieces are the same frames, control bytes and runs of neither."""
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.capture.lines import frame
from tools.capture.units import Splitter, is_sound

ONE, OTHER = frame(b"\x60" + bytes(range(40))), frame(b"\x60\x02\x06\x15\x03")
ACK, NAK = b"\x06", b"\x15"


def units(*pieces, ended=True):
    splitter = Splitter()
    found = [unit for piece in pieces for unit in splitter.feed(piece)]
    return found + (splitter.feed(b"", ended=True) if ended else [])


@given(st.lists(st.integers(0, 200), max_size=6))
def test_the_pieces_in_which_bytes_come_mean_nothing(cuts):
    stream = ACK + ONE + NAK + OTHER + ACK
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    assert units(*pieces) == [ACK, ONE, NAK, OTHER, ACK]


@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_byte_is_lost_and_none_is_added(noise, cut):
    stream = noise[:cut] + ONE + noise[cut:]
    assert b"".join(units(stream[:20], stream[20:])) == stream


def test_a_frame_after_noise_is_found():
    assert units(b"\x99\x06\x98" + ONE) == [b"\x99\x06\x98", ONE]


def test_a_control_byte_alone_waits_for_silence():
    assert units(ACK, ended=False) == []
    assert units(ACK) == [ACK]
    assert units(b"\x06\x21") == [b"\x06\x21"]


def test_a_frame_with_a_bad_lrc_is_one_unit():
    bad = ONE[:-1] + bytes((ONE[-1] ^ 1,))
    assert units(bad) == [bad] and not is_sound(bad)
    assert units(bad + ACK + ONE) == [bad, ACK, ONE]


def test_a_frame_cut_short_by_the_next_is_told_apart():
    assert units(ONE[:10] + OTHER) == [ONE[:10], OTHER]


def test_a_length_that_is_none_begins_no_frame():
    assert units(b"\x02\x99\x99" + ONE) == [b"\x02\x99\x99", ONE]
    assert units(b"\x02\x1a\x00") == [b"\x02\x1a\x00"]
