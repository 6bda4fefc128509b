"""The terminal as it stands on the counter: chip, flash, keys, screen and printer, wired up.

Knows electricity and time in milliseconds, no messages and no host. The wiring of each board is
written down here a second time, apart from firmware/board, so that a wrong pin there shows.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from random import Random
from typing import Any, NamedTuple

from host_sim.agenda import NEVER, Agenda
from host_sim.bench import head
from host_sim.bench.flash import PICO_BYTES, Flash
from host_sim.bench.keypad import KeyMatrix, bounce
from host_sim.bench.lcd import Lcd
from host_sim.bench.printer import PaperPrinter
from host_sim.bench.reader import Reader
from host_sim.bench.wire import Line
from host_sim.core import Core, MakeCore, Output, Start


class Wiring(NamedTuple):
    """Which pin or port of a board each part is soldered to, and how large its flash is."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    lcd_spi: int
    lcd_select: int
    lcd_data: int
    lcd_reset: int
    link_uart: int
    printer_uart: int
    reader_uart: int  # of the card head and the scanner
    flash_bytes: int


PICO = Wiring((6, 7, 8, 9), (10, 11, 12, 13), 0, 17, 20, 21, 0, 1, 1, PICO_BYTES)
ESP32 = Wiring((13, 14, 27, 26), (25, 33, 32, 4), 2, 5, 21, 19, 1, 2, 2, 4096 * 1024)

PRINTER_BAUD = 9600

RTC_EPOCH = datetime(2000, 1, 1)

_BLANK = bytes(1024)  # pixels without power

# One for all devices: it holds the whole glyph file.
_reader = cache(Reader)


