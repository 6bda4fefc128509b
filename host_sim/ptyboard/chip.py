"""A Pico on the desk, for MicroPython on a PC: its chip has PTYs for ports and a file for flash.

Time is real. Whatever firmware would find built into a Pico (`machine`, `rp2`, ticks) it finds
here; nothing of the firmware is known here.
"""

# mypy: ignore-errors

import os
import select
import sys
import termios
import time

import machine
import ticks
import utime  # the interpreter's own clock: `time` is the chip's
import vfs
from micropython import const

from host_sim.chip import Chip

# The wiring, as in host_sim/device.py.
_ROWS = const(6)
_COLUMNS = const(10)
_LCD_SELECT = const(17)
_LCD_DATA = const(20)
_LCD_RESET = const(21)
_LINK = const(0)
_PRINTER = const(1)

# One character a key, row by row, as the keypad has them; x cancel, e enter, c clear, m menu.
KEYS = "123u456d789cx0em"
_KEY_DOWN_MS = const(60)
_KEY_UP_MS = const(50)

# A record on the panel's port: kind, size (2 bytes), bytes.
LCD_COMMAND = const(0)
LCD_BYTES = const(1)
LCD_RESET = const(2)

_CTRL_C = b"\x03"

_BLOCK = const(4096)
_KEY_SLOT = const(1408 * 1024 - 4096)  # the last block
_PIECE = const(256)

_pc = vfs.VfsPosix("/")  # the PC's files, whatever is mounted as the board's


class Port:
    """A PTY or a serial port of the PC; bytes that nobody takes are lost, as on a real line."""

    def __init__(self, path):
        self.file = _pc.open(path, "r+b")
        descriptor = self.file.fileno()
        termios.setraw(descriptor)
        state = termios.tcgetattr(descriptor)
        state[6][5], state[6][6] = 0, 0  # VTIME, VMIN: a read never waits
        termios.tcsetattr(descriptor, termios.TCSANOW, state)
        self._room = select.poll()
        self._room.register(self.file, select.POLLOUT)

    def read(self):
        return self.file.read(_PIECE) or b""

    def write(self, data):
        for at in range(0, len(data), _PIECE):
            if self._room.poll(0):
                self.file.write(data[at : at + _PIECE])


