"""MicroPython's `vfs.VfsLfs2` by littlefs-python: the same calls, errors and flash images.

The settings are those of the rp2 port; an image made here mounts there, byte for byte equal.
Nothing is buffered above littlefs, so the flash sees each operation when the device's would.
"""

import errno
from contextlib import suppress

from littlefs import UserContext, lfs
from littlefs.errors import LittleFSError

_DIRECTORY = 0x4000
_FILE = 0x8000
_IO_ERROR = -5

# As the rp2 port opens them: "a" makes the file where littlefs-python's own "a" does not.
_MODES = {
    "r": lfs.LFSFileFlag.rdonly,
    "w": lfs.LFSFileFlag.wronly | lfs.LFSFileFlag.creat | lfs.LFSFileFlag.trunc,
    "a": lfs.LFSFileFlag.wronly | lfs.LFSFileFlag.creat | lfs.LFSFileFlag.append,
    "x": lfs.LFSFileFlag.wronly | lfs.LFSFileFlag.creat | lfs.LFSFileFlag.excl,
}


class _Device(UserContext):
    """littlefs's view of the block device.

    littlefs-python swallows an exception from a callback, so it is kept here, the device refuses
    everything from then on, and the call that met it raises it.
    """

    def __init__(self, bdev):
        self.bdev = bdev
        self.failure = None

    def read(self, cfg, block, off, size):
        data = bytearray(size)
        if self.failure is None:
            try:
                self.bdev.readblocks(block, data, off)
            except BaseException as failure:
                self.failure = failure
        return data

    def prog(self, cfg, block, off, data):
        return self._guard(self.bdev.writeblocks, block, data, off)

    def erase(self, cfg, block):
        return self._guard(self.bdev.ioctl, 6, block)

    def sync(self, cfg):
        return self._guard(self.bdev.ioctl, 3, 0)

    def _guard(self, function, *arguments):
        if self.failure is not None:
            return _IO_ERROR
        try:
            function(*arguments)
        except BaseException as failure:
            self.failure = failure
            return _IO_ERROR
        return 0


def _config(bdev, readsize, progsize, lookahead):
    """A cache full is read at a time, whatever the board asks for: no image tells that, and each
    read is a call into Python."""
    bdev.ioctl(1, 0)
    cache_size = 4 * max(readsize, progsize)
    return lfs.LFSConfig(
        context=_Device(bdev),
        block_size=bdev.ioctl(5, 0),
        block_count=bdev.ioctl(4, 0),
        read_size=cache_size,
        prog_size=progsize,
        cache_size=cache_size,
        lookahead_size=lookahead,
        block_cycles=100,
    )


def _call(config, function, *arguments):
    device = config.user_context
    try:
        result = function(*arguments)
    except LittleFSError as error:
        if device.failure is not None:
            raise device.failure from None
        raise OSError(-error.code, error.name) from None
    if device.failure is not None:
        raise device.failure
    return result


def mount(fsobj, mount_point, *, readonly=False):
    """A board's loader alone asks for it; the files of a host stay where they are."""
    raise OSError(errno.EPERM, "no mounts on CPython")


