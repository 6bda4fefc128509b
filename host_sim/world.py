"""One terminal, its line, its acquirer and the clock, in virtual time.

Time jumps to the next thing that is due, so waiting costs nothing; every chance comes from the
seed. Same seed, same keys: same bytes, screens and paper.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple, Protocol, Self

from host_sim import agreement
from host_sim.agenda import NEVER, Agenda
from host_sim.bench import head
from host_sim.bench.flash import Flash, PowerCut
from host_sim.bench.wire import Wire
from host_sim.core import Boot, InProcess, MakeCore, prepare_flash
from host_sim.device import PICO, Device, Wiring
from host_sim.tap import FrameTap

KEY_DOWN_MS = 60
KEY_UP_MS = 50
LONGEST_LIST = 20  # lines, more than any menu has
LIST_LINE = re.compile(r"[> ](\d) (.*)")
HOST_MS = (20, 80)  # what the host takes to answer, at least and at most
START = datetime(2026, 3, 16, 9, 30)


class Event(NamedTuple):
    """Something that could be seen from outside, and when.

    kind and value: "out" or "in" with a packet's bytes (terminal to host, host to terminal, as
    sent), "screen" with a Screen, "paper" with a printed line's text, "key" with its name,
    "power" with "on" or "off".
    """

    at_ms: int
    kind: str
    value: Any


class Screen(NamedTuple):
    rows: tuple[str, ...]
    pixels: bytes


class Server(Protocol):
    """The host's end of the line, host_sim.acquirer.link.LinkServer."""

    def receive(self, data: bytes, now_ms: int, now: datetime) -> None: ...
    def poll(self, now_ms: int, now: datetime) -> None: ...
    def outgoing(self) -> bytes: ...
    def deadline(self) -> int | None: ...


def boot_firmware(board: Any) -> Any:
    """Start the terminal's firmware, its ciphers by `cryptography`: the device's own, in Python,
    would take most of a simulation's time."""
    from firmware import main
    from protocol.reference.ciphers import Ciphers

    return main.start(board, Ciphers())


def pico_board() -> Any:
    from firmware.board.pico import Board

    return Board()


def esp32_board() -> Any:
    from firmware.board.esp32 import Board

    return Board()


