"""The virtual-time world: same seed same run, idle costs nothing, power cuts stop everything."""

import hashlib
from datetime import timedelta

import pytest

from firmware.drivers.keypad import Keypad
from firmware.drivers.link import LinkDriver
from firmware.kernel import Kernel
from host_sim import agreement
from host_sim.core import FirmwareCrash
from host_sim.world import START, World
from protocol.errors import WireFault
from protocol.framing import Link, frame
from protocol.reference import codec
from tests.till import Till

DAY_MS = 86_400_000
PACKET = b"\x60\x00\x03\x00\x00" + b"?" * 40  # refused alike by both codecs


class Tiny:
    """The smallest firmware: a kernel, its parts, and one task given by the test."""

    def __init__(self, board, task):
        self.board = board
        self.crashes = []
        self.kernel = Kernel(on_crash=lambda task, error: self.crashes.append((task, error)))
        self.keypad = Keypad(self.kernel, board.rows, board.columns)
        self.link = LinkDriver(self.kernel, board.link_uart, Link())
        for coro in (self.keypad.run(), self.link.run(), task(self)):
            self.kernel.spawn(coro)


def tiny(task, **arguments):
    world = World(boot=lambda board: Tiny(board, task), **arguments)
    world.power_on()
    return world


async def nothing(terminal):
    await terminal.kernel.first(terminal.keypad.queue)


class Host:
    """A host end that answers each packet with one of its own."""

    def __init__(self, reply=PACKET):
        self.link = Link()
        self.reply = reply
        self.got = []

    def receive(self, data, now_ms, now):
        self.link.receive(data, now_ms)
        for kind, packet in self.link.events():
            if kind == "packet":
                self.got.append(packet)
                self.link.send(self.reply, now_ms)

    def poll(self, now_ms, now):
        self.link.poll(now_ms)

    def outgoing(self):
        return self.link.outgoing()

    def deadline(self):
        return self.link.deadline()


def refund(**shop):
    till = Till(**shop)
    till.log_in()
    till.send("20260004")
    till.sign_and_finish()
    return till.world


