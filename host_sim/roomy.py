"""A host has memory to spare: for a process that plays many runs, spread_out() keeps what a board
would load, look up or work out again and again.

Only answers that depend on nothing but the arguments are kept. So every run stays what it is
without, event for event, and the firmware's files stay what a board runs.
"""

import pkgutil
import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from importlib import import_module
from operator import attrgetter
from typing import Any

from host_sim import core  # noqa: F401 - the shims that the firmware's files need

KEPT = 4096  # answers of one function
_BOARD_ONLY = ("firmware.loader",)
_spread = False


def spread_out() -> None:
    """Once a process, before its first world. There is no way back."""
    global _spread
    if _spread:
        return
    _spread = True
    import firmware

    for found in pkgutil.walk_packages(firmware.__path__, "firmware."):
        if found.name not in _BOARD_ONLY:
            import_module(found.name)
    _keep_places()
    _keep_tables()
    _keep_words()
    _keep_drawings()
    _keep_packets()
    _share_keys()
    _shorten_reading()


def _keep_places() -> None:
    """Where the code is that comes and goes on a board: here all of it has come to stay."""
    from firmware import overlay

    @lru_cache(KEPT)
    def place(path: str) -> tuple[Any, str]:
        name, _, function = path.rpartition(".")
        return import_module(name if name.startswith("protocol.") else "firmware." + name), function

    def load(path: str) -> tuple[Any, tuple]:
        module, function = place(path)
        return getattr(module, function), ()

    overlay._load = load


def _keep_tables() -> None:
    """What is read from the dialect's lines of text."""
    from firmware import operators, record
    from protocol import dialect, ending, session  # noqa: F401 - ending: loaded for each reply else
    from protocol.dialect import messages

    _everywhere(dialect.form, lru_cache(KEPT)(dialect.form))
    for function in (dialect.row, messages.numbers, session.lines_with):
        _everywhere(function, _listing(function))
    lines = lru_cache(KEPT)(lambda table, read=dialect.lines: tuple(read(table)))
    _everywhere(dialect.lines, lambda table: iter(lines(table)))
    _everywhere(operators.hashed, lru_cache(KEPT)(operators.hashed))
    pairs = tuple(record.fields())
    _everywhere(record.fields, lambda: pairs)
    _keep_records()


def _keep_records() -> None:
    """What stands in the bytes of a transaction. A record is changed by who gets it."""
    from firmware import record

    blank = vars(record.Record())
    read = record.unpack

    @lru_cache(KEPT)
    def fields(data: bytes) -> dict[str, Any] | None:
        found = read(data)
        return None if found is None else vars(found)

    def unpack(data: bytes) -> Any:
        found = fields(data and bytes(data))
        if found is None:
            return None
        new = record.Record.__new__(record.Record)
        new.__dict__.update(found)
        return new

    _everywhere(record.empty, lambda one: one.__dict__.update(blank))
    _everywhere(read, unpack)


def _keep_words() -> None:
    """Texts, and how they are broken into rows."""
    from firmware.screens import Screens
    from firmware.text.texts import Texts

    read, places = Texts.__init__, {}

    def open_texts(self: Any, language: str) -> None:
        if language not in places:
            read(self, language)
            places[language] = vars(self).copy()
        vars(self).update(places[language])

    _replace(Texts, "__init__", open_texts)
    _keep(Texts, "_find", attrgetter("_path"))
    _keep(Texts, "__getitem__", attrgetter("_path"))
    _keep(Screens, "wrap", attrgetter("_glyphs._path"), list)


def _keep_drawings() -> None:
    """Glyphs, and whole texts as the screen and the printer get them."""
    from firmware.drivers import printer
    from firmware.drivers.lcd import Lcd
    from firmware.text.glyphs import Glyphs

    _keep(Glyphs, "glyph", attrgetter("_path"), store=bytes)
    for name in ("gb", "wide", "width"):
        _keep(Glyphs, name, attrgetter("_path"))

    write: Any = printer.encode
    written: dict[Any, bytes] = {}

    def encode(line: tuple, glyphs: Any) -> bytes:
        key = (line, glyphs._path)
        if key not in written:
            _make_room(written)
            written[key] = bytes(write(line, glyphs))
        return written[key]

    _everywhere(write, encode)

    draw: Any = Lcd.line
    drawn: dict[Any, bytes] = {}

    def line(self: Any, row: int, string: str, mark: str = "", invert: bool = False) -> None:
        key = string, mark, invert, self._glyphs._path
        first = row * 256
        if key in drawn:
            self._pixels[first : first + 256] = drawn[key]
            self._touched |= 1 << row
        else:
            _make_room(drawn)
            draw(self, row, string, mark, invert)
            drawn[key] = bytes(self._pixels[first : first + 256])

    _replace(Lcd, "line", line)


