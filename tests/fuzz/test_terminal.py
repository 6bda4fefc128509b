"""Spoilt packets and line noise against the terminal: refused, counted, and it goes on.

No money moves on a reply whose MAC is wrong. Every test counts what it threw and asserts that it
was enough; RUNS adds up to ten thousand.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import host
from host_sim.acquirer import samples
from protocol.framing import frame
from protocol.reference.codec import decode
from tests.fuzz import mutants
from tests.fuzz.mutants import SILENCE, TIMES, TPDU_AND_HEADER, batches, enough_for, framed, genuine
from tests.fuzz.recording import recorded
from tests.fuzz.station import Station

TERMINALS = (samples.TERMINAL, samples.X919_TERMINAL, samples.CMAC_TERMINAL)
RUNS = {"spoilt": 3 * 1_250 * TIMES, "stream": 3_000 * TIMES}
FLIPS = 3 * 1_100  # every bit of three replies
MAY_LACK_MAC = ("A0", "77")  # these two only prompt a sign-on
TELLS = (3, 4, 11, 41, 42)  # what tells whose reply it is


def may_be_taken(request, packet, mac):
    """Whether the packet answers the request and is signed as it must be: our own judgement."""
    reply = decode(packet)
    both = [n for n in TELLS if n in request.fields and n in reply.fields]
    fits = all(reply.fields[n] == request.fields[n] for n in both)
    unsigned = 64 not in reply.fields and reply.fields[39] in MAY_LACK_MAC
    return fits and (genuine(packet, mac) or unsigned or request.mti == "0820")


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_spoilt_reply_is_refused_and_counted_unless_its_mac_still_holds(terminal):
    recording = recorded(terminal)
    station = Station(recording.mac)
    replies = [reply for _, reply in recording.exchanges]
    taken = ran = 0

    @enough_for(RUNS["spoilt"] // 3)
    @given(
        st.sampled_from(recording.exchanges),
        batches(mutants.edits(replies)),
    )
    def throw(exchange, batch):
        nonlocal taken, ran
        request, reply = exchange
        for edit in batch:
            packet = edit(reply)
            task = station.ask(request)
            station.acknowledge()
            before = station.refusals()
            station.hear(framed(packet))
            if task.done and task.result.kind == host.ANSWERED:
                assert task.result.packet == packet
                assert may_be_taken(request, packet, recording.mac)
                taken += packet != reply
            else:
                assert station.refusals() > before or not packet
                station.silence()
                station.hear(frame(reply))
                assert task.result.kind in (host.ANSWERED, host.BAD_MAC)
            ran += packet != reply

    throw()
    assert ran >= RUNS["spoilt"] // 3 and taken < ran / 8
    assert all(station.works(*exchange) for exchange in recording.exchanges)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_no_flipped_bit_of_a_refunds_reply_is_taken(terminal):
    recording = recorded(terminal)
    station = Station(recording.mac)
    request, reply = recording.exchange("0230")
    ran = 0
    for at in range(len(reply)):
        for bit in range(8):
            flipped = reply[:at] + bytes([reply[at] ^ 1 << bit]) + reply[at + 1 :]
            task = station.ask(request)
            station.acknowledge()
            station.hear(frame(flipped))
            if at < TPDU_AND_HEADER and task.done:  # no MAC covers them, and they say nothing
                assert task.result.fields == decode(reply).fields
            else:
                assert not task.done or task.result.kind == host.BAD_MAC, (at, bit)
                station.hear(frame(reply))
                assert task.done, (at, bit)
            ran += 1
    assert ran == 8 * len(reply) >= FLIPS // 3
    assert station.works(request, reply)


def test_after_any_stream_of_noise_and_spoilt_frames_a_reply_is_taken():
    recording = recorded()
    station = Station(recording.mac)
    replies = [reply for _, reply in recording.exchanges]
    ran = 0

    @enough_for(RUNS["stream"])
    @given(
        st.sampled_from(recording.exchanges),
        batches(mutants.pieces(replies)),
        mutants.SIZES,
    )
    def throw(exchange, stream, sizes):
        nonlocal ran
        request, reply = exchange
        task = station.ask(request)
        for number, piece in enumerate(stream):
            if number == 5:  # until here the request itself is not acknowledged
                station.acknowledge()
            if piece is SILENCE:
                station.silence()
            else:
                for chunk in mutants.chunks(piece, sizes):
                    station.hear(chunk)
            ran += 1
        station.silence(host.REPLY_MS)
        assert task.done
        if task.result.kind == host.ANSWERED:
            assert may_be_taken(request, task.result.packet, recording.mac)
        assert station.works(request, reply)

    throw()
    assert ran >= RUNS["stream"]
    refusals = ("noise", "bad_length", "oversize", "bad_etx", "bad_lrc", "abandoned")
    assert all(station.link.counters[name] for name in refusals), station.link.counters
    assert station.host.refused


def test_what_is_thrown_at_the_terminal_adds_up_to_ten_thousand():
    assert sum(RUNS.values()) + FLIPS >= 10_000
