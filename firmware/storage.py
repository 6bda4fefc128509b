"""The terminal's files on its own littlefs volume: whole-file reads and writes, and appends.

What `write` or `append` returned from is durable; a power cut leaves the old or the new content.
"""

import vfs

PROGSIZE = 256  # the Pico's flash programs no less; the same everywhere, so images compare
RESERVE_BLOCKS = 6  # kept free: a transaction that has begun can always be written to its end


class Storage:
    def __init__(self, device):
        """`device`: a block device of 4096-byte blocks. A blank or torn volume is formatted."""
        try:
            self._fs = vfs.VfsLfs2(device, progsize=PROGSIZE, mtime=False)
            self._fs.statvfs("/")
        except OSError:
            vfs.VfsLfs2.mkfs(device, progsize=PROGSIZE)
            self._fs = vfs.VfsLfs2(device, progsize=PROGSIZE, mtime=False)

    def read(self, path):
        """The file's bytes, or None if there is no such file."""
        try:
            file = self._fs.open(path, "rb")
        except OSError:
            return None
        try:
            return file.read()
        finally:
            file.close()

    def write(self, path, data):
        """Replace the whole file: one write, durable at return."""
        self._put(path, "wb", data)

    def append(self, path, data):
        self._put(path, "ab", data)

    def rename(self, old, new):
        self._fs.rename(old, new)

    def make_folder(self, path):
        try:
            self._fs.mkdir(path)
        except OSError as error:
            if error.args[0] != 17:  # EEXIST
                raise

    def names(self, folder):
        """File names in a folder, sorted: the order never depends on the volume's history."""
        return sorted(entry[0] for entry in self._fs.ilistdir(folder))

    def has_room(self):
        """Whether a whole transaction still fits."""
        return self._fs.statvfs("/")[3] >= RESERVE_BLOCKS

    def _put(self, path, mode, data):
        file = self._fs.open(path, mode)
        try:
            file.write(data)
        finally:
            file.close()


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
