"""The terminal's files, each kept twice: on two littlefs volumes, framed with sequence and CRC32.

What a call returned from is durable on both. At boot the valid copy with the higher sequence wins
and the other is made anew before anything else; one bad copy never loses or ages a file.
"""

import binascii

import vfs

from firmware.drivers.flash import Part

PROGSIZE = 256  # the Pico's flash programs no less; the same everywhere, so images compare
RESERVE_BLOCKS = 4  # of each volume: a transaction that has begun can be written to its end
LOGS = ("archive",)  # appended to; everything else is written whole
_FOLDER = 0x4000  # type of a directory entry
_BLOCKS = 4  # ioctl: how many blocks
_PIECE = 256


class Storage:
    def __init__(self, device):
        """`device`: a block device of 4096-byte blocks, for both volumes. A volume that does not
        mount is made empty and filled again from the other."""
        half = device.ioctl(_BLOCKS, 0) // 2
        self._volumes = (_mount(Part(device, 0, half)), _mount(Part(device, half, half)))
        self._sequence = 0
        self._repair()

    def read(self, path):
        """The file's bytes; None if it is not there or neither copy is valid."""
        copies = [_open(_get(volume, path)) for volume in self._volumes]
        best = _newest(copies)
        return None if best is None else copies[best][1]

    def write(self, path, data):
        """Replace the whole file, on both volumes."""
        self._sequence += 1
        framed = _frame(self._sequence, data)
        for volume in self._volumes:
            _put(volume, path, "wb", framed)

    def append(self, path, data):
        """Add an entry (up to 65,535 bytes) to a log."""
        entry = len(data).to_bytes(2, "big") + data
        entry += binascii.crc32(entry).to_bytes(4, "big")
        for volume in self._volumes:
            _put(volume, path, "ab", entry)

    def entries(self, path):
        """The entries of a log, oldest first, from the copy with more good ones."""
        lengths = [_good_length(volume, path) for volume in self._volumes]
        best = self._volumes[0 if lengths[0] >= lengths[1] else 1]
        for _, data in _entries(best, path):
            yield data

    def rename(self, old, new):
        for volume in self._volumes:
            volume.rename(old, new)

    def remove(self, path):
        for volume in self._volumes:
            volume.remove(path)

    def make_folder(self, path):
        for volume in self._volumes:
            _make_folder(volume, path)

    def names(self, folder):
        """File names in a folder, sorted: the order never depends on the volumes' history."""
        return sorted(_names(self._volumes[0], folder) | _names(self._volumes[1], folder))

    def has_room(self):
        """Whether a whole transaction still fits."""
        return all(volume.statvfs("/")[3] >= RESERVE_BLOCKS for volume in self._volumes)

    def _repair(self):
        """Make both volumes hold the newest valid copy of everything."""
        for path in sorted(_tree(self._volumes[0]) | _tree(self._volumes[1])):
            folder = path.rpartition("/")[0]
            if folder:
                self.make_folder(folder)
            if path in LOGS:
                self._repair_log(path)
            else:
                self._repair_file(path)

    def _repair_file(self, path):
        copies = [_open(_get(volume, path)) for volume in self._volumes]
        best = _newest(copies)
        if best is None:
            return
        sequence, data = copies[best]
        self._sequence = max(self._sequence, sequence)
        if copies[1 - best] is None or copies[1 - best][0] != sequence:
            _put(self._volumes[1 - best], path, "wb", _frame(sequence, data))

    def _repair_log(self, path):
        lengths = [_good_length(volume, path) for volume in self._volumes]
        sizes = [_size(volume, path) for volume in self._volumes]
        best = 0 if lengths[0] >= lengths[1] else 1
        for one in (best, 1 - best):
            if lengths[best] == 0:
                if sizes[one] >= 0:
                    self._volumes[one].remove(path)
                continue
            # A torn tail would hide what is appended behind it, so the winner sheds its own too.
            if lengths[one] != lengths[best] or sizes[one] != lengths[best]:
                _copy(self._volumes[best], self._volumes[one], path, lengths[best])


def _mount(device):
    try:
        volume = vfs.VfsLfs2(device, progsize=PROGSIZE, mtime=False)
        _tree(volume)
        return volume
    except OSError:
        vfs.VfsLfs2.mkfs(device, progsize=PROGSIZE)
        return vfs.VfsLfs2(device, progsize=PROGSIZE, mtime=False)


def _frame(sequence, data):
    framed = sequence.to_bytes(4, "big") + data
    return framed + binascii.crc32(framed).to_bytes(4, "big")


def _open(framed):
    """(sequence, data) of a whole file, or None where it is missing, torn or flipped."""
    if framed is None or len(framed) < 8:
        return None
    if binascii.crc32(framed[:-4]) != int.from_bytes(framed[-4:], "big"):
        return None
    return int.from_bytes(framed[:4], "big"), framed[4:-4]


def _newest(copies):
    """Index of the valid copy with the higher sequence, or None."""
    if copies[0] is None or copies[1] is None:
        return 0 if copies[0] else 1 if copies[1] else None
    return 0 if copies[0][0] >= copies[1][0] else 1


def _get(volume, path):
    try:
        file = volume.open(path, "rb")
    except OSError:
        return None
    try:
        return file.read()
    except OSError:
        return None
    finally:
        file.close()


def _put(volume, path, mode, data):
    file = volume.open(path, mode)
    try:
        file.write(data)
    finally:
        file.close()


def _entries(volume, path):
    """(where it ends, data) of each entry of a log up to the first bad one."""
    try:
        file = volume.open(path, "rb")
    except OSError:
        return
    try:
        end = 0
        while True:
            head = file.read(2)
            if len(head) < 2:
                return
            data = file.read(int.from_bytes(head, "big"))
            check = file.read(4)
            if binascii.crc32(head + data) != int.from_bytes(check, "big") or len(check) < 4:
                return
            end += 2 + len(data) + 4
            yield end, data
    except OSError:
        return
    finally:
        file.close()


def _good_length(volume, path):
    length = 0
    for end, _ in _entries(volume, path):
        length = end
    return length


def _size(volume, path):
    try:
        return volume.stat(path)[6]
    except OSError:
        return -1


def _copy(source, target, path, length):
    """Make `path` on `target` the first `length` bytes of the one on `source`; both may be one
    volume."""
    aside = path + ".new"
    reading = source.open(path, "rb")
    writing = target.open(aside, "wb")
    try:
        while length > 0:
            piece = reading.read(min(_PIECE, length))
            writing.write(piece)
            length -= len(piece)
    finally:
        reading.close()
        writing.close()
    target.rename(aside, path)


def _make_folder(volume, path):
    try:
        volume.mkdir(path)
    except OSError as error:
        if error.args[0] != 17:  # EEXIST
            raise


def _names(volume, folder):
    return {entry[0] for entry in volume.ilistdir(folder) if entry[1] != _FOLDER}


def _tree(volume):
    """Paths of all files, one folder deep."""
    paths = set()
    for entry in volume.ilistdir("/"):
        if entry[1] == _FOLDER:
            paths |= {entry[0] + "/" + name for name in _names(volume, entry[0])}
        else:
            paths.add(entry[0])
    return paths


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
