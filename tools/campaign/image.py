"""Reads a terminal's flash image as a laboratory would: littlefs, frames, records, nothing of the
firmware's.

The layout of a record is written down here a second time, apart from firmware/record.py, so that a
wrong table there shows.
"""

import struct
import zlib
from functools import lru_cache
from typing import NamedTuple

from littlefs import UserContext, lfs
from littlefs.errors import LittleFSError

BLOCK = 4096
VOLUME_BLOCKS = 32
# A Pico keeps the key slot in the last block of its file region, the two volumes below it.
FIRST_BLOCK = 1408 * 1024 // BLOCK - 1 - 2 * VOLUME_BLOCKS
VOLUMES = (FIRST_BLOCK, FIRST_BLOCK + VOLUME_BLOCKS)

_ERASED = bytearray(b"\xff" * BLOCK)

STATES = ("FREE", "PREPARED", "SENT", "CANCELLING", "PENDING_REVIEW", "APPROVED", "DECLINED",
          "ANNULLED", "REVERSING", "LOST")
OPEN = ("PREPARED", "SENT", "CANCELLING", "PENDING_REVIEW", "REVERSING", "LOST")

# name: "1" one byte, "4" four bytes, "t" counted text, "r" counted bytes, in the stored order
_LAYOUT = (
    ("version", "1"), ("type", "1"), ("state", "1"), ("earlier", "1"), ("print_state", "1"),
    ("terminal", "t"), ("batch", "4"), ("stan", "4"), ("date", "t"), ("time", "t"),
    ("amount_fen", "4"), ("currency", "t"), ("entry_mode", "t"), ("condition", "t"),
    ("original", "t"), ("original_rrn", "t"), ("order", "t"), ("product", "t"), ("quantity", "t"),
    ("order_amount_fen", "4"), ("reason", "t"), ("operator", "t"), ("fingerprint", "r"),
    ("card", "t"), ("token", "r"), ("key_id", "1"), ("tries", "1"), ("host_time", "t"),
    ("host_date", "t"), ("rrn", "t"), ("code", "t"), ("parties", "t"), ("arrival", "t"),
    ("correction", "t"), ("rules", "t"), ("corrects", "t"),
)
MARKS = ("", "", "v", "s")  # by type: none, refund, void, sale
VERSIONS = (1, 2)  # the first ends before "correction"


class Record(NamedTuple):
    """One transaction as it stands in flash; `fields` is {name: value} of the layout above."""

    fields: dict

    def __getattr__(self, name):
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def state_name(self):
        return STATES[self.fields["state"]]

    @property
    def is_sale(self):
        return self.fields["type"] == 3

    @property
    def is_reversible(self):
        """Undone by a 0400, as a void or sale."""
        return self.fields["type"] in (2, 3)

    @property
    def name(self):
        """Of its file, and what a correction knows it by."""
        f = self.fields
        mark = MARKS[f["type"]]
        return f"{f['terminal']}-{f['batch']:06d}-{f['stan']:06d}-{f['date']}{mark}"

    @property
    def key(self):
        """What the host knows it by: terminal, batch, STAN, date (empty for a void or sale)."""
        f = self.fields
        return f["terminal"], f["batch"], f["stan"], "" if MARKS[f["type"]] else f["date"]


class Copy(NamedTuple):
    """One copy of a file: its sequence, and the data behind it."""

    sequence: int
    data: bytes


class Image:
    """The blocks of a flash at one moment, {number: 4096 bytes}; missing ones are erased."""

    def __init__(self, blocks):
        self._blocks = blocks
        self._mounted = [_mount(blocks, first) for first in VOLUMES]

    def copies(self, path):
        """The valid copies of a file, newest first."""
        copies = [_opened(_read(fs, path)) for fs in self._mounted]
        return sorted((one for one in copies if one), reverse=True)

    def newest(self, path):
        """The Copy that counts, or None."""
        return next(iter(self.copies(path)), None)

    def raw(self, path):
        """The bytes of a file on each volume, None where it is not; no frame is looked for."""
        return [_read(fs, path) for fs in self._mounted]

    def names(self, folder):
        """Names of the files in a folder, of both volumes."""
        return sorted({name for fs in self._mounted for name in _names(fs, folder)})

    def journal(self):
        """{file name: Record or None} of every slot that is not free; None: no copy is valid. A
        slot that never held anything is named "slot" and its number."""
        slots = {}
        for name in [name for name in self.names("journal") if not name.startswith("slot")]:
            copy = self.newest("journal/" + name)
            record = copy and parse(copy.data)
            if record is None or record.state:
                slots[name] = record
        return slots

    def record(self, terminal, batch, stan):
        """The journal's Record of a transaction on each volume that has it, else None of both."""
        start = f"{terminal}-{batch:06d}-{stan:06d}-"
        for fs in self._mounted:
            for name in _names(fs, "journal"):
                if name.startswith(start):
                    return [parse(copy.data) for copy in self.copies("journal/" + name)]
        return []

    def archive(self):
        """Every archived Record, oldest batch first, each batch's from the volume that has more."""
        found = []
        for name in self.names("archive"):
            logs = [list(_entries(_read(fs, "archive/" + name) or b"")) for fs in self._mounted]
            found += [parse(data) for data in max(logs, key=len)]
        return found

    def known(self):
        """{name: Record} of all: of two entries of one key the later counts, before both the slot
        that is not free."""
        found = {record.name: record for record in self.archive()}
        return found | {r.name: r for r in self.journal().values() if r is not None}

    def lines(self, path):
        """{name: text} of a file of settings, of the copy that counts."""
        return next(iter(self.each(path)), {})

    def each(self, path):
        """The same of each valid copy, newest first."""
        return [dict(line.split("=", 1) for line in copy.data.decode().splitlines())
                for copy in self.copies(path)]

    def whole(self):
        """Every byte of both volumes that is not erased, to be searched."""
        return b"".join(bytes(self._blocks[at]) for at in sorted(self._blocks)
                        if FIRST_BLOCK <= at < FIRST_BLOCK + 2 * VOLUME_BLOCKS)