def _keep_packets() -> None:
    """What each codec reads in a packet: an end of the line asks, and so does who listens."""
    from protocol import iso8583
    from protocol.reference import codec

    for read in (iso8583.decode, codec.decode):
        _everywhere(read, _reading(lru_cache(KEPT)(read)))


def _share_keys() -> None:
    """Cipher objects: the two ends of a line, and who listens, make the same ones."""
    from protocol.reference.ciphers import Ciphers

    shared: OrderedDict = OrderedDict()

    def init(self: Any) -> None:
        self._cached_keys = KEPT
        self._cache = shared

    _replace(Ciphers, "__init__", init)


def _shorten_reading() -> None:
    """littlefs on a part of the simulated flash reads there, past the drivers in between: they
    only add up where it is. What was read is remembered."""
    import rp2
    import vfs

    from firmware.drivers.flash import Part
    from host_sim.bench.flash import BLOCK, Flash
    from host_sim.remembered import Volume

    begin: Any = vfs._Device.__init__
    erased = bytearray(b"\xff" * BLOCK)

    def init(self: Any, bdev: Any) -> None:
        begin(self, bdev)
        if type(bdev) is Part and type(bdev._device) is rp2.Flash:
            flash = bdev._device._chip.flash
            if type(flash) is Flash:
                first = bdev._device._start // BLOCK + bdev._first
                self.read = reader(flash._blocks.get, first)
                self.contents = partial(contents, flash._blocks, first, bdev._count)

    def reader(block_at: Any, first: int) -> Callable[..., bytearray]:
        def read(_cfg: Any, block: int, off: int, size: int) -> bytearray:
            return block_at(first + block, erased)[off : off + size]

        return read

    def contents(blocks: dict[int, bytearray], first: int, count: int) -> tuple:
        held = [at for at in sorted(blocks) if first <= at < first + count]
        return count, *[(at - first, bytes(blocks[at])) for at in held]

    _replace(vfs._Device, "__init__", init)
    vfs.VfsLfs2 = Volume


def _keep(kind: type, name: str, of: Callable[[Any], Any],
          give: Callable[[Any], Any] | None = None,
          store: Callable[[Any], Any] | None = None) -> None:  # fmt: skip
    """Keep what a method of one argument answers; `of(object)` is all that it depends on besides.
    What may be changed by who gets it is given as a copy, `give(answer)`; `store(answer)` is what
    can be kept of it."""
    method = getattr(kind, name)
    answers: dict[Any, Any] = {}

    def again(self: Any, argument: Any) -> Any:
        key = of(self), argument
        try:
            answer = answers[key]
        except KeyError:
            _make_room(answers)
            answer = method(self, argument)
            answer = answers[key] = answer if store is None else store(answer)
        return answer if give is None else give(answer)

    _replace(kind, name, again)


def _listing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that answers with a list, or None."""
    kept = lru_cache(KEPT)(function)

    def again(*arguments: Any) -> Any:
        answer = kept(*arguments)
        return None if answer is None else answer[:]

    return again


def _reading(kept: Callable[..., Any]) -> Callable[..., Any]:
    """A codec's decode. A message may be changed by who gets it."""
    from protocol.iso8583 import Message

    def decode(packet: bytes) -> Message:
        message = kept(bytes(packet))
        return Message(message.tpdu, message.header, message.mti, message.fields.copy())

    return decode


def _make_room(answers: dict) -> None:
    if len(answers) >= KEPT:
        answers.clear()


def _replace(kind: type, name: str, method: Callable[..., Any]) -> None:
    setattr(kind, name, wraps(getattr(kind, name))(method))


def _everywhere(function: Any, other: Any) -> None:
    """Put `other` in a function's place, in every module that has imported it."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("firmware", "protocol", "host_sim", "tools"):
            for attribute, value in list(vars(module).items()):
                if value is function:
                    setattr(module, attribute, other)
