"""Spoilt packets and line noise against the acquirer: refused, counted, and it goes on.

Every test counts what it threw and asserts that it was enough; RUNS adds up to ten thousand.
"""

import tracemalloc
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_sim import agreement
from host_sim.acquirer import samples
from host_sim.acquirer.link import LinkServer
from host_sim.tap import FrameTap
from protocol.framing import ACK, frame
from protocol.iso8583 import Message
from protocol.reference.codec import decode, encode
from protocol.reference.tables import CODES
from protocol.subfields import f60
from tests.fuzz import mutants
from tests.fuzz.mutants import SILENCE, TIMES, batches, enough_for, genuine, sealed
from tests.fuzz.recording import record

TERMINALS = (samples.TERMINAL, samples.X919_TERMINAL, samples.CMAC_TERMINAL)
RUNS = {"spoilt": 3 * 1_200 * TIMES, "nonsense": 1_000 * TIMES, "stream": 5_400 * TIMES}
EACH_COUNTED_AS = ("answered", "malformed", "unrequested")
KEY_SETS_KEPT = 4


class Host:
    """A recording's acquirer after its run; `lasts()` asks it whether it still works."""

    def __init__(self, terminal=samples.TERMINAL):
        self.recording = record(terminal)
        self.shop = self.recording.till.shop
        self.acquirer = self.shop.acquirer
        self.now = self.recording.till.world.now()
        self._connection = self.shop.engine.raw_connection().driver_connection

    def answer(self, packet):
        return self.acquirer.answer(packet, self.now)

    @property
    def rows_written(self):
        """Rows of the database ever inserted, changed or removed, also where it was undone."""
        return self._connection.total_changes

    def count(self, table):
        """Rows of a table. Postings are never changed, so equal counts are equal postings."""
        return self._connection.execute(f"select count(*) from {table}").fetchone()[0]

    def most_key_sets(self):
        """Of one terminal: a spoilt sign-on may be another one's."""
        sets = "select count(*) from key_set group by terminal_id"
        return max(count for (count,) in self._connection.execute(sets))

    def lasts(self):
        """The books are right, and the keys and the line of before are still good."""
        assert self.recording.till.given_back_fen("20260004") == 1_000
        echo = decode(self.answer(self.recording.request("0820")))
        inquiry = self.answer(self.recording.request("0600"))
        assert echo.fields[39] == decode(inquiry).fields[39] == "00"
        assert genuine(inquiry, self.recording.mac)
        assert self.acquirer.counters["faults"] == 0
        return True


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_spoilt_request_writes_nothing_unless_its_mac_still_holds(terminal):
    host = Host(terminal)
    packets = host.recording.requests
    paid_before, counters = host.count("posting"), host.acquirer.counters
    held = ran = 0

    @enough_for(RUNS["spoilt"] // 3)
    @given(batches(mutants.spoilt(packets)))
    def throw(batch):
        nonlocal held, ran
        for packet in batch:
            agreement.check(packet)
            before, counted = host.rows_written, sum(counters[name] for name in EACH_COUNTED_AS)
            reply = host.answer(packet)
            assert sum(counters[name] for name in EACH_COUNTED_AS) == counted + 1
            holds = genuine(packet, host.recording.mac)
            held += holds
            if reply is not None:
                check_reply(packet, reply, holds)
            if not holds and not is_sign_on(packet):
                assert host.rows_written == before
            ran += packet not in packets
        assert host.most_key_sets() <= KEY_SETS_KEPT

    throw()
    assert ran >= RUNS["spoilt"] // 3 and held < ran / 8
    assert counters["malformed"] and counters["unrequested"] and counters["format"]
    assert counters["bad_mac"] and counters["not_enrolled"]
    assert host.lasts() and host.count("posting") == paid_before


def check_reply(packet, reply, holds):
    """A reply can be read by both codecs and says yes only to whom it may."""
    message, code = decode(packet), agreement.check(reply).fields[39]
    assert code in CODES
    if not holds and message.mti not in ("0800", "0820"):
        assert code in ("A0", "97", "30"), message


def is_sign_on(packet):
    """Whether it may be one: a sign-on carries no MAC, for there is no key yet."""
    return packet[11:13] == b"\x08\x00"


def test_sealed_nonsense_is_answered_and_the_books_stay_right():
    host = Host()
    packets = host.recording.requests
    garbled = st.tuples(st.sampled_from(packets), mutants.message_edits(packets))
    codes, ran = Counter(), 0

    @enough_for(RUNS["nonsense"])
    @given(batches(garbled))
    def throw(batch):
        nonlocal ran
        for packet, edit in batch:
            message = edit(packet)
            if message is None:
                continue
            packet = sealed(message, host.recording.mac)
            codes[code_of(host.answer(packet))] += 1
            paid = host.count("posting")
            code_of(host.answer(packet))  # a repeat posts nothing, whatever it is
            assert host.count("posting") == paid
            ran += 1
        assert host.recording.till.given_back_fen("20260004") <= 52_000
        assert host.acquirer.counters["faults"] == 0

    throw()
    assert ran >= RUNS["nonsense"]
    assert codes["30"] < ran * 2 / 3 and {"00", "25", "94"} <= codes.keys()


def code_of(reply):
    """F39 of a reply, which both codecs must read; None where there is no reply."""
    return None if reply is None else agreement.check(reply).fields[39]


class Caller:
    """The far end of the acquirer's line. Time passes only in `silence`."""

    def __init__(self, host):
        self.server = LinkServer(host.acquirer)
        self._now = host.now
        self._now_ms = 0
        self._tap = FrameTap()

    def say(self, data):
        """Send bytes; the packets that come back."""
        self.server.receive(data, self._now_ms, self._now)
        return self._tap.feed(self.server.outgoing())

    def silence(self, ms=600):
        self._now_ms += ms
        self.server.poll(self._now_ms, self._now)
        return self._tap.feed(self.server.outgoing())

    def echo(self, number):
        """Whether an echo request of this batch number, in a sound frame, is answered."""
        fields = {41: samples.TERMINAL, 42: samples.TEST_SHOP, 60: f60("00", number, "301")}
        request = frame(encode(Message("6000030000", "603100311001", "0820", fields)))
        self.silence()
        while self.say(bytes([ACK])):  # replies to what was thrown at it
            pass
        replies = self.say(request)
        return [decode(reply).fields[60] for reply in replies] == [fields[60]]


def test_after_any_stream_of_noise_and_spoilt_frames_an_echo_is_answered():
    host = Host()
    caller = Caller(host)
    packets = host.recording.requests
    ran = echoes = 0

    @enough_for(RUNS["stream"])
    @given(
        batches(mutants.pieces(packets)),
        mutants.SIZES,
    )
    def throw(stream, sizes):
        nonlocal ran, echoes
        for piece in stream:
            if piece is SILENCE:
                caller.silence()
            else:
                for chunk in mutants.chunks(piece, sizes):
                    caller.say(chunk)
            ran += 1
        echoes += 1
        assert caller.echo(echoes)

    throw()
    assert ran >= RUNS["stream"]
    refusals = ("noise", "bad_length", "oversize", "bad_etx", "bad_lrc", "abandoned")
    assert all(caller.server.counters[name] for name in refusals), caller.server.counters
    assert host.lasts()


def test_noise_leaves_nothing_behind_in_the_acquirers_memory():
    host = Host()
    caller = Caller(host)
    rng = Random("junk")
    inquiry = host.recording.request("0600")

    def throw(count):
        for _ in range(count):
            unsigned = inquiry[:-8] + rng.randbytes(8)
            for packet in (unsigned, b"\x60" + rng.randbytes(1023), rng.randbytes(1024)):
                caller.say(rng.randbytes(100) + frame(packet))
                caller.silence()

    throw(100)  # what is built once, and caches filled to their bounds
    tracemalloc.start()
    try:
        throw(100)
        before, _ = tracemalloc.get_traced_memory()
        throw(300)  # 700 KB
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 150_000 and peak < 2_000_000


def test_what_is_thrown_at_the_acquirer_adds_up_to_ten_thousand():
    assert sum(RUNS.values()) >= 10_000
