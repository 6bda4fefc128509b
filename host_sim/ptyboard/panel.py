"""What stands around a Pico on the desk: the keys, the screen and the printer at its PTYs.

Knows electricity, characters and paper, no messages. Nothing here waits but service().
"""

import os
import pty
import select
import tty

from host_sim.bench.lcd import Lcd
from host_sim.bench.printer import PaperPrinter
from host_sim.bench.reader import Reader

# Names of the keypad's keys -> characters of host_sim/ptyboard/chip.py.
KEYS = {str(digit): str(digit) for digit in range(10)} | {
    "UP": "u", "DOWN": "d", "CLEAR": "c", "CANCEL": "x", "ENTER": "e", "MENU": "m",
}  # fmt: skip

_PIECE = 4096
_HEAD = 3  # of a record of the LCD: kind, size
_COMMAND, _BYTES, _RESET = range(3)


class Panel:
    """`ports` are the names of the PTYs that the board is to open: "panel" and "printer"."""

    def __init__(self):
        self.lcd = Lcd()
        self.printer = PaperPrinter()
        self._reader = Reader()
        self._records = b""
        pairs = {name: pty.openpty() for name in ("panel", "printer")}
        for _, slave in pairs.values():
            tty.setraw(slave)
        self._masters = {name: master for name, (master, _) in pairs.items()}
        self._slaves = {name: slave for name, (_, slave) in pairs.items()}
        self.ports = {name: os.ttyname(slave) for name, slave in self._slaves.items()}
        self.lcd.select = 0

    def press(self, *names):
        """Press keys one after the other; KeyError for a name that is on no key."""
        os.write(self._masters["panel"], "".join(KEYS[name] for name in names).encode())

    def screen(self):
        """The four rows as a person reads them."""
        return self._reader.rows(self.lcd.pixels())

    @property
    def paper(self):
        """All lines printed so far."""
        return [line.text for line in self.printer.lines]

    def service(self, seconds, *others):
        """Carry what comes for screen and printer, waiting so long at most -> the descriptors,
        those of `others` among them, at which something came."""
        panel, printer = self._masters["panel"], self._masters["printer"]
        readable, _, _ = select.select([panel, printer, *others], [], [], seconds)
        if panel in readable:
            self._records += os.read(panel, _PIECE)
            self._draw()
        if printer in readable:
            answer = self.printer.receive(os.read(printer, _PIECE))
            if answer:
                os.write(printer, answer)
        return readable

    def close(self):
        for descriptor in (*self._masters.values(), *self._slaves.values()):
            os.close(descriptor)

    def _draw(self):
        while len(self._records) >= _HEAD:
            kind = self._records[0]
            end = _HEAD + int.from_bytes(self._records[1:_HEAD], "big")
            if len(self._records) < end:
                return
            if kind == _RESET:
                self.lcd.reset()
            else:
                self.lcd.data = int(kind == _BYTES)
                self.lcd.receive(self._records[_HEAD:end])
            self._records = self._records[end:]