class FileFlash:
    """NOR flash in a file of `size` bytes, but for the key slot, which is the file `key_slot`; both
    must exist. `operations`: after so many the power goes, half-way through the next one; None for
    ever."""

    def __init__(self, path, key_slot, operations=None):
        self._file = _pc.open(path, "r+b")
        self._key_slot = _pc.open(key_slot, "r+b")
        self.size = self._file.seek(0, 2)
        self._left = operations

    def readinto(self, at, buffer):
        self._at(at).readinto(buffer)

    def program(self, at, data):
        file = self._at(at)
        if self._left == 0:
            file.write(data[: len(data) // 2])
            power_off()
        elif self._left is not None:
            self._left -= 1
        file.write(data)

    def _at(self, at):
        file = self._key_slot if at >= _KEY_SLOT else self._file
        file.seek(at - _KEY_SLOT if at >= _KEY_SLOT else at)
        return file

    def erase(self, at):
        self.program(at, b"\xff" * _BLOCK)


def power_off():
    os.system("kill -KILL $PPID")


class Keys:
    """Characters become fingers: a key goes down, stays, goes up, and then the next one."""

    def __init__(self, chip):
        self._chip = chip
        self._typed = ""
        self._down = False
        self._since = 0

    def type(self, data):
        self._typed += "".join(chr(byte) for byte in data if chr(byte) in KEYS)

    def step(self, now):
        if ticks.ticks_diff(now, self._since) < (_KEY_DOWN_MS if self._down else _KEY_UP_MS):
            return
        if self._down:
            self._chip.set_contacts(())
        elif self._typed:
            row, column = divmod(KEYS.index(self._typed[0]), 4)
            self._typed = self._typed[1:]
            self._chip.set_contacts(((_ROWS + row, _COLUMNS + column),))
        else:
            return
        self._down = not self._down
        self._since = now


class DeskChip(Chip):
    """`ports`: names "link", "panel", "printer", "watchdog" to paths; what is missing is not
    connected. `usb`: the stream of the USB port, or None. sleep_ms() is where the world outside
    comes in, Ctrl-C too: a signal would strike a flash operation, which here is Python."""

    def __init__(self, flash, ports, usb=None):
        super().__init__(flash)
        self._zero = utime.ticks_ms()
        year, month, day, hour, minute, second = utime.localtime()[:6]
        self.rtc_ms = machine._milliseconds((year, month, day, 0, hour, minute, second, 0))
        self._ports = {name: Port(ports[name]) for name in ports if name != "watchdog"}
        self._dog = _pc.open(ports["watchdog"], "wb") if "watchdog" in ports else None
        self._waited = False
        self._fed_at = 0
        self._bites_after = b""
        self._keys = Keys(self)
        self._usb = usb
        self._selected = False
        self._command = LCD_COMMAND
        self._poll = select.poll()
        for name in self._ports:
            self._poll.register(self._ports[name].file, select.POLLIN)
        if usb is not None:
            self._poll.register(usb, select.POLLIN)

    def ticks_ms(self):
        self.now_ms = utime.ticks_diff(utime.ticks_ms(), self._zero)
        return super().ticks_ms()

    def output(self, kind, number, value):
        if kind == "spi":
            if self._selected:
                self._record(self._command, value)
        elif kind == "uart":
            self._write("link" if number == _LINK else "printer", value)
        elif kind == "wdt":
            self._feed(value)
        elif number == _LCD_SELECT:
            self._selected = not value
        elif number == _LCD_DATA:
            self._command = LCD_BYTES if value else LCD_COMMAND
        elif number == _LCD_RESET and not value:
            self._record(LCD_RESET, b"")

    def sleep_ms(self, ms):
        if not self._waited:
            self._waited = True
            self.report(b"up\n")
        end = ticks.ticks_add(self.ticks_ms(), ms)
        while True:
            now = self.ticks_ms()
            self._keys.step(now)
            left = ticks.ticks_diff(end, now)
            if left <= 0:
                return
            for stream, event in self._poll.ipoll(left):
                if stream is self._usb:
                    self._interrupt()
                elif not event & select.POLLIN:
                    self._poll.unregister(stream)  # the other end hung up
            self._receive()

    def _interrupt(self):
        """Take one character: what stands behind a Ctrl-C is for the REPL."""
        typed = self._usb.read(1)
        if typed == _CTRL_C:
            raise KeyboardInterrupt
        if not typed:
            power_off()  # nobody is left at the other end

    def _receive(self):
        for name in self._ports:
            data = self._ports[name].read()
            if not data:
                continue
            if name == "panel":
                self._keys.type(data)
            else:
                self.receive(_LINK if name == "link" else _PRINTER, data)

    def _record(self, kind, data):
        self._write("panel", bytes((kind, len(data) >> 8, len(data) & 255)) + data)

    def _write(self, name, data):
        port = self._ports.get(name)
        if port is not None:
            port.write(data)

    def report(self, line):
        """Tell whoever holds the power."""
        if self._dog is not None:
            self._dog.write(line)

    def _feed(self, timeout):
        """Report, ten times a second at most, after how many milliseconds to cut the power."""
        now = self.ticks_ms()
        if timeout is not None:
            self._bites_after = b"%d\n" % timeout
        elif ticks.ticks_diff(now, self._fed_at) < 100:
            return
        self._fed_at = now
        self.report(self._bites_after)


def install():
    """Put a DeskChip behind `machine`, `rp2` and `time`. From the environment: TUIDAN_FLASH,
    TUIDAN_KEY_SLOT and TUIDAN_LINK, _PANEL, _PRINTER, _WATCHDOG are paths on the PC,
    TUIDAN_OPERATIONS is FileFlash's; with TUIDAN_USB the standard streams are the USB port.
    """
    ports = {}
    for name in ("link", "panel", "printer", "watchdog"):
        path = os.getenv("TUIDAN_" + name.upper())
        if path:
            ports[name] = path
    operations = os.getenv("TUIDAN_OPERATIONS")
    flash = FileFlash(
        os.getenv("TUIDAN_FLASH"),
        os.getenv("TUIDAN_KEY_SLOT"),
        int(operations) if operations else None,
    )
    usb = sys.stdin.buffer if os.getenv("TUIDAN_USB") else None
    machine.board = DeskChip(flash, ports, usb)
    time.sleep_ms = machine.board.sleep_ms
    machine.reset = power_off  # whoever started this process starts it again
