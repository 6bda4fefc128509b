"""What outlives the server: a terminal's flash in a file, and how far the clock has run.

Every operation is in the file when it returns, so a server that is killed leaves its terminals as
a power cut would.
"""
import json
import os
from datetime import datetime

from host_sim.bench.flash import BLOCK, Flash

_ERASED = b"\xff" * BLOCK


class FileFlash(Flash):
    """Flash whose contents lie in the file at `path`, which is made if there is none. ValueError
    for a file of another size."""

    def __init__(self, path, size):
        super().__init__(size)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        there = os.fstat(self._file).st_size
        if there == 0:
            os.pwrite(self._file, b"\xff" * size, 0)
        elif there != size:
            os.close(self._file)
            raise ValueError(f"{path} is {there} bytes, not a flash of {size}")
        for at in range(0, size, BLOCK):
            data = os.pread(self._file, BLOCK, at)
            if data != _ERASED:
                self._blocks[at // BLOCK] = bytearray(data)

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
        os.pwrite(self._file, self._blocks.get(number, _ERASED), number * BLOCK)

    def close(self):
        os.close(self._file)


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
