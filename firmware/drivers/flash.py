"""A part of a block device, as a block device of its own: two volumes on one partition.

Called from littlefs, even while the heap is locked: it allocates nothing.
"""

from micropython import const

_COUNT = const(4)  # ioctl operations
_ERASE = const(6)


class Part:
    """`count` blocks of `device` from block `first` on."""

    def __init__(self, device, first, count):
        self._device = device
        self._first = first
        self._count = count

    def readblocks(self, block, buf, offset=0):
        return self._device.readblocks(self._first + block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        if offset is None:
            return self._device.writeblocks(self._first + block, buf)
        return self._device.writeblocks(self._first + block, buf, offset)

    def ioctl(self, op, arg):
        if op == _COUNT:
            return self._count
        return self._device.ioctl(op, self._first + arg if op == _ERASE else arg)
