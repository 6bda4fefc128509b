"""Stands in for MicroPython's `esp32`: the terminal's own partitions, as block devices.

On a real chip the table comes from firmware/board/partitions-esp32.csv; here it is TABLE.
"""

from rp2 import Flash

TABLE = {"tuidan_key": (0x3BF000, 0x1000), "tuidan": (0x3C0000, 0x40000)}  # label: (start, bytes)


class Partition(Flash):
    """Erases, programs and refuses as rp2.Flash does."""

    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, label):
        start, length = TABLE[label]
        super().__init__(start=start, len=length)

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None):
        """The partitions of that type and label, none or one."""
        if type != Partition.TYPE_DATA or label not in TABLE:
            return []
        return [Partition(label)]