def fingerprint(world):
    return hashlib.sha256(repr(world.trace).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_screens_and_paper():
    one, other = refund(seed=3), refund(seed=3)
    assert one.trace == other.trace and fingerprint(one) == fingerprint(other)
    assert {event.kind for event in one.trace} == {"power", "key", "out", "in", "screen", "paper"}


def test_another_seed_gives_another_run_with_the_same_outcome():
    one, other = refund(seed=3), refund(seed=4)
    assert fingerprint(one) != fingerprint(other)
    assert [line for line in one.paper if "RMB" in line] == [
        line for line in other.paper if "RMB" in line
    ]


def test_an_idle_day_costs_a_handful_of_steps():
    till = Till()
    till.log_in()
    till.world.run_for(60_000)
    steps = []
    settle = till.world._settle
    till.world._settle = lambda: (steps.append(1), settle())
    till.world.run_for(DAY_MS)
    assert len(steps) < 10


def test_every_run_passes_the_wrap_of_the_tick_counter():
    ticks = []

    async def task(terminal):
        while True:
            ticks.append(terminal.kernel.now())
            await terminal.kernel.sleep(100)

    tiny(task).run_for(500)
    assert min(ticks) < 300 < max(ticks)


def test_a_key_pressed_is_seen_by_the_firmware_and_in_the_trace():
    world = tiny(nothing)
    world.press("7", "ENTER")
    queue = world.device.terminal.keypad.queue
    assert (queue.get(), queue.get()) == ("7", "ENTER")
    assert [event.value for event in world.trace if event.kind == "key"] == ["7", "ENTER"]


def test_run_until_stops_at_the_condition_or_at_the_time_it_was_given():
    world = tiny(nothing)
    assert not world.run_until(lambda: False, 1234)
    assert world.now_ms == 1234
    assert world.run_until(lambda: True, 1000) and world.now_ms == 1234
    assert world.now() == START + timedelta(milliseconds=1234)


def test_a_packet_and_its_reply_cross_the_line_and_are_traced_both_ways():
    inbox = []

    async def task(terminal):
        await terminal.link.send(PACKET)
        await terminal.kernel.first(terminal.link.inbox)
        inbox.append(terminal.link.inbox.get())

    host = Host(reply=PACKET + b"!")
    world = tiny(task, server=host)
    assert world.run_until(lambda: bool(inbox), 1000)
    assert (host.got, inbox) == ([PACKET], [PACKET + b"!"])
    assert (world.packets("out"), world.packets("in")) == ([PACKET], [PACKET + b"!"])
    assert world.packets() == [PACKET, PACKET + b"!"]
    # 51 bytes at 115200 there and 52 back, and the host's 20 to 80 ms.
    assert 4 + 20 <= world.now_ms <= 12 + 2 * 80


def test_on_a_cut_line_the_sender_gives_up_and_nothing_arrives():
    outcome = []

    async def task(terminal):
        outcome.append(await terminal.link.send(PACKET))

    host = Host()
    world = World(host, boot=lambda board: Tiny(board, task))
    world.wire.cut()
    world.power_on()
    world.run_for(60_000)
    assert outcome == [False] and host.got == []
    assert world.packets("out") == 4 * [PACKET]


def test_noise_on_the_line_is_counted_and_the_packet_comes_through():
    host = Host()

    async def task(terminal):
        await terminal.kernel.sleep(100)
        await terminal.link.send(PACKET)

    world = tiny(task, server=host)
    for line in world.wire.lines:
        line.inject(b"\xfe" * 20, world.now_ms)
    world.run_for(1000)
    assert host.got == [PACKET] and host.link.counters["noise"] == 20
    assert world.device.terminal.link.counters["noise"] == 20


def test_power_off_leaves_a_frame_cut_short_on_the_line():
    async def task(terminal):
        await terminal.link.send(b"\x60" * 1000)

    host = Host()
    world = tiny(task, server=host)
    world.run_for(30)
    world.power_off()
    world.run_for(2000)
    assert host.got == [] and host.link.counters["abandoned"] == 1


def test_what_a_dying_task_does_has_no_effect():
    tried = []

    async def task(terminal):
        flash = terminal.board.data_flash()
        try:
            await terminal.kernel.sleep(DAY_MS)
        finally:
            terminal.board.link_uart.write(b"last words")
            tried.append(1)
            flash.writeblocks(0, bytes(256), 0)

    world = tiny(task)
    sent = []
    world.wire.to_host.tap = lambda data, now_ms: sent.append(data)
    world.power_off()
    world.run_for(100)
    assert tried == [1] and sent == [] and world.device.flash.operations == 0


def test_flash_and_calendar_outlive_the_power_and_the_screen_does_not():
    till = Till()
    till.log_in()
    world = till.world
    world.device.terminal.board.set_clock(2031, 1, 2, 3, 4, 5)
    operations = world.device.flash.operations
    world.power_off()
    assert world.screen() == ["", "", "", ""]
    world.run_for(10_000)
    world.power_on()
    assert world.device.terminal.board.now() == (2031, 1, 2, 3, 4, 15)
    assert world.device.flash.operations >= operations
    assert world.device.terminal.params.terminal == "10000001"
    assert world.device.terminal.board.tmk() is not None
    assert world.screen()[0] != ""


def test_keys_and_bytes_without_power_are_lost_not_kept():
    world = tiny(nothing)
    world.power_off()
    world.press("5")
    world.wire.to_terminal.send(frame(PACKET), world.now_ms)
    world.run_for(100)
    world.power_on()
    world.run_for(100)
    terminal = world.device.terminal
    assert not terminal.keypad.queue.ready and not terminal.link.inbox.ready


def test_a_crash_of_the_firmware_ends_the_run():
    async def task(terminal):
        await terminal.kernel.sleep(10)
        raise ValueError("broken")

    world = tiny(task)
    with pytest.raises(FirmwareCrash, match="broken"):
        world.run_for(100)


def test_a_task_that_never_rests_cannot_stop_the_clock():
    async def task(terminal):
        while True:
            await terminal.kernel.sleep(0)

    world = tiny(task)
    world.run_for(50)
    assert world.now_ms == 50


def test_codecs_that_disagree_end_the_run(monkeypatch):
    async def task(terminal):
        await terminal.link.send(PACKET)

    def decode(packet):
        raise WireFault("44", 50, "not to my liking")

    monkeypatch.setattr(codec, "decode", decode)
    with pytest.raises(agreement.CodecsDisagree):
        tiny(task).run_for(100)


def test_a_thousand_terminals_fit_in_one_process():
    worlds = [tiny(nothing, seed=seed) for seed in range(1000)]
    for world in worlds:
        world.press("1")
    assert all(world.device.terminal.keypad.queue.ready for world in worlds[::100])