@lru_cache(256)
def parse(data):
    """The Record in a file's data; None for one that is no record."""
    if not data or data[0] not in VERSIONS:
        return None
    fields: dict = {name: b"" if kind == "r" else "" for name, kind in _LAYOUT}
    at = 0
    for name, kind in _LAYOUT:
        if at >= len(data):
            break
        if kind in "14":
            size = int(kind)
            fields[name] = int.from_bytes(data[at : at + size], "big")
        else:
            size = data[at] + 1
            raw = bytes(data[at + 1 : at + size])
            fields[name] = raw.decode() if kind == "t" else raw
        at += size
    return Record(fields)


class _Blocks(UserContext):
    """littlefs's view of one volume; nothing is ever written to it."""

    def __init__(self, blocks, first):
        self.blocks = blocks
        self.first = first

    def read(self, cfg, block, off, size):
        data = self.blocks.get(self.first + block, _ERASED)
        return data if size == BLOCK else data[off : off + size]

    def prog(self, cfg, block, off, data):
        return -5

    def erase(self, cfg, block):
        return -5

    def sync(self, cfg):
        return 0


class _Mounted:
    """A volume while somebody looks at it: only an unmount gives back what littlefs took. What was
    looked at is kept, for nothing changes meanwhile."""

    def __init__(self, fs, settings):
        self.fs = fs
        self._settings = settings  # littlefs points into it
        self.files = {}  # path: bytes, or None
        self.names = {}  # folder: names in it

    def __del__(self):
        lfs.unmount(self.fs)


def _mount(blocks, first):
    """None for a volume that does not mount."""
    settings = lfs.LFSConfig(
        context=_Blocks(blocks, first), block_size=BLOCK, block_count=VOLUME_BLOCKS,
        read_size=BLOCK, prog_size=BLOCK, cache_size=BLOCK, lookahead_size=32, block_cycles=100)
    fs = lfs.LFSFilesystem()
    try:
        lfs.mount(fs, settings)
    except LittleFSError:
        return None
    return _Mounted(fs, settings)


def _read(mounted, path):
    """A file's bytes; None where it is not there or cannot be read."""
    if mounted is None:
        return None
    if path not in mounted.files:
        mounted.files[path] = _whole(mounted.fs, path)
    return mounted.files[path]


def _whole(fs, path):
    try:
        read_only = lfs.LFSFileFlag.rdonly  # type: ignore[attr-defined]
        handle = lfs.file_open(fs, path, read_only)
    except LittleFSError:
        return None
    try:
        data = bytes(lfs.file_read(fs, handle, BLOCK))
        if len(data) == BLOCK:
            data += lfs.file_read(fs, handle, lfs.file_size(fs, handle))
        return data
    except LittleFSError:
        return None
    finally:
        lfs.file_close(fs, handle)


def _names(mounted, folder):
    if mounted is None:
        return ()
    if folder not in mounted.names:
        mounted.names[folder] = list(_entry_names(mounted.fs, folder))
    return mounted.names[folder]


def _entry_names(fs, folder):
    try:
        handle = lfs.dir_open(fs, folder)
        while (entry := lfs.dir_read(fs, handle)) is not None:
            if entry.type != lfs.LFSStat.TYPE_DIR:
                yield entry.name
        lfs.dir_close(fs, handle)
    except LittleFSError:
        return


def _opened(framed):
    """Sequence in four bytes, data, CRC32 over both."""
    if framed is None or len(framed) < 8:
        return None
    if zlib.crc32(framed[:-4]) != struct.unpack(">I", framed[-4:])[0]:
        return None
    return Copy(struct.unpack(">I", framed[:4])[0], bytes(framed[4:-4]))


def _entries(log):
    """Entries of a log: length in two bytes, data, CRC32 over both; the first bad one ends it."""
    at = 0
    while at + 2 <= len(log):
        end = at + 2 + struct.unpack_from(">H", log, at)[0]
        if end + 4 > len(log) or zlib.crc32(log[at:end]) != struct.unpack_from(">I", log, end)[0]:
            return
        yield bytes(log[at + 2 : end])
        at = end + 4
