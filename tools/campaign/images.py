"""What a power cut may leave of a SQLite file: its writes and syncs recorded, every image rebuilt.

A file is what it was at its last sync, with any of the writes since; the last of them may be torn.
The recording is made by apsw's own SQLite; who looks at the images opens them with another.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import apsw

SECTOR = 512
ALL_SUBSETS = 10  # pending writes of which every subset is tried; of more, those with one or all
PARTS = ("", "-wal", "-journal")  # -shm is made anew from the -wal

_numbers = iter(range(1 << 62))


class Operation(NamedTuple):
    """`kind`: write, truncate, delete, sync or acknowledged (nothing to a file: the writer was told
    that what it committed is safe). `part`: which file, one of PARTS."""

    kind: str
    part: str = ""
    offset: int = 0
    data: bytes = b""


class Image(NamedTuple):
    """`files`: {part: bytes}; `acknowledged`: how many commits were before the power went."""

    files: dict[str, bytes]
    acknowledged: int


class Recorder(apsw.VFS):
    """The system's files, with what is done to the database at `path` noted in `operations`."""

    def __init__(self, path: str):
        self.name = f"recorder-{next(_numbers)}"
        self.operations: list[Operation] = []
        self._path = path
        super().__init__(self.name, "")

    def part(self, name) -> str:
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        return text[len(self._path) :]

    def xOpen(self, name, flags):
        return _File(self, name, flags)

    def xDelete(self, filename, syncdir):
        super().xDelete(filename, syncdir)
        part = self.part(filename)
        self.operations.append(Operation("delete", part))
        if syncdir:
            self.operations.append(Operation("sync", part))


class _File(apsw.VFSFile):
    def __init__(self, recorder, name, flags):
        super().__init__("", name, flags)
        self._note = recorder.operations.append
        self._part = recorder.part(name)

    def xWrite(self, data, offset):
        super().xWrite(data, offset)
        self._note(Operation("write", self._part, offset, bytes(data)))

    def xTruncate(self, newsize):
        super().xTruncate(newsize)
        self._note(Operation("truncate", self._part, newsize))

    def xSync(self, flags):  # nobody waits for the disk: no power goes here
        self._note(Operation("sync", self._part))


def at_moment(
    operations: list[Operation], before: dict[str, bytes], moment: int
) -> Iterator[Image]:
    """The images that a power cut may leave between the `moment`-th sync and the one after it;
    `before`: the files as they were when the recording began."""
    durable, pending, acknowledged, syncs = dict(before), [], 0, 0
    for operation in operations:
        if operation.kind == "acknowledged":
            acknowledged += 1
        elif operation.kind != "sync":
            if syncs == moment:
                for torn in _torn(operation):
                    yield Image(_applied(durable, [*pending, torn]), acknowledged)
            pending.append(operation)
        elif syncs == moment:
            break
        else:
            syncs += 1
            done = [one for one in pending if one.part == operation.part]
            pending = [one for one in pending if one.part != operation.part]
            durable = _applied(durable, done)
    for kept in _subsets(len(pending)):
        yield Image(_applied(durable, _kept(pending, kept)), acknowledged)


def _subsets(count):
    """Which of the writes arrive: all subsets, or every prefix, single omission and survivor."""
    every = range(count)
    if count <= ALL_SUBSETS:
        for size in range(count + 1):
            yield from combinations(every, size)
        return
    for at in every:
        yield every[:at]
        yield (*every[:at], *every[at + 1 :])
        yield (at,)
    yield every


def _kept(pending, kept):
    """What is written to a file of the same name after a deletion has no way into the old one."""
    last = {pending[at].part: at for at in kept}
    return [
        operation
        for at, operation in enumerate(pending)
        if at in kept or operation.kind == "delete" and at < last.get(operation.part, 0)
    ]


def _torn(operation):
    """A write of which only the first sectors arrived."""
    if operation.kind == "write":
        first = SECTOR - operation.offset % SECTOR
        for size in range(first, len(operation.data), SECTOR):
            yield operation._replace(data=operation.data[:size])


def _applied(files, operations):
    changed = {part: bytearray(data) for part, data in files.items()}
    for kind, part, offset, data in operations:
        if kind == "delete":
            changed.pop(part, None)
            continue
        content = changed.setdefault(part, bytearray())
        if kind == "truncate":
            del content[offset:]
        elif len(content) < offset:
            content.extend(bytes(offset - len(content)))
        if kind == "write":
            content[offset : offset + len(data)] = data
    return {part: bytes(data) for part, data in changed.items()}