class Device:
    """`make_core(start)` boots what runs the firmware, on the board that `wiring` is for;
    `on_link(bytes)` gets what the terminal sends.

    The flash, the paper and the calendar clock (`start` is its time at 0 ms) outlive the power.
    `clean_contacts`: keys that do not bounce. `noise` feeds the chip's random source.
    """

    def __init__(
        self,
        make_core: MakeCore,
        on_link: Callable[[bytes], None],
        agenda: Agenda,
        rng: Random,
        start: datetime,
        wiring: Wiring = PICO,
        clean_contacts: bool = False,
        noise: Random | None = None,
        flash: Flash | None = None,
    ):
        self.flash = flash or Flash(wiring.flash_bytes)
        self.printer = PaperPrinter()
        self.keys = KeyMatrix(wiring.rows, wiring.columns)
        self.lcd = Lcd()
        self.core: Core | None = None
        self.steps = 0  # how often the firmware ran
        self._woken = False  # something came from outside since then
        self._wakes_at = NEVER  # by itself
        self.clean_contacts = clean_contacts
        self._wiring = wiring
        self._make_core = make_core
        self._on_link = on_link
        self._agenda = agenda
        self._rng = rng
        self._noise = noise or Random(0)
        self._rtc_ms = int((start - RTC_EPOCH).total_seconds() * 1000)
        self.to_printer = Line(PRINTER_BAUD)
        self._from_printer = Line(PRINTER_BAUD)
        self._from_reader = Line(head.BAUD)
        self._read: tuple[bytes, list[str]] = (b"", [])  # pixels, and what they say

    @property
    def terminal(self) -> Any:
        """The firmware's own object, where it runs in this process and the power is on."""
        return getattr(self.core, "terminal", None)

    def power_on(self, now_ms: int) -> None:
        """Boot from what the flash holds. Nothing happens if it is on already."""
        if self.core is None:
            self.lcd = Lcd()
            noise = self._noise.getrandbits(32)
            start = Start(self.flash, now_ms, self._rtc_ms, self.keys.contacts, noise)
            self.core = self._make_core(start)
            self._woken = True

    def power_off(self, now_ms: int) -> None:
        """Everything stops between two instructions."""
        if self.core is None:
            return
        self.core.power_off()
        self._rtc_ms = self.core.rtc_ms
        self.core = None
        self._wakes_at = NEVER
        self.printer.power_off()
        self.to_printer.abort(now_ms)
        self._from_printer.abort(now_ms)
        self._from_reader.abort(now_ms)

    def shift_clock(self, ms: int) -> None:
        """The calendar clock jumps, forward or (below zero) back, with the power on or off."""
        if self.core is not None:
            self.core.rtc_ms += ms
        self._rtc_ms += ms

    def move_key(self, name: str, down: bool, now_ms: int) -> None:
        """A finger goes down on a key or up from it; its contact bounces."""
        for delay, closed in [(0, down)] if self.clean_contacts else bounce(self._rng, down):
            self._agenda.at(now_ms + delay, partial(self._contact, name, closed))

    def read(self, line: bytes, now_ms: int) -> None:
        """The head or the scanner says this, if there is power."""
        if self.core is not None:
            self._from_reader.send(line, now_ms)

    def receive(self, data: bytes) -> None:
        """Bytes arrive at the link's port."""
        if data:
            self._hear(self._wiring.link_uart, data)

    def wake(self) -> None:
        """Its core has something to do, which nothing here has told it."""
        self._woken = True

    def step(self, now_ms: int) -> int:
        """Let the firmware and the parts do what they can now; when they want to go on, in ms,
        NEVER if nothing is to come by itself.

        Raises FirmwareCrash if the firmware noted a fault of its own.
        """
        out, back, reader = self.to_printer, self._from_printer, self._from_reader
        if out.due <= now_ms or back.due <= now_ms or reader.due <= now_ms:
            self._hand_on(now_ms)
        if self.core is not None and (self._woken or self._wakes_at <= now_ms):
            self._run(self.core, now_ms)
        return min(self._wakes_at, out.due, back.due, reader.due)

    def _run(self, core: Core, now_ms: int) -> None:
        self._woken = False
        self.steps += 1
        outputs, left, crash = core.step(now_ms)
        if outputs:
            self._carry(outputs, now_ms)
        if crash is not None:
            raise crash
        # A kernel that never comes to rest is given a millisecond, as a real one would take.
        self._wakes_at = NEVER if left is None else now_ms + (left or 1)

    def _carry(self, outputs: list[Output], now_ms: int) -> None:
        """What left the chip, to the parts that its pins and ports lead to."""
        wiring, lcd = self._wiring, self.lcd
        data, select, spi = wiring.lcd_data, wiring.lcd_select, wiring.lcd_spi
        for kind, number, value in outputs:
            if kind == "pin":
                if number == data:
                    lcd.data = value
                elif number == select:
                    lcd.select = value
                elif number == wiring.lcd_reset and not value:
                    lcd.reset()
            elif kind == "spi":
                if number == spi:
                    lcd.receive(value)
            elif kind == "uart" and number == wiring.link_uart:
                self._on_link(value)
            elif kind == "uart" and number == wiring.printer_uart:
                self.to_printer.send(value, now_ms)

    def _hand_on(self, now_ms: int) -> None:
        """What the printer and the reader say and hear."""
        data = self.to_printer.arrived(now_ms)
        if data:
            answer = self.printer.receive(data)
            if answer:
                self._from_printer.send(answer, now_ms)
        data = self._from_printer.arrived(now_ms)
        if data:
            self._hear(self._wiring.printer_uart, data)
        data = self._from_reader.arrived(now_ms)
        if data:
            self._hear(self._wiring.reader_uart, data)

    def _hear(self, uart: int, data: bytes) -> None:
        if self.core is not None:
            self.core.receive(uart, data)
            self._woken = True

    def pixels(self) -> bytes:
        """1024 bytes as framebuf's MONO_VLSB; blank without power."""
        return _BLANK if self.core is None else self.lcd.pixels()

    def screen(self) -> list[str]:
        """The four rows as a person reads them."""
        pixels = self.pixels()
        if pixels is not self._read[0]:
            self._read = pixels, _reader().rows(pixels)
        return self._read[1].copy()

    def _contact(self, name: str, closed: bool) -> None:
        self.keys.put(name, closed)
        if self.core is not None:
            self.core.set_contacts(self.keys.contacts)
            self._woken = True