class World:
    """`server` None: nobody answers. `prepare(board)` is the factory: it may write the flash and
    the key slot before the first boot. The power is off until power_on(). The firmware runs in
    this process, booted by `boot`, unless `make_core` says otherwise. `clean_contacts`: the keys do
    not bounce. `flash`: the terminal's, in place of a new one; the factory leaves alone what is not
    empty.

    Each packet on the line goes to all of `on_packet`, a list of functions of its bytes, which
    raise what should end the run; the two codecs' agreement is the first of them.

    Each event goes to all of `on_event`, and so does what the trace leaves out: "key up" with a
    key's name, "read" with a reader's line, and what others tell().
    """

    def __init__(
        self,
        server: Server | None = None,
        seed: int = 0,
        start: datetime = START,
        prepare: Callable[[Any], None] | None = None,
        boot: Boot = boot_firmware,
        make_board: Callable[[], Any] = pico_board,
        wiring: Wiring = PICO,
        make_core: MakeCore | None = None,
        wire: Any = None,
        clean_contacts: bool = False,
        flash: Flash | None = None,
    ):
        self.server = server
        self.start = start
        self.now_ms = 0
        self.power_cuts = 0  # by the flash, in the middle of an operation
        self.trace: list[Event] = []
        self.on_packet: list[Callable[[bytes], Any]] = [agreement.check]
        self.on_event: list[Callable[[Event], Any]] = []
        self.agenda = Agenda()
        self.wire: Any = Wire() if wire is None else wire
        self.rng = Random(f"{seed} wire")  # for the faults that a script asks for
        self._host_rng = Random(f"{seed} host")
        self.device = Device(
            make_core or partial(InProcess, boot, make_board),
            self._send, self.agenda, Random(f"{seed} keys"), start, wiring, clean_contacts,
            Random(f"{seed} noise"), flash,
        )  # fmt: skip
        self._host_free_at = 0
        self._device_due = NEVER
        self._server_due = NEVER
        self._server_touched = True  # by others, since it was asked last
        self._screen = self.device.pixels()
        self._lines_seen = 0
        self._tap(self.wire.to_host, "out")
        self._tap(self.wire.to_terminal, "in")
        if prepare is not None and not self.device.flash.blocks:
            prepare_flash(self.device.flash, prepare, make_board)

    def close(self) -> None:
        """The end of this world: no process and no port of it stays behind."""
        self.device.power_off(self.now_ms)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what a person at the counter does and sees

    def press(self, *names: str) -> None:
        """Press keys one after the other, as fast as a finger goes."""
        for name in names:
            self.hold(name, KEY_DOWN_MS)
            self._go_through(KEY_UP_MS)

    def choose(self, text: str) -> bool:
        """Press the number of this line of the list on the screen, going down to it; False, and
        nothing chosen, if no line of the list says just that."""
        for _ in range(LONGEST_LIST):
            for row in self.screen():
                line = LIST_LINE.match(row)
                if line and line[2] == text:
                    self.press(line[1])
                    return True
            self.press("DOWN")
        return False

    def hold(self, name: str, ms: int) -> None:
        self.move_key(name, True)
        self.run_through(ms)
        self.move_key(name, False)

    def move_key(self, name: str, down: bool) -> None:
        """Put a finger on a key, or take it off; time goes on only by run_for and run_until."""
        self._catch_up()
        if down:
            self._record("key", name)
        else:
            self.tell("key up", name)
        self.device.move_key(name, down, self.now_ms)

    def swipe(self, track2: str, fault: str | None = None) -> None:
        """Pull a card through; `fault` as in bench/head.py."""
        self.read(head.swiped(track2, fault), "swipe")

    def scan(self, code: str) -> None:
        """Hold a code before the scanner."""
        self.read(head.scanned(code), "scan")

    def read(self, line: bytes, what: str = "read") -> None:
        """The head or the scanner says this."""
        self._catch_up()
        self._record("key", what)
        self.tell("read", line)
        self.device.read(line, self.now_ms)
        self._settle()  # the line's end is due from now on

    def screen(self) -> list[str]:
        """Four rows of text, read from the pixels."""
        return self.device.screen()

    @property
    def paper(self) -> list[str]:
        """All lines printed so far."""
        return [line.text for line in self.device.printer.lines]

    def tear_off(self) -> None:
        """Take the paper that hangs out of the printer away."""
        self.device.printer.lines.clear()
        self.device.printer.cuts.clear()
        self._lines_seen = 0

    def power_on(self) -> None:
        self._catch_up()
        self._server_touched = True
        self._record("power", "on")
        try:
            self.device.power_on(self.now_ms)
        except PowerCut:
            self.power_cuts += 1
            self._lose_power()
        self._settle()

    def power_off(self) -> None:
        """The plug is pulled: bytes not yet on the line never leave, the screen goes blank."""
        self._catch_up()
        self._lose_power()
        self._look()

    def packets(self, direction: str | None = None) -> list[bytes]:
        """The packets seen on the line so far: "out", "in", or all in order."""
        kinds = ("out", "in") if direction is None else (direction,)
        return [event.value for event in self.trace if event.kind in kinds]

    # time

    def now(self) -> datetime:
        """The world's calendar; the terminal's own clock may differ from it."""
        return self.start + timedelta(milliseconds=self.now_ms)

    def run_for(self, ms: int) -> None:
        self.run_until(lambda: False, ms)

    def run_until(self, condition: Callable[[], bool], timeout_ms: int) -> bool:
        """Let time pass until the condition holds; False if it did not within `timeout_ms`."""
        self._catch_up()
        self._server_touched = True
        limit = self.now_ms + timeout_ms
        while not condition():
            if self.now_ms >= limit:
                return False
            self._wait(self._next(limit))
            self._settle()
        return True

    def due(self, limit_ms: int) -> int:
        """When something happens here next by itself; `limit_ms` if nothing does before."""
        return self._next(limit_ms)

    def run_to(self, at_ms: int) -> None:
        """Let time pass up to a moment, what is due at that moment and only that."""
        self._catch_up()
        self._server_touched = True
        while (due := self._next(at_ms + 1)) <= at_ms:
            self._wait(due)
            self._settle()
        self._wait(at_ms)

    def run_through(self, ms: int) -> None:
        """run_for, with nothing at its end where nothing is due."""
        self._server_touched = True
        self._go_through(ms)

    def _go_through(self, ms: int) -> None:
        self._catch_up()
        limit = self.now_ms + ms
        while self.now_ms < limit:
            due = self._next(limit + 1)
            self._wait(limit if due > limit else due)
            if due <= limit or self.now_ms < limit:
                self._settle()

    def _catch_up(self) -> None:
        """Time that passed outside of run_until: none, unless time is real."""

    def _wait(self, until_ms: int) -> None:
        if until_ms > self.now_ms:
            self.now_ms = until_ms

    def _next(self, limit_ms: int) -> int:
        """When something is due next, `limit_ms` if nothing is due before."""
        if self._server_touched:
            self._ask_server()
        wire = self.wire
        return min(
            limit_ms,
            self._device_due,
            self.agenda.due,
            wire.to_host.due,
            wire.to_terminal.due,
            max(self._server_due, self.now_ms + 1),
        )

    def _lose_power(self) -> None:
        self._record("power", "off")
        self.device.power_off(self.now_ms)
        self._device_due = NEVER
        self.wire.to_host.abort(self.now_ms)

    def _settle(self) -> None:
        """Everything that is due now, always in this order."""
        now_ms, wire = self.now_ms, self.wire
        if self.agenda.due <= now_ms:
            self.agenda.run(now_ms)
        if wire.to_terminal.due <= now_ms:
            self.device.receive(wire.to_terminal.arrived(now_ms))
        try:
            self._device_due = self.device.step(now_ms)
        except PowerCut:
            self.power_cuts += 1
            self._lose_power()
        if wire.to_host.due <= now_ms or self._server_due <= now_ms or self._server_touched:
            self._serve(wire.to_host.arrived(now_ms))
        self._look()

    # the line

    def serve_by(self, server: Server | None) -> None:
        """From now on this host is at the other end of the line; None: nobody."""
        self.server = server
        self._server_touched = True
        self._server_due = NEVER

    def _send(self, data: bytes) -> None:
        self.wire.to_host.send(data, self.now_ms)

    def _serve(self, data: bytes) -> None:
        """Give the host its bytes and its time; what it says leaves a little later."""
        server = self.server
        if server is None:
            return
        if data:
            server.receive(data, self.now_ms, self.now())
        elif self._server_due <= self.now_ms:
            server.poll(self.now_ms, self.now())
        elif not self._server_touched:
            return
        self._server_touched = False
        answer = server.outgoing()
        self._ask_server()
        if answer:
            at = self.now_ms + self._host_rng.randint(*HOST_MS)
            self._host_free_at = max(self._host_free_at, at)
            self.agenda.at(
                self._host_free_at, lambda: self.wire.to_terminal.send(answer, self.now_ms)
            )

    def _ask_server(self) -> None:
        """Note when it is to be polled."""
        due = None if self.server is None else self.server.deadline()
        self._server_due = NEVER if due is None else due

    def _tap(self, line: Any, kind: str) -> None:
        tap = FrameTap()

        def listen(data: bytes, _now_ms: int) -> None:
            for packet in tap.feed(data):
                self._record(kind, packet)
                for hook in self.on_packet:
                    hook(packet)

        line.tap = listen

    # the trace

    def _look(self) -> None:
        """Record what changed on glass and paper."""
        pixels = self.device.pixels()
        if pixels is not self._screen:
            if pixels != self._screen:
                self._record("screen", Screen(tuple(self.screen()), pixels))
            self._screen = pixels
        lines = self.device.printer.lines
        if len(lines) != self._lines_seen:
            for line in lines[self._lines_seen :]:
                self._record("paper", line.text)
            self._lines_seen = len(lines)

    def _record(self, kind: str, value: Any) -> None:
        self.trace.append(Event(self.now_ms, kind, value))
        self.tell(kind, value)

    def tell(self, kind: str, value: Any) -> None:
        """Let those who listen know of something, which the trace need not hold."""
        for hook in self.on_event:
            hook(Event(self.now_ms, kind, value))
