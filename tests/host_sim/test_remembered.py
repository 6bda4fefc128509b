"""A volume that remembers answers as one that always asks littlefs, and leaves the same image."""

from contextlib import suppress
from random import Random

import pytest
import vfs

from host_sim import core  # noqa: F401 - the shims
from host_sim.remembered import Volume

BLOCK, BLOCKS = 4096, 12
FOLDERS = ("/", "a", "b/")
PATHS = [f"{folder}{name}" for folder in ("", "/", "a/", "b/") for name in ("one", "two", "log")]


class Ram:
    """A block device."""

    def __init__(self):
        self.data = bytearray(b"\xff" * BLOCK * BLOCKS)

    def readblocks(self, block, buf, offset=0):
        at = block * BLOCK + offset
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        at = block * BLOCK + offset
        self.data[at : at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 6:
            self.writeblocks(arg, b"\xff" * BLOCK)
        return {4: BLOCKS, 5: BLOCK}.get(op, 0)


class Desk:
    """Works on a volume with a file or two in hand; what it does answers with all that it met."""

    def __init__(self, kind):
        self.ram = Ram()
        kind.mkfs(self.ram, progsize=256)
        self._kind = kind
        self._open = []
        self.mount(None)

    def mount(self, _rng):
        """Twice: what it says the second time may be what it said the first."""
        self._open.clear()
        self._mount()
        self.room(None)
        for folder in ("/", "a", "b"):
            with suppress(OSError):
                self._volume.ilistdir(folder)
        for path in PATHS:
            with suppress(OSError), self._volume.open(path, "rb") as file:
                file.read()
        self._mount()

    def _mount(self):
        self._volume = self._kind(self.ram, readsize=256, progsize=256, mtime=False)

    def read(self, rng):
        with self._volume.open(rng.choice(PATHS), "rb") as file:
            file.seek(rng.choice((0, 0, 3)))
            return file.read(rng.choice((-1, 5))), file.tell()

    def entries(self, rng):
        return sorted(self._volume.ilistdir(rng.choice((*FOLDERS, "one"))))

    def room(self, _rng):
        return self._volume.statvfs("/")

    def begin(self, rng):
        mode = rng.choice(("wb", "ab", "r+b", "w"))
        self._open.append(self._volume.open(rng.choice(PATHS), mode))

    def write(self, rng):
        return self._open[-1].write(rng.choice(("x", "x" * 300, "x" * 5000)).encode())

    def flush(self, _rng):
        self._open[-1].flush()

    def close(self, _rng):
        self._open.pop().close()

    def remove(self, rng):
        self._volume.remove(rng.choice((*PATHS, *FOLDERS)))

    def make(self, rng):
        self._volume.mkdir(rng.choice(("a", "b", "/a", "one")))

    def rename(self, rng):
        self._volume.rename(rng.choice((*PATHS, "a")), rng.choice((*PATHS, "b")))

    def do(self, what, seed):
        try:
            return getattr(self, what)(Random(seed))
        except (OSError, IndexError) as error:
            return f"refused: {error!r}"


DOES = ("read",) * 6 + ("entries", "room") * 3 + ("begin", "write", "write", "flush", "close",
        "close", "remove", "make", "rename")  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_to_it_a_volume_that_remembers_says_what_littlefs_says(seed, monkeypatch):
    monkeypatch.setattr(vfs._Device, "contents", lambda self: bytes(self.bdev.data), raising=False)
    rng = Random(seed)
    plain, remembering = Desk(Volume.__mro__[1]), Desk(Volume)
    met = set()
    for step in range(600):
        what = rng.choice(DOES) if step % 100 else "mount"
        number = rng.random()
        answer = plain.do(what, number)
        assert remembering.do(what, number) == answer, (step, what)
        met.add((what, answer if isinstance(answer, str) else "done"))
    assert remembering.ram.data == plain.ram.data
    assert {what for what, how in met if how == "done"} == {*DOES, "mount"}
    assert {what for what, how in met if how != "done"} >= {"read", "begin", "make", "remove"}


@pytest.mark.parametrize("change", ["make", "rename", "remove"])
def test_what_was_not_found_below_a_name_is_asked_again_once_that_is_another_thing(change):
    said = []
    for kind in (Volume.__mro__[1], Volume):
        volume = Desk(kind)._volume
        volume.open("one", "wb").close()
        volume.open("one", "rb").close()
        if change == "remove":
            volume.open("b", "wb").close()
            volume.open("b", "rb").close()
        for _ in range(2):
            with pytest.raises(OSError) as refusal:
                volume.open("b/one", "rb")
            said.append(refusal.value.args)
            if change == "make":
                volume.open("b", "wb").close()
            elif len(said) % 2 and change == "rename":
                volume.rename("one", "b")
            elif len(said) % 2:
                volume.remove("b")
    assert said[:2] == said[2:] and said[0] != said[1]
