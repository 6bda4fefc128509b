"""A littlefs volume that remembers what was read from it: for a process that has memory to spare.

What is remembered is what littlefs said, and it is forgotten before anybody may change it; so the
flash sees the same programs and erases as without.
"""

from io import BytesIO
from typing import Any

from vfs import VfsLfs2


class Volume(VfsLfs2):
    """In place of vfs.VfsLfs2; all of it goes with the power."""

    def __init__(self, *arguments: Any, **how: Any):
        self._files: dict[str, Any] = {}  # path: what _whole() found
        self._lists: dict[str, list] = {}  # folder: its entries
        self._room: Any = None  # what statvfs() answered
        self._writers = 0  # files open for writing: each write may take a block
        super().__init__(*arguments, **how)

    def open(self, path: str, mode: str) -> Any:
        key = _key(path)
        if mode != "rb" or not self.mounted:
            self._forget(key)
            file = super().open(path, mode)
            self._writers += file.written is not None
            return file
        if key not in self._files:
            self._files[key] = self._whole(path)
        found = self._files[key]
        if isinstance(found, bytes):
            return BytesIO(found)
        if found is None:
            return super().open(path, mode)
        raise OSError(*found)

    def ilistdir(self, path: str = "/") -> Any:
        key = _key(path)
        if key not in self._lists:
            self._lists[key] = list(super().ilistdir(path))
        return iter(self._lists[key])

    def statvfs(self, path: str) -> Any:
        if self._room is None or self._writers:
            self._room = super().statvfs(path)
        return self._room

    def sync(self, path: str) -> None:
        self._forget(_key(path))

    def closed(self, path: str) -> None:
        self._writers -= 1
        self._forget(_key(path))

    def mkdir(self, path: str) -> None:
        self._forget(_key(path))
        super().mkdir(path)

    def remove(self, path: str) -> None:
        self._forget(_key(path))
        super().remove(path)

    rmdir = remove

    def rename(self, old: str, new: str) -> None:
        """Of a folder, perhaps."""
        self._files.clear()
        self._lists.clear()
        self._room = None
        super().rename(old, new)

    def _whole(self, path: str) -> Any:
        """A file's bytes; why it cannot be opened; None: it can be opened, and not read."""
        try:
            with super().open(path, "rb") as file:
                try:
                    return file.read()
                except OSError:
                    return None
        except OSError as error:
            return error.args

    def _forget(self, key: str) -> None:
        self._files.pop(key, None)
        self._lists.pop(key, None)
        self._lists.pop(key.rpartition("/")[0], None)
        self._room = None


def _key(path: str) -> str:
    return path.strip("/")
