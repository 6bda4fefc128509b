"""A 58 mm ESC/POS receipt printer: the driver's bytes in, printed lines and status bytes out.

It knows only what such a printer knows: what it does not understand is counted, never guessed.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from host_sim.bench import qr

COLUMNS = 32  # font A, 12 dots wide, on 384 dots; GB characters take two columns

OK = 0x12  # every status byte has these bits
# What can be wrong with it: the n of DLE EOT n, and the bits of the answer. An open cover lifts
# the paper off its sensor too.
TROUBLES = {
    "out of paper": {4: 0x60},
    "open": {2: 0x04, 4: 0x60},
    "cutter jammed": {2: 0x40, 3: 0x08},
    "overheated": {2: 0x40, 3: 0x40},
    "broken": {2: 0x40, 3: 0x20},
}

_LF = 0x0A
_PREFIXES = b"\x10\x1b\x1c\x1d"  # DLE, ESC, FS, GS: commands begin with one of these
_STYLES: dict[str, dict[int, Any]] = {
    "align": {0: "left", 1: "centre", 2: "right"},
    "bold": {0: False, 1: True},
    "double": {0x00: False, 0x11: True},
}
_LONGEST = 4  # bytes of a command or of a GB 18030 character
_ASCII = re.compile(rb"[\x20-\x7e]+")
_PAIRS = re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe])+")  # characters of two bytes


class Line(NamedTuple):
    """One printed line in one style; `double` is double height and width. `qr`: it is the QR code
    of the text, so many dots a module, at a `level` of correction; 0: it is the text."""

    text: str
    bold: bool = False
    double: bool = False
    align: str = "left"
    qr: int = 0
    level: str = ""


class PaperPrinter:
    """`lines` is the paper so far; `cuts` holds how many lines were above each cut.

    `paper_out`, `trouble` (None or one of TROUBLES) and `unplugged` (it does not answer either)
    may be set at any time: bytes are then swallowed and nothing prints. `unknown` counts bytes that
    are no command, no character, or a change of style within a line.
    """

    _input: bytes
    _answer: bytearray

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.cuts: list[int] = []
        self.paper_out = False
        self.trouble: str | None = None
        self.unplugged = False
        self.unknown = 0
        self._reset()

    def power_off(self) -> None:
        """The line being built is lost; what is on paper stays."""
        self._reset()

    def sheets(self) -> list[list[Line]]:
        """The paper cut into slips; the last one may still hang in the printer."""
        edges = [0, *self.cuts, len(self.lines)]
        slips = [self.lines[top:bottom] for top, bottom in zip(edges, edges[1:], strict=False)]
        return slips if slips[-1] else slips[:-1]

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the wire, in pieces of any size; returns what it answers."""
        if self.unplugged:
            return b""
        data = self._input + data
        at = 0
        while at < len(data):
            used = self._take(data, at)
            if not used:
                break  # the rest of a command or character is still to come
            at += used
        self._input = data[at:]
        answer = bytes(self._answer)
        self._answer.clear()
        return answer

    def _reset(self) -> None:
        self._input = b""
        self._answer = bytearray()
        self._initialise()

    def _initialise(self) -> None:
        """ESC @: modes to their defaults, the line being built is dropped."""
        self._chinese = False
        self._symbol = qr.Symbol()
        self._style = Line("")
        self._text = ""
        self._used = 0  # columns of the line being built

    def _take(self, data: bytes, at: int) -> int:
        """Carry out what stands there; bytes used, 0 if it is not complete yet."""
        first = data[at]
        if first in _PREFIXES:
            return self._command(data, at)
        if first == _LF:
            self._print_line()
        elif 0x20 <= first < 0x7F:
            run = _ASCII.match(data, at)
            assert run is not None
            self._put(run[0].decode("ascii"), 1)
            return len(run[0])
        elif self._chinese and first > 0x80:
            return self._double_bytes(data, at)
        else:
            self.unknown += 1
        return 1

    def _command(self, data: bytes, at: int) -> int:
        whole = _COMMAND.match(data, at)
        if whole is not None and whole.lastindex is not None:
            _ACTIONS[whole.lastindex - 1](self, data[whole.end() - 1])
            return whole.end() - at
        if data.startswith(qr.BEGINS, at):
            return self._symbols(data, at)
        head = data[at : at + _LONGEST]
        if any(command.startswith(head[: len(command)]) for command in (*_COMMANDS, qr.BEGINS)):
            return 0
        self.unknown += 1
        return 1

    def _symbols(self, data: bytes, at: int) -> int:
        """GS ( k."""
        if len(data) < at + qr.HEAD:
            return 0
        length = int.from_bytes(data[at + qr.HEAD - 2 : at + qr.HEAD], "little")
        if length > qr.MOST:
            self.unknown += 1
            return 1
        end = at + qr.HEAD + length
        if len(data) < end:
            return 0
        try:
            code = self._symbol.take(data[at + qr.HEAD : end])
        except ValueError:
            self.unknown += 1
            return end - at
        if code is not None and self._prints():
            text, dots, level = code
            self._feed(1 if self._text else 0)
            self.lines.append(Line(text, align=self._style.align, qr=dots, level=level))
        return end - at

    def _double_bytes(self, data: bytes, at: int) -> int:
        run = _PAIRS.match(data, at)
        if run is not None:
            try:
                self._put(run[0].decode("gb18030"), 2)
                return len(run[0])
            except UnicodeDecodeError:
                pass  # one of them is none
        head = data[at : at + _LONGEST]
        length = 4 if head[1:2].isdigit() else 2
        if len(head) < length:
            return 0
        try:
            self._put(head[:length].decode("gb18030"), 2)
        except UnicodeDecodeError:
            self.unknown += 1
            return 1
        return length

    def _put(self, text: str, columns: int) -> None:
        """Characters of so many columns each."""
        if self._style.double:
            columns *= 2
        while text:
            room = max(0, COLUMNS - self._used) // columns
            self._text += text[:room]
            self._used += columns * len(text[:room])
            text = text[room:]
            if text:
                self._print_line()

    def _print_line(self) -> None:
        if self._prints():
            style = self._style
            self.lines.append(Line(self._text, style.bold, style.double, style.align))
        self._text = ""
        self._used = 0

    def _feed(self, count: int) -> None:
        if self._text:
            self._print_line()
            count -= 1
        for _ in range(count):
            self._print_line()

    def _cut(self) -> None:
        if self._text:
            self._print_line()
        if self._prints():
            self.cuts.append(len(self.lines))

    def _set_style(self, name: str, argument: int) -> None:
        if argument not in _STYLES[name]:
            self.unknown += 1
            return
        chosen = _STYLES[name][argument]
        if chosen != getattr(self._style, name):
            self._style = self._style._replace(**{name: chosen})
            if self._text:
                self.unknown += 1

    def _set_chinese(self, on: bool) -> None:
        self._chinese = on

    def _prints(self) -> bool:
        return not self.paper_out and self.trouble is None

    def _report(self, number: int) -> None:
        """DLE EOT `number`."""
        status = OK
        for trouble in ("out of paper" if self.paper_out else None, self.trouble):
            if trouble is not None:
                status |= TROUBLES[trouble].get(number, 0)
        self._answer.append(status)


