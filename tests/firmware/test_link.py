"""The link driver on a UART: packets in and out, waiting senders, a line that is dead."""

import machine
import pytest

from firmware.board.pico import Board
from firmware.drivers.link import LinkDriver
from firmware.kernel import Kernel
from host_sim.bench.flash import Flash
from host_sim.chip import Chip
from host_sim.device import PICO
from protocol.framing import Link, frame

PACKET = b"\x60\x00\x03\x00\x00 a packet"
ACK = b"\x06"


class Bench:
    """A driver on a chip; `written` is what came out of its port."""

    def __init__(self):
        self.chip = machine.board = Chip(Flash())
        self.kernel = Kernel()
        self.link = LinkDriver(self.kernel, Board().link_uart, Link())
        self.kernel.spawn(self.link.run())
        self.outcomes = []
        self.written = b""
        self.run(0)

    def run(self, ms):
        end = self.chip.now_ms + ms
        while True:
            left = self.kernel.step()
            for kind, number, value in self.chip.take_outputs():
                if (kind, number) == ("uart", PICO.link_uart):
                    self.written += value
            if left is None or self.chip.now_ms + left > end:
                break
            self.chip.now_ms += left
        self.chip.now_ms = end

    def send(self, packet):
        async def task():
            self.outcomes.append((packet, await self.link.send(packet)))

        self.kernel.spawn(task())
        self.run(0)

    def receive(self, data):
        self.chip.receive(PICO.link_uart, data)
        self.run(0)

    def take(self):
        written, self.written = self.written, b""
        return written


@pytest.fixture
def bench():
    return Bench()


def test_a_packet_sent_is_framed_and_delivered_at_its_ack(bench):
    bench.send(PACKET)
    assert bench.take() == frame(PACKET)
    assert bench.outcomes == []
    bench.receive(ACK)
    assert bench.outcomes == [(PACKET, True)]


def test_without_an_ack_it_is_sent_four_times_and_then_given_up(bench):
    bench.send(PACKET)
    bench.run(60_000)
    assert bench.take() == 4 * frame(PACKET)
    assert bench.outcomes == [(PACKET, False)]


def test_a_packet_received_in_pieces_is_acknowledged_and_in_the_inbox(bench):
    data = frame(PACKET)
    for at in range(0, len(data), 5):
        bench.receive(data[at : at + 5])
        bench.run(1)
    assert bench.take() == ACK
    assert bench.link.inbox.get() == PACKET


def test_two_senders_take_turns_and_each_learns_its_own_outcome(bench):
    bench.send(b"first")
    bench.send(b"second")
    assert bench.take() == frame(b"first")
    bench.receive(ACK)
    assert bench.take() == frame(b"second")
    bench.run(60_000)
    assert bench.outcomes == [(b"first", True), (b"second", False)]


def test_a_sender_that_was_cancelled_leaves_the_line_usable(bench):
    async def send():
        await bench.link.send(b"first")

    task = bench.kernel.spawn(send())
    bench.run(0)
    task.cancel()
    bench.receive(ACK)
    bench.send(b"second")
    bench.receive(ACK)
    assert bench.outcomes == [(b"second", True)]


def test_noise_is_counted_and_the_next_packet_comes_through(bench):
    bench.receive(b"\xff\x00noise")
    bench.receive(frame(PACKET))
    assert bench.link.counters["noise"] == 7
    assert bench.link.inbox.get() == PACKET


def test_packets_beyond_the_inbox_are_dropped_and_counted(bench):
    for number in range(6):
        bench.receive(frame(b"packet %d" % number))
    assert bench.link.overruns == 2


def test_a_frame_cut_short_is_abandoned_without_another_byte(bench):
    bench.receive(frame(PACKET)[:-3])
    bench.run(600)
    assert bench.link.counters["abandoned"] == 1


def test_an_idle_line_has_no_deadline(bench):
    assert bench.kernel.step() is None


def test_bytes_beyond_the_ports_buffer_are_lost_not_stored(bench):
    bench.receive(frame(b"x" * 1024) + b"\x00" * 4000)
    assert bench.link.inbox.get() == b"x" * 1024
    assert bench.link.counters["noise"] == 2048 - len(frame(b"x" * 1024))
