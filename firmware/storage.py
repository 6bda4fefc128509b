"""The terminal's files, each kept twice: on two littlefs volumes, framed with sequence and CRC32.

What a call returned from is durable on both. At boot (volumes.py) the valid copy with the higher
sequence wins; one bad copy never loses or ages a file.
"""

import binascii

from micropython import const

from firmware import overlay
from firmware.drivers.flash import Part

_RESERVE_BLOCKS = const(4)  # of each volume: a transaction that has begun can be written to its end
_BLOCKS = const(4)  # ioctl: how many blocks
_LARGEST = const(4096)  # bytes of a file
FOLDER = const(0x4000)  # type of a directory entry


class Storage:
    def __init__(self, device):
        """`device`: a block device of 4096-byte blocks, for both volumes. A volume that does not
        mount is made empty and filled again from the other."""
        half = device.ioctl(_BLOCKS, 0) // 2
        parts = (Part(device, 0, half), Part(device, half, half))
        self.volumes, self._sequence, self.mended = overlay.call("volumes.mounted", parts)

    def read(self, path):
        """The file's bytes; None if it is not there or neither copy is valid. The copies are alike
        since the boot, and the first is written first: where it is valid it is the newest."""
        for volume in self.volumes:
            copy = opened(get(volume, path))
            if copy is not None:
                return copy[1]
        return None

    def write(self, path, data):
        """Replace the whole file, on both volumes."""
        self._sequence += 1
        framed = frame(self._sequence, data)
        for volume in self.volumes:
            put(volume, path, "wb", framed)

    def append(self, path, data):
        """Add an entry (up to 65,535 bytes) to a log."""
        entry = len(data).to_bytes(2, "big") + data
        entry += binascii.crc32(entry).to_bytes(4, "big")
        for volume in self.volumes:
            put(volume, path, "ab", entry)

    def entries(self, path):
        """The entries of a log, oldest first, from the copy with more good ones."""
        return overlay.call("volumes.entries", self.volumes, path)

    def entry(self, path, at):
        """The entry of a log that begins at byte `at`; None where neither copy has it."""
        return overlay.call("volumes.entry", self.volumes, path, at)

    def rename(self, old, new):
        for volume in self.volumes:
            volume.rename(old, new)

    def remove(self, path):
        for volume in self.volumes:
            volume.remove(path)

    def make_folder(self, path):
        for volume in self.volumes:
            make_folder(volume, path)

    def names(self, folder):
        """File names in a folder, sorted: the order never depends on the volumes' history."""
        return sorted(names(self.volumes[0], folder) | names(self.volumes[1], folder))

    def has_room(self):
        """Whether a whole transaction still fits; the diagnostic log gives way first."""
        return self._room() or overlay.call("log.give_way", self) and self._room()

    def _room(self):
        for volume in self.volumes:
            blocks, free = volume.statvfs("/")[2:4]
            # A full volume counts a folder's blocks twice, and what is below zero comes out huge.
            if not _RESERVE_BLOCKS <= free <= blocks:
                return False
        return True


def frame(sequence, data):
    framed = sequence.to_bytes(4, "big") + data
    return framed + binascii.crc32(framed).to_bytes(4, "big")


def opened(framed):
    """(sequence, data) of a whole file, or None where it is missing, torn or flipped."""
    if framed is None or len(framed) < 8:
        return None
    if binascii.crc32(framed[:-4]) != int.from_bytes(framed[-4:], "big"):
        return None
    return int.from_bytes(framed[:4], "big"), framed[4:-4]


def newest(copies):
    """Index of the valid copy with the higher sequence, or None."""
    if copies[0] is None or copies[1] is None:
        return 0 if copies[0] else 1 if copies[1] else None
    return 0 if copies[0][0] >= copies[1][0] else 1


def get(volume, path):
    try:
        file = volume.open(path, "rb")
    except OSError:
        return None
    try:
        size = min(file.seek(0, 2), _LARGEST)  # no more room than it takes
        file.seek(0)
        return file.read(size)  # what is longer is none of ours, and its CRC will say so
    except OSError:
        return None
    finally:
        file.close()


def put(volume, path, mode, data):
    file = volume.open(path, mode)
    try:
        file.write(data)
    finally:
        file.close()


def make_folder(volume, path):
    try:
        volume.mkdir(path)
    except OSError as error:
        if error.args[0] != 17:  # EEXIST
            raise


def names(volume, folder):
    return {entry[0] for entry in volume.ilistdir(folder) if entry[1] != FOLDER}


def pack_lines(values):
    """A small settings file: `name=value` lines in the order of the names, UTF-8."""
    return "".join("%s=%s\n" % (name, values[name]) for name in sorted(values)).encode()


def unpack_lines(data):
    """The settings as {name: text}; none for a file that is not there."""
    values = {}
    for line in (data or b"").decode().split("\n"):
        if "=" in line:
            name, value = line.split("=", 1)
            values[name] = value
    return values