# Bytes -> how many argument bytes follow, and what to do with the last byte of all.
_COMMANDS: dict[bytes, tuple[int, Callable[[PaperPrinter, int], None]]] = {
    b"\x10\x04\x02": (0, lambda printer, n: printer._report(n)),  # DLE EOT n
    b"\x10\x04\x03": (0, lambda printer, n: printer._report(n)),
    b"\x10\x04\x04": (0, lambda printer, n: printer._report(n)),
    b"\x1b@": (0, lambda printer, _: printer._initialise()),
    b"\x1ba": (1, lambda printer, n: printer._set_style("align", n)),
    b"\x1bE": (1, lambda printer, n: printer._set_style("bold", n)),
    b"\x1bd": (1, lambda printer, n: printer._feed(n)),
    b"\x1d!": (1, lambda printer, n: printer._set_style("double", n)),
    b"\x1dVB": (1, lambda printer, _: printer._cut()),
    b"\x1c&": (0, lambda printer, _: printer._set_chinese(True)),
    b"\x1c.": (0, lambda printer, _: printer._set_chinese(False)),
}
_COMMAND = re.compile(  # one group a command
    b"|".join(
        b"(%s.{%d})" % (re.escape(command), arguments)
        for command, (arguments, _) in _COMMANDS.items()
    ),
    re.DOTALL,
)
_ACTIONS = [action for _, action in _COMMANDS.values()]