class VfsLfs2:
    """Mounts the volume at once; OSError if there is none."""

    mounted = False

    def __init__(self, bdev, readsize=32, progsize=32, lookahead=32, mtime=True):
        if mtime:
            raise NotImplementedError("time stamps: a terminal mounts with mtime=False")
        self._config = _config(bdev, readsize, progsize, lookahead)
        self._fs = lfs.LFSFilesystem()
        self._folders = None  # their paths; None where they have to be looked for
        self._run(lfs.mount, self._config)
        self.mounted = True

    def __del__(self):
        # littlefs gives its buffers back at an unmount only, and a volume is left as power cuts
        # leave it: mounted.
        if self.mounted:
            self.mounted = False
            lfs.unmount(self._fs)

    @staticmethod
    def mkfs(bdev, readsize=32, progsize=32, lookahead=32):
        """Make an empty volume."""
        config = _config(bdev, readsize, progsize, lookahead)
        _call(config, lfs.format, lfs.LFSFilesystem(), config)

    def open(self, path, mode):
        """A file in MicroPython's modes: r w a x, with b or t and +."""
        flags = _MODES[mode[0]]
        if "+" in mode:
            flags |= lfs.LFSFileFlag.rdwr
        handle = self._run(lfs.file_open, path, flags)
        written = None if flags == lfs.LFSFileFlag.rdonly else path
        return (_BinaryFile if "b" in mode else _TextFile)(self, handle, written)

    def ilistdir(self, path="/"):
        """(name, 0x4000 directory or 0x8000 file, 0, size) of each entry."""
        directory = self._run(lfs.dir_open, path)
        entries = []
        while True:
            entry = self._run(lfs.dir_read, directory)
            if entry is None:
                break
            if entry.name not in (".", ".."):
                kind = _DIRECTORY if entry.type == lfs.LFSStat.TYPE_DIR else _FILE
                entries.append((entry.name, kind, 0, entry.size))
        self._run(lfs.dir_close, directory)
        return iter(entries)

    def stat(self, path):
        """MicroPython's tuple of ten: mode first, size seventh."""
        entry = self._run(lfs.stat, path)
        kind = _DIRECTORY if entry.type == lfs.LFSStat.TYPE_DIR else _FILE
        return (kind, 0, 0, 0, 0, 0, entry.size, 0, 0, 0)

    def statvfs(self, path):
        """MicroPython's tuple of ten: block size twice, blocks, free, available, ..., name size."""
        size, count = self._config.block_size, self._config.block_count
        # The device counts with lfs_fs_traverse, which meets a folder's two blocks twice.
        if self._folders is None:
            self._folders = set(self._find_folders(""))
        # What comes out below zero is unsigned there.
        free = (count - self._run(lfs.fs_size) - 2 * len(self._folders)) % 2**32
        return (size, size, count, free, free, 0, 0, 0, 0, 255)

    def mkdir(self, path):
        try:
            self._run(lfs.mkdir, path)
        except OSError as error:
            if error.args[0] != errno.EEXIST:  # there nothing has changed
                self._folders = None
            raise
        self._folders = None

    def remove(self, path):
        self._move_away(path)
        self._run(lfs.remove, path)

    rmdir = remove

    def rename(self, old, new):
        self._move_away(old)
        self._run(lfs.rename, old, new)

    def umount(self):
        """Files still open are lost: nothing can be done with them any more."""
        if self.mounted:
            self.mounted = False
            self._run(lfs.unmount)

    def sync(self, path):
        """A file that is open for writing is about to be synced: for who remembers its contents."""

    def closed(self, path):
        """The same before it is closed."""

    def _move_away(self, path):
        """This may be a folder."""
        if self._folders is not None and "/" + path.strip("/") in self._folders:
            self._folders = None

    def _find_folders(self, path):
        """Paths of all folders below this one."""
        for name, kind, *_ in self.ilistdir(path + "/"):
            if kind == _DIRECTORY:
                yield path + "/" + name
                yield from self._find_folders(path + "/" + name)

    def _run(self, function, *arguments):
        return _call(self._config, function, self._fs, *arguments)


class _BinaryFile:
    """Durable at flush() or close(), never at write(). `written`: its path, None where it is open
    for reading alone."""

    def __init__(self, volume, handle, written):
        self.written = written
        self._volume = volume
        self._handle = handle

    def read(self, count=-1):
        if count < 0:
            count = max(0, self._run(lfs.file_size) - self.tell())
        return self._run(lfs.file_read, count)

    def readinto(self, buffer):
        data = self._run(lfs.file_read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self):
        line = bytearray()
        while True:
            byte = self._run(lfs.file_read, 1)
            line += byte
            if byte in (b"", b"\n"):
                return bytes(line)

    def write(self, data):
        return self._run(lfs.file_write, bytes(data))

    def seek(self, offset, whence=0):
        return self._run(lfs.file_seek, offset, whence)

    def tell(self):
        return self._run(lfs.file_tell)

    def flush(self):
        if self.written is not None:
            self._volume.sync(self.written)
        self._run(lfs.file_sync)

    def close(self):
        if self._handle is not None:
            handle, self._handle = self._handle, None
            if self.written is not None:
                self._volume.closed(self.written)
            if self._volume.mounted:
                self._volume._run(lfs.file_close, handle)

    def __del__(self):
        # A file never closed is closed by the garbage collector, as on the device; littlefs must
        # not be left with a file that is gone.
        if self._handle is not None:
            with suppress(Exception):
                self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        return iter(self.readline, self._END)

    _END: bytes | str = b""

    def _run(self, function, *arguments):
        if self._handle is None or not self._volume.mounted:
            raise OSError(22, "EINVAL")
        return self._volume._run(function, self._handle, *arguments)


class _TextFile(_BinaryFile):
    """UTF-8, no newline translation; counts are characters when reading, bytes when writing."""

    _END = ""

    def read(self, count=-1):
        if count < 0:
            return super().read().decode()
        data = bytearray()
        while count > 0:
            byte = self._run(lfs.file_read, 1)
            if not byte:
                break
            following = 3 if byte[0] >= 0xF0 else 2 if byte[0] >= 0xE0 else byte[0] >= 0xC0
            data += byte + self._run(lfs.file_read, int(following))
            count -= 1
        return data.decode()

    def readline(self):
        return super().readline().decode()

    def write(self, text):
        return super().write(text.encode() if isinstance(text, str) else text)
