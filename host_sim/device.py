"""The terminal as it stands on the counter: chip, flash, keys, screen and printer, wired up.

Knows electricity and time in milliseconds, no messages and no host. The wiring is written down
here a second time, apart from firmware/board, so that a wrong pin there shows.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache, partial
from random import Random
from typing import Any

from host_sim import shims
from host_sim.agenda import Agenda
from host_sim.bench.flash import Flash
from host_sim.bench.keypad import KeyMatrix, bounce
from host_sim.bench.lcd import Lcd
from host_sim.bench.printer import PaperPrinter
from host_sim.bench.reader import Reader
from host_sim.bench.wire import Line
from host_sim.chip import Chip

shims.install()
import machine  # noqa: E402 - the shim, there since install()

ROW_PINS = (6, 7, 8, 9)
COLUMN_PINS = (10, 11, 12, 13)
LCD_SELECT, LCD_DATA, LCD_RESET = 17, 20, 21
LCD_SPI = 0
LINK_UART, PRINTER_UART = 0, 1
PRINTER_BAUD = 9600

RTC_EPOCH = datetime(2000, 1, 1)

# board -> the terminal: its `kernel`, and `crashes`, a list of (task, error)
Boot = Callable[[Any], Any]

# One for all devices: it holds the whole glyph file.
_reader = cache(Reader)


class FirmwareCrash(Exception):
    """Something in the firmware raised what nothing there expected."""


class Device:
    """`boot(board)` starts the firmware and returns its terminal; `make_board()` makes the board
    of firmware/board; `on_link(bytes)` gets what the terminal sends.

    The flash, the paper and the calendar clock (`start` is its time at 0 ms) outlive the power.
    """

    def __init__(
        self,
        boot: Boot,
        make_board: Callable[[], Any],
        on_link: Callable[[bytes], None],
        agenda: Agenda,
        rng: Random,
        start: datetime,
    ):
        self.flash = Flash()
        self.printer = PaperPrinter()
        self.keys = KeyMatrix(ROW_PINS, COLUMN_PINS)
        self.lcd = Lcd()
        self.chip: Chip | None = None
        self.terminal: Any = None
        self._boot = boot
        self._make_board = make_board
        self._on_link = on_link
        self._agenda = agenda
        self._rng = rng
        self._rtc_ms = int((start - RTC_EPOCH).total_seconds() * 1000)
        self._printer_in = Line(PRINTER_BAUD)
        self._printer_out = Line(PRINTER_BAUD)
        self._lcd_pins = {
            LCD_SELECT: lambda level: setattr(self.lcd, "select", level),
            LCD_DATA: lambda level: setattr(self.lcd, "data", level),
            LCD_RESET: lambda level: None if level else self.lcd.reset(),
        }

    def prepare(self, work: Callable[[Any], None]) -> None:
        """The factory's hour: work(board) with the power on and no firmware running."""
        machine.board = Chip(self.flash, 0, self._rtc_ms)
        work(self._make_board())

    def power_on(self, now_ms: int) -> None:
        """Boot from what the flash holds. Nothing happens if it is on already."""
        if self.chip is not None:
            return
        self.lcd = Lcd()
        self.chip = machine.board = Chip(self.flash, now_ms, self._rtc_ms)
        self.chip.set_contacts(self.keys.contacts)
        self.terminal = self._boot(self._make_board())

    def power_off(self, now_ms: int) -> None:
        """Everything stops between two instructions; nothing that dying tasks do has effect."""
        if self.chip is None:
            return
        self.chip.dead = True
        self._rtc_ms = self.chip.rtc_ms
        for task in self.terminal.kernel.tasks:
            with suppress(Exception):
                task.cancel()
        self.chip = self.terminal = None
        self.printer.power_off()
        self._printer_in.abort(now_ms)
        self._printer_out.abort(now_ms)

    def move_key(self, name: str, down: bool, now_ms: int) -> None:
        """A finger goes down on a key or up from it; its contact bounces."""
        for delay, closed in bounce(self._rng, down):
            self._agenda.at(now_ms + delay, partial(self._contact, name, closed))

    def receive(self, data: bytes) -> None:
        """Bytes arrive at the link's port."""
        if self.chip is not None and data:
            self.chip.receive(LINK_UART, data)

    def step(self, now_ms: int) -> int | None:
        """Let the firmware and the parts do what they can now; when they want to go on, in ms.

        Raises FirmwareCrash if the firmware noted a fault of its own.
        """
        self._print(now_ms)
        if self.chip is None:
            return self._earliest(None)
        machine.board = self.chip
        self.chip.now_ms = now_ms
        left = self.terminal.kernel.step()
        for kind, number, value in self.chip.take_outputs():
            if kind == "spi" and number == LCD_SPI:
                self.lcd.receive(value)
            elif kind == "pin" and number in self._lcd_pins:
                self._lcd_pins[number](value)
            elif kind == "uart" and number == LINK_UART:
                self._on_link(value)
            elif kind == "uart" and number == PRINTER_UART:
                self._printer_in.send(value, now_ms)
        if self.terminal.crashes:
            _, error = self.terminal.crashes[0]
            raise FirmwareCrash(repr(error)) from error
        # A kernel that never comes to rest is given a millisecond, as a real one would take.
        return self._earliest(None if left is None else now_ms + max(left, 1))

    def _print(self, now_ms: int) -> None:
        data = self._printer_in.arrived(now_ms)
        if data:
            answer = self.printer.receive(data)
            if answer:
                self._printer_out.send(answer, now_ms)
        data = self._printer_out.arrived(now_ms)
        if data and self.chip is not None:
            self.chip.receive(PRINTER_UART, data)

    def pixels(self) -> bytes:
        """1024 bytes as framebuf's MONO_VLSB; blank without power."""
        return bytes(1024) if self.chip is None else self.lcd.pixels()

    def screen(self) -> list[str]:
        """The four rows as a person reads them."""
        return _reader().rows(self.pixels())

    def _contact(self, name: str, closed: bool) -> None:
        self.keys.put(name, closed)
        if self.chip is not None:
            self.chip.set_contacts(self.keys.contacts)

    def _earliest(self, deadline: int | None) -> int | None:
        times = [deadline, self._printer_in.deadline(), self._printer_out.deadline()]
        return min((time for time in times if time is not None), default=None)
