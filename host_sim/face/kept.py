"""What outlives the server: a terminal's flash in a file, how far the clock has run, and what was
printed, as pictures.

Every operation is in the file when it returns, so a server that is killed leaves its terminals as
a power cut would.
"""
import json
import os
from datetime import datetime, timedelta

from host_sim.bench.flash import BLOCK, PICO_BYTES, Flash
from host_sim.ptyboard import flashfile
from host_sim.show.pictures import draw_paper

_ERASED = b"\xff" * BLOCK


class FileFlash(Flash):
    """A Pico's flash whose contents lie in the file at `path`, the key slot in another beside it
    (ptyboard/flashfile.py), which are made if there are none. ValueError for a file of another
    size."""

    def __init__(self, path):
        super().__init__(PICO_BYTES)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        there = os.fstat(self._file).st_size
        if there == 0:
            os.pwrite(self._file, b"\xff" * PICO_BYTES, 0)
        elif there != PICO_BYTES:
            os.close(self._file)
            raise ValueError(f"{path} is {there} bytes, not a flash of {PICO_BYTES}")
        flashfile.separate(path)
        self._slot = os.open(flashfile.key_file(path), os.O_RDWR)
        for number in range(PICO_BYTES // BLOCK):
            data = os.pread(*self._place(number))
            if data != _ERASED:
                self._blocks[number] = bytearray(data)

    def program(self, at, data):
        try:
            super().program(at, data)
        finally:
            self._keep(at)

    def erase(self, at):
        try:
            super().erase(at)
        finally:
            self._keep(at)

    def _keep(self, at):
        number = at // BLOCK
        file, _size, place = self._place(number)
        os.pwrite(file, self._blocks.get(number, _ERASED), place)

    def _place(self, number):
        """Of a block: its file, size and place in it."""
        if number * BLOCK == flashfile.SLOT_AT:
            return self._slot, BLOCK, 0
        return self._file, BLOCK, number * BLOCK

    def close(self):
        os.close(self._file)
        os.close(self._slot)


class Calendar:
    """The date and time of a Site in a file of its folder, so that it never runs backwards."""

    def __init__(self, folder):
        self._path = folder / "clock.json"

    def read(self, start):
        """Where to go on from; `start` if there is nothing to go on with."""
        try:
            return datetime.fromisoformat(json.loads(self._path.read_text())["now"])
        except (OSError, ValueError, KeyError, TypeError):
            return start

    def write(self, now):
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"now": now.isoformat()}))
        fresh.replace(self._path)


def keep_slips(folder, till, since, start):
    """What a Till cut off after its slip number `since`, as pictures beside its flash; `start`: the
    date of its Site's first moment."""
    first, slips = till.slips.since(since)
    for number, (at_ms, lines) in enumerate(slips, first + 1):
        moment = start + timedelta(milliseconds=at_ms)
        (folder / "paper").mkdir(exist_ok=True)
        draw_paper(lines).save(folder / "paper"
                               / f"{till.number}-{moment:%m%d-%H%M%S}-{number}.png")
