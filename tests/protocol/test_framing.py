"""The serial link's rules, one behaviour a test, on a clock that starts just before it wraps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import LocalMisuse
from protocol.framing import ACK, ACK_WAIT_MS, ANSWERS, DUPLICATE_MS, INBOX, NAK, Link, frame, lrc

START = 2**30 - 1000  # the counter wraps within every test that waits
PACKET = bytes.fromhex("6000010002603100310000") + b"\x08\x20"


def at(ms):
    return (START + ms) & (2**30 - 1)


def received(data, ms=0):
    """A link that just received these bytes."""
    link = Link()
    link.receive(data, at(ms))
    return link


def sending(packet=PACKET):
    """A link whose frame is on the line since START."""
    link = Link()
    assert link.send(packet, at(0))
    assert link.outgoing() == frame(packet)
    return link


def test_frame_is_stx_bcd_length_packet_etx_and_the_xor_of_all_but_stx():
    packet = bytes(range(1, 124))
    data = frame(packet)
    assert data[:3] == b"\x02\x01\x23"
    assert data[3:-2] == packet
    assert data[-2] == 0x03
    assert data[-1] == lrc(b"\x01\x23" + packet + b"\x03")


def test_good_frame_is_delivered_and_acknowledged():
    link = received(frame(PACKET))
    assert link.events() == [("packet", PACKET)]
    assert link.outgoing() == bytes([ACK])
    assert link.outgoing() == b""


def test_longest_packet_passes_and_one_byte_more_is_refused_at_both_ends():
    longest = bytes(1024)
    assert received(frame(longest)).events() == [("packet", longest)]
    with pytest.raises(LocalMisuse):
        frame(bytes(1025))
    with pytest.raises(LocalMisuse):
        Link().send(b"", 0)
    link = received(b"\x02\x10\x25")
    assert link.counters["oversize"] == 1
    assert link.deadline() is None  # nothing is being stored


@pytest.mark.parametrize("length", ["1A00", "A100", "001A", "00A1", "0000", "FFFF", "0A99"])
def test_length_that_is_not_bcd_or_zero_is_refused_from_its_own_bytes(length):
    link = received(b"\x02" + bytes.fromhex(length))
    assert link.counters["bad_length"] == 1
    assert link.deadline() is None
    link.receive(frame(PACKET), at(1))
    assert ("packet", PACKET) in link.events()


def test_wrong_lrc_is_answered_with_nak_and_not_delivered():
    data = frame(PACKET)
    link = received(data[:-1] + bytes([data[-1] ^ 1]))
    assert link.events() == []
    assert link.outgoing() == bytes([NAK])
    assert link.counters["bad_lrc"] == 1


def test_missing_etx_is_refused_in_silence_because_the_rest_may_still_be_coming():
    data = frame(PACKET)
    link = received(data[:-2] + b"\x04" + data[-1:])
    assert link.events() == []
    assert link.outgoing() == b""
    assert link.counters["bad_etx"] == 1


def test_noise_between_frames_is_skipped_and_counted():
    link = received(b"\xff\x00\x41" + frame(PACKET) + b"\x7f" + frame(PACKET + b"x"))
    assert link.events() == [("packet", PACKET), ("packet", PACKET + b"x")]
    assert link.counters["noise"] == 4


def test_ack_and_nak_are_noise_while_nothing_is_outstanding():
    link = received(bytes([ACK, NAK, ACK]))
    assert link.events() == []
    assert link.counters["noise"] == 3
    assert link.send(PACKET, at(1))
    link.receive(bytes([ACK]), at(2))  # before the frame was handed to the line
    assert link.events() == []


def test_half_a_second_of_silence_abandons_a_frame():
    data = frame(PACKET)
    link = received(data[:9])
    link.receive(data[9:12], at(499))
    link.poll(at(998))
    assert link.counters["abandoned"] == 0
    assert link.deadline() == at(998) + 1
    link.poll(at(999))
    assert link.counters["abandoned"] == 1
    link.receive(frame(PACKET), at(999))
    assert link.events() == [("packet", PACKET)]


def test_bytes_that_come_after_the_silence_are_not_added_to_the_frame_before_it():
    link = received(frame(PACKET)[:9])
    link.receive(frame(PACKET), at(500))  # nobody polled in between
    assert link.events() == [("packet", PACKET)]
    assert link.counters["abandoned"] == 1


def test_ack_ends_the_sending():
    link = sending()
    assert link.busy
    link.receive(bytes([ACK]), at(20))
    assert link.events() == [("sent", None)]
    assert not link.busy
    assert link.deadline() is None


def test_silence_is_retransmitted_three_times_and_then_fails():
    link = sending()
    for turn in range(1, 4):
        link.poll(at(turn * ACK_WAIT_MS - 1))
        assert link.outgoing() == b""
        assert link.deadline() - at(turn * ACK_WAIT_MS - 1) == 1
        link.poll(at(turn * ACK_WAIT_MS))
        assert link.outgoing() == frame(PACKET)
        assert link.events() == []
    link.poll(at(4 * ACK_WAIT_MS))
    assert link.outgoing() == b""
    assert link.events() == [("failed", "no ACK after 4 transmissions")]
    assert link.counters["retransmissions"] == 3
    assert link.counters["timeouts"] == 4
    assert not link.busy
    assert link.deadline() is None


def test_nak_is_retransmitted_at_once_three_times_and_then_fails():
    link = sending()
    for turn in range(1, 4):
        link.receive(bytes([NAK]), at(turn))
        assert link.outgoing() == frame(PACKET)
    link.receive(bytes([NAK]), at(4))
    assert link.events() == [("failed", "NAK after 4 transmissions")]
    assert link.counters["naks"] == 4


def test_ack_that_waits_in_the_same_read_as_the_timeout_still_counts():
    link = sending()
    link.receive(bytes([ACK]), at(ACK_WAIT_MS + 200))  # the reader was busy with flash
    assert link.events() == [("sent", None)]
    assert link.outgoing() == b""


def test_frame_that_arrives_while_an_ack_is_awaited_is_delivered_and_the_ack_still_counts():
    link = sending(b"request")
    link.receive(frame(b"crossing") + bytes([ACK]), at(5))
    assert link.events() == [("packet", b"crossing"), ("sent", None)]
    assert link.outgoing() == bytes([ACK])


def test_one_packet_queues_behind_the_frame_under_way_and_a_second_is_not_taken():
    link = sending(b"first")
    assert link.send(b"second", at(1))
    assert not link.send(b"third", at(2))
    assert link.outgoing() == b""
    link.receive(bytes([ACK]), at(3))
    assert link.outgoing() == frame(b"second")
    link.receive(bytes([ACK]), at(4))
    assert link.events() == [("sent", None), ("sent", None)]


def test_queued_packet_goes_out_after_the_one_before_it_failed():
    link = sending(b"first")
    assert link.send(b"second", at(1))
    for turn in range(1, 5):
        link.poll(at(turn * ACK_WAIT_MS))
    assert link.events() == [("failed", "no ACK after 4 transmissions")]
    assert link.outgoing() == frame(b"second")
    link.receive(bytes([ACK]), at(4 * ACK_WAIT_MS + 1))
    assert link.events() == [("sent", None)]


def test_repeated_frame_is_acknowledged_and_dropped():
    link = received(frame(PACKET))
    link.receive(frame(PACKET), at(DUPLICATE_MS))
    assert link.events() == [("packet", PACKET)]
    assert link.outgoing() == bytes([ACK, ACK])
    assert link.counters["duplicates"] == 1


def test_equal_frame_after_twelve_seconds_is_new_even_if_nobody_polled():
    link = received(frame(PACKET))
    link.receive(frame(PACKET), at(DUPLICATE_MS + 1))
    assert link.events() == [("packet", PACKET), ("packet", PACKET)]


def test_a_repeat_does_not_lengthen_the_twelve_seconds():
    link = received(frame(PACKET))
    link.receive(frame(PACKET), at(DUPLICATE_MS - 1))
    link.receive(frame(PACKET), at(DUPLICATE_MS + 1))
    assert len(link.events()) == 2


def test_equal_frame_after_this_end_sent_a_data_frame_is_new():
    link = received(frame(PACKET))
    assert link.send(b"answer", at(10))
    link.receive(frame(PACKET), at(20))
    assert link.events() == [("packet", PACKET), ("packet", PACKET)]


def test_repeat_of_an_answer_is_dropped_while_the_request_itself_is_sent_again():
    link = sending(b"request")
    link.receive(frame(b"answer"), at(10))  # its ACK got lost, the answer did not
    link.poll(at(ACK_WAIT_MS))
    assert link.outgoing() == bytes([ACK]) + frame(b"request")
    link.receive(frame(b"answer"), at(ACK_WAIT_MS + 10))
    assert link.events() == [("packet", b"answer")]


def test_another_frame_in_between_makes_an_equal_one_new():
    link = received(frame(b"one") + frame(b"two") + frame(b"one"))
    assert [packet for _, packet in link.events()] == [b"one", b"two", b"one"]


def test_frames_that_nobody_fetches_are_not_acknowledged_and_do_not_pile_up():
    link = received(b"".join(frame(b"packet %d" % n) for n in range(INBOX + 3)))
    assert link.outgoing() == bytes([ACK]) * INBOX
    assert len(link.events()) == INBOX
    assert link.counters["overrun"] == 3
    link.receive(frame(b"packet 4"), at(10))
    assert link.events() == [("packet", b"packet 4")]


def test_answers_that_nobody_writes_do_not_pile_up():
    link = received(frame(PACKET) * 100)
    assert len(link.outgoing()) == ANSWERS


def test_deadline_is_the_nearest_across_the_wrap_of_the_counter():
    link = Link()
    link.receive(frame(b"before"), 2**30 - 600)  # to be forgotten 12 s later
    link.send(PACKET, 2**30 - 500)  # forgets it at once, and waits for an ACK
    link.receive(b"\x02", 100)  # after the wrap; abandoned in 500 ms
    assert link.deadline() == 600
    link.poll(600)
    assert link.deadline() == 2500


noise = st.binary(max_size=8)
pieces = st.one_of(
    noise,
    st.sampled_from([bytes([ACK]), bytes([NAK]), b"\x02", b"\x03", b"\x02\x10\x25"]),
    st.binary(min_size=1, max_size=40).map(frame),
    st.builds(
        lambda data, at, bit: (
            data[: at % len(data)]
            + bytes([data[at % len(data)] ^ 1 << bit])
            + data[at % len(data) + 1 :]
        ),
        st.binary(min_size=1, max_size=40).map(frame),
        st.integers(0, 60),
        st.integers(0, 7),
    ),
    st.builds(
        lambda data, cut: data[:cut],
        st.binary(min_size=1, max_size=40).map(frame),
        st.integers(1, 20),
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(pieces, max_size=8).map(b"".join),
    st.lists(st.integers(1, 25), min_size=1, max_size=6),
    st.booleans(),
)
def test_bytes_cut_into_chunks_anyhow_give_the_same_events(stream, sizes, waiting):
    whole, cut = Link(), Link()
    for link in (whole, cut):
        if waiting:
            link.send(PACKET, 7)
            link.outgoing()
    whole.receive(stream, 9)
    position = turn = 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        cut.receive(stream[position : position + size], 9)
        position += size
        turn += 1
    assert cut.events() == whole.events()
    assert cut.outgoing() == whole.outgoing()
    assert cut.counters == whole.counters
    assert cut.deadline() == whole.deadline()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 700))
def test_no_bytes_whatever_break_the_link(stream, size):
    link = Link()
    now = START
    for position in range(0, len(stream), size):
        link.receive(stream[position : position + size], now)
        link.events()
        link.outgoing()
        now += 10
    link.poll(now + 500)
    link.receive(frame(b"still here"), now + 501)
    assert link.events()[-1:] == [("packet", b"still here")]
    link.poll(now + 501 + DUPLICATE_MS + 1)
    assert link.deadline() is None
