"""Becomes /main.py of a board: starts the version of the firmware that the pointer file names.

What it reads may be cut off by the power at any point, so each file changes by renaming alone. A
new version has two tries to run for a while; then the version before is the active one again.
"""

import gc
import hashlib
import os
import sys
import time

import vfs

_HOME = "/tuidan/"
_ACTIVE = "active"  # three words: version, the version before or "-", board
_STARTS = "starts"  # two words: a version, and how often it was started in vain, or "runs"
_MODULES = "modules"  # in a version's folder: all its .mpy, one behind the other
_MOUNTED = "/code"  # where they are found
_KEY = 3  # bytes of the SHA-256 of a path, by which the index of that file names it
_ENTRY = 6  # bytes of the index: the key, and where the module begins; 0 for a folder
_GLYPHS = "glyphs"  # in a version's folder: the name of the glyph file, which versions share
_WAIT = "wait"  # there: the next start waits for somebody with an upload, who interrupts it
_RUNS = "runs"
_NONE = "-"
_TRIES = 2
# Bytes between two collections. Without it garbage fills the heap first, and what stays for good
# lies scattered in it.
_GARBAGE = 2048
_PAUSE_MS = 1000  # between tries
_WAIT_MS = 30000


def boot():
    """Returns if there is nothing to start; otherwise the board's life, and a restart after it."""
    if _take(_WAIT):  # no watchdog runs yet: one that does would end an upload
        print("tuidan waits for an upload")
        time.sleep_ms(_WAIT_MS)
    active = _words(_ACTIVE)
    if len(active) != 3:
        print("tuidan is not installed")
        return
    version, before, board = active
    noted = _words(_STARTS)
    starts = noted[1] if len(noted) == 2 and noted[0] == version else "0"
    if starts == str(_TRIES) and before != _NONE:
        print("tuidan", version, "did not start, back to", before)
        _write(_ACTIVE, before, _NONE, board)
        version, starts = before, "0"
    if starts != _RUNS:
        # Noted before it begins: what hangs, too, has been tried.
        _write(_STARTS, version, str(min(int(starts) + 1, _TRIES)))
    try:
        print("tuidan", version, "starts")
        _run(version, board)
    except KeyboardInterrupt:  # somebody came to work on the board: that was no failure
        if not _has_run(version):
            _write(_STARTS, version, starts)
        raise
    except Exception as error:
        sys.print_exception(error)
        print("tuidan", version, "failed")
        if _has_run(version):
            _write(_STARTS, version, "1")
    time.sleep_ms(_PAUSE_MS)
    sys.exit()  # in main.py: a soft reset


class Modules:
    """The file system of a version: a file of its own takes a whole block of the flash, so the
    modules share one. What is none of them is a file of the version's folder."""

    def __init__(self, folder):
        self._folder = folder
        with open(folder + "/" + _MODULES, "rb") as file:
            self._index = file.read(int.from_bytes(file.read(2), "big") * _ENTRY)

    def mount(self, _readonly, _mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        at = self._begin(path)
        if at is None:
            return os.stat(self._folder + path)
        return (0x8000 if at else 0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def open(self, path, mode):
        at = self._begin(path)
        if not at:
            return open(self._folder + path, mode)
        file = open(self._folder + "/" + _MODULES, "rb")
        file.seek(at)
        return file

    def _begin(self, path):
        """Where the module of this path begins, 0 for a folder, None if there is no such one."""
        key = hashlib.sha256(path.strip("/").encode()).digest()[:_KEY]
        at = self._index.find(key)
        while at % _ENTRY and at > 0:
            at = self._index.find(key, at + 1)
        if at < 0:
            return None
        return int.from_bytes(self._index[at + _KEY : at + _ENTRY], "big")


def use(version):
    """From here on imports find this version's modules."""
    folder = _HOME + version
    try:
        vfs.mount(Modules(folder), _MOUNTED)
        folder = _MOUNTED
    except OSError:
        pass  # an older one has a file for each
    sys.path.insert(0, folder)


def _run(version, board):
    def settled():
        _write(_STARTS, version, _RUNS)
        print("tuidan", version, "runs")

    gc.threshold(_GARBAGE)
    use(version)
    from firmware import main

    board = __import__("firmware.board." + board, None, None, ("Board",)).Board()
    glyph_file = _HOME + _words(version + "/" + _GLYPHS)[0]
    main.run(board, board.ciphers(), settled, glyph_file)


def _has_run(version):
    return _words(_STARTS) == [version, _RUNS]


def _words(name):
    """What a file says; nothing if it is not there."""
    try:
        with open(_HOME + name) as file:
            return file.read().split()
    except OSError:
        return []


def _write(name, *words):
    with open(_HOME + name + ".new", "w") as file:
        file.write(" ".join(words))
    os.rename(_HOME + name + ".new", _HOME + name)


def _take(name):
    """Whether the file was there; it is not there afterwards."""
    try:
        os.remove(_HOME + name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    boot()
