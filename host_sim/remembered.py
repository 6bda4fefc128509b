"""A littlefs volume that remembers what was read from it: for a process that has memory to spare.

What is remembered is what littlefs said, and it is forgotten before anybody may change it; so the
flash sees the same programs and erases as without.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any

from vfs import VfsLfs2

KEPT = 16  # contents of volumes that were mounted before


class _Read:
    """What was read from a volume as it stands; `shared` with all that hold the same."""

    def __init__(self, shared: bool):
        self.files: dict[str, bytes | None] = {}  # None: it can be opened, and not read
        self.refused: dict[str, tuple] = {}  # path: why it cannot be opened
        self.lists: dict[str, list] = {}  # folder: its entries
        self.room: Any = None  # what statvfs() answered
        self.shared = shared

    def copy(self) -> "_Read":
        """One of its own, but for the room."""
        other = _Read(shared=False)
        other.files = self.files.copy()
        other.refused = self.refused.copy()
        other.lists = self.lists.copy()
        return other


class Volume(VfsLfs2):
    """In place of vfs.VfsLfs2; all of it goes with the power, but for what every volume that
    holds the same says alike."""

    def __init__(self, *arguments: Any, **how: Any):
        self._writers = 0  # files open for writing: each write may take a block
        super().__init__(*arguments, **how)
        contents = getattr(self._config.user_context, "contents", None)  # None: nobody can tell
        self._read = _Read(shared=False) if contents is None else _of_all_that_hold(contents())

    def open(self, path: str, mode: str) -> Any:
        key = _key(path)
        if mode != "rb" or not self.mounted:
            self._forget(key)
            file = super().open(path, mode)
            self._writers += file.written is not None
            return file
        read = self._read
        if key in read.refused:
            raise OSError(*read.refused[key])
        if key not in read.files:
            try:
                read.files[key] = self._whole(path)
            except OSError as error:
                read.refused[key] = error.args
                raise
        found = read.files[key]
        return super().open(path, mode) if found is None else BytesIO(found)

    def ilistdir(self, path: str = "/") -> Any:
        key = _key(path)
        lists = self._read.lists
        if key not in lists:
            lists[key] = list(super().ilistdir(path))
        return iter(lists[key])

    def statvfs(self, path: str) -> Any:
        if self._read.room is None or self._writers:
            self._read.room = super().statvfs(path)
        return self._read.room

    def sync(self, path: str) -> None:
        self._forget(_key(path))

    def closed(self, path: str) -> None:
        self._writers -= 1
        self._forget(_key(path))

    def mkdir(self, path: str) -> None:
        try:
            super().mkdir(path)
        except FileExistsError:  # nothing has changed
            raise
        except OSError:
            self._forget(_key(path))
            raise
        self._forget(_key(path))

    def remove(self, path: str) -> None:
        self._forget(_key(path))
        super().remove(path)

    rmdir = remove

    def rename(self, old: str, new: str) -> None:
        """Of a folder, unless it was read: then all below it goes along."""
        if isinstance(self._read.files.get(_key(old)), bytes):
            self._forget(_key(old))
            self._forget(_key(new))
        else:
            self._read = _Read(shared=False)
        super().rename(old, new)

    def _whole(self, path: str) -> bytes | None:
        with super().open(path, "rb") as file:
            try:
                return file.read()
            except OSError:
                return None

    def _forget(self, key: str) -> None:
        read = self._read
        if read.shared:
            read = self._read = read.copy()
        read.files.pop(key, None)
        # Perhaps another kind of thing from now on: why was nothing found below it?
        for path in [path for path in read.refused if (path + "/").startswith(key + "/")]:
            del read.refused[path]
        read.lists.pop(key, None)
        read.lists.pop(key.rpartition("/")[0], None)
        read.room = None


@lru_cache(KEPT)
def _of_all_that_hold(contents: Any) -> _Read:
    return _Read(shared=True)


def _key(path: str) -> str:
    return path.strip("/")
