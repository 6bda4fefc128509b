"""Stands in for MicroPython's `rp2`: the flash region behind the firmware, as a block device.

Offsets count from the start of the region that MicroPython leaves to files. Nothing is erased
unless asked for, and pages are programmed whole: the flash model refuses anything else.
"""

import machine

_BLOCK = 4096


class Flash:
    """The whole region, or `len` bytes of it from `start`, in blocks of 4096."""

    def __init__(self, start=0, len=-1):
        self._chip = machine.board
        self._start = start
        self._length = self._chip.flash.size - start if len < 0 else len
        if start % _BLOCK or self._length % _BLOCK:
            raise ValueError("flash partitions are whole blocks")
        if start < 0 or self._length <= 0 or start + self._length > self._chip.flash.size:
            raise ValueError("outside the flash")

    def readblocks(self, block, buf, offset=0):
        self._chip.flash.readinto(self._at(block, offset, len(buf)), buf)

    def writeblocks(self, block, buf, offset=None):
        """Program at an offset; without one, erase the blocks first."""
        at = self._at(block, offset or 0, len(buf))
        self._alive()
        if offset is None:
            for one in range(at, at + len(buf), _BLOCK):
                self._chip.flash.erase(one)
        self._chip.flash.program(at, buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._length // _BLOCK
        if op == 5:
            return _BLOCK
        if op == 6:
            at = self._at(arg, 0, _BLOCK)
            self._alive()
            self._chip.flash.erase(at)
            return 0
        return 0 if op in (1, 2, 3) else None  # initialise, shut down, sync

    def _at(self, block, offset, length):
        at = block * _BLOCK + offset
        if at < 0 or at + length > self._length:
            raise OSError(5, "EIO")
        return self._start + at

    def _alive(self):
        if self._chip.dead:
            raise OSError(5, "EIO")
