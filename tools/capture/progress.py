"""A capture that is read while somebody waits: how far it is, on standard error.

Nothing is said where nobody watches: a file's or a pipe's standard error stays clean.
"""
import os
import sys

from tools.capture.recording import Reading

EVERY = 10_000      # packets from one telling to the next


class Watched(Reading):
    """A Reading that tells how far it is. `file` and what it raises as Reading has it; `name` is
    what a person calls it. `on`: whether to tell, None: if standard error is a terminal, and
    `aside` that nothing else goes to one meanwhile."""

    def __init__(self, file, name, on=None, aside=True):
        super().__init__(file)
        self._file = file
        self._name = name
        self._on = on or (on is None and _is_terminal(sys.stderr)
                          and (aside or not _is_terminal(sys.stdout)))
        try:
            self._size = os.fstat(file.fileno()).st_size
        except (OSError, ValueError):
            self._size = 0

    def __iter__(self):
        number = 0
        for number, packet in enumerate(super().__iter__(), 1):
            if self._on and number % EVERY == 0:
                part = f", {100 * self._file.tell() // self._size} %" if self._size else ""
                print(f"\r{self._name}: {number} packets{part} ", end="", file=sys.stderr,
                      flush=True)
            yield packet
        if self._on and number >= EVERY:
            print(f"\r{self._name}: {number} packets, all  ", file=sys.stderr)


def _is_terminal(stream):
    return stream is not None and stream.isatty()
