"""Files of captures: a block is there whole or not at all, also on a disk that is full; and a long
capture in several files, none of which is written over.
"""
import os
import re
from contextlib import suppress
from pathlib import Path


def is_same_file(path, other):
    """Whether what would be written is what is read."""
    return Path(path).exists() and Path(other).exists() and Path(path).samefile(other)


class Whole:
    """A binary file for Writer, which takes a block at a time: what cannot be written whole is
    taken back before OSError comes out. Use it in a `with`. `new`: it must not be there yet."""

    def __init__(self, path, new=False):
        self.path = Path(path)
        self.size = 0
        self._file = open(path, "xb" if new else "wb", buffering=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()

    def write(self, data):
        """Append a block. Raises OSError, and the file is as it was before."""
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left):]
        except OSError as reason:
            with suppress(OSError):  # a device has no length
                os.ftruncate(self._file.fileno(), self.size)
            raise OSError(reason.errno, reason.strerror, str(self.path)) from None
        self.size += len(data)

    def flush(self):
        """It is written already."""


class Rotation:
    """The files of a long capture: NAME.0001.pcapng and so on behind those that are there already.

    `most_bytes` and `most_us` (None: no limit) end a file; `keep` (None: all): so many of this
    capture stay.
    """

    def __init__(self, path, most_bytes=None, most_us=None, keep=None):
        self._path = Path(path)
        self._most_bytes = most_bytes
        self._most_us = most_us
        self._keep = keep
        self._numbered = most_bytes is not None or most_us is not None
        self._number = self._last() if self._numbered else 0
        self._since_us = 0
        self.files = []         # paths, those that are still there

    def due(self, file, at_us):
        """Whether a file has had its share by now."""
        return ((self._most_bytes is not None and file.size >= self._most_bytes)
                or (self._most_us is not None and at_us - self._since_us >= self._most_us))

    def open(self, at_us):
        """The next file, a Whole; what is too old goes. Raises OSError."""
        self._since_us = at_us
        file = self._numbered_file() if self._numbered else Whole(self._path)
        self.files.append(file.path)
        while self._keep is not None and len(self.files) > self._keep:
            with suppress(OSError):     # the capture goes on, whoever holds the old one
                self.files.pop(0).unlink()
        return file

    def _numbered_file(self):
        """Behind the last one, and behind those of a capture that goes on beside this one."""
        while True:
            self._number += 1
            path = self._path.with_name(f"{self._path.stem}.{self._number:04}{self._path.suffix}")
            with suppress(FileExistsError):
                return Whole(path, new=True)

    def drop(self, file):
        """A file that could not even begin is none."""
        file.close()
        self.files.remove(file.path)
        if file.path.is_file():     # never a device
            file.path.unlink()

    def _last(self):
        form = re.compile(re.escape(self._path.stem) + r"\.(\d{4,})" + re.escape(self._path.suffix))
        found = [form.fullmatch(one.name) for one in self._path.parent.iterdir()]
        return max((int(one[1]) for one in found if one), default=0)
