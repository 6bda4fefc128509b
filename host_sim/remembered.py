"""A littlefs volume that remembers what was read from it: for a process that has memory to spare.

What is remembered is what littlefs said, and is forgotten as soon as anybody may change it; so the
flash sees the same programs and erases as without.
"""

from io import BytesIO
from typing import Any

from vfs import VfsLfs2


class Volume(VfsLfs2):
    """In place of vfs.VfsLfs2; the power is cut together with it."""

    def __init__(self, *arguments: Any, **how: Any):
        self._files: dict[str, Any] = {}  # path: what _whole() found
        self._lists: dict[str, list] = {}  # folder: its entries
        self._room: Any = None  # what statvfs() answered
        self._writers = 0  # files open for writing
        super().__init__(*arguments, **how)

    def open(self, path: str, mode: str) -> Any:
        if mode != "rb" or not self.mounted:
            file = super().open(path, mode)
            if file._written is not None:
                self._writers += 1
                self._forget(path)
            return file
        found = self._files.get(_key(path), self)
        if found is self:
            found = self._files[_key(path)] = self._whole(path)
        if isinstance(found, bytes):
            return BytesIO(found)
        if found is None:
            return super().open(path, mode)
        raise OSError(*found)

    def ilistdir(self, path: str = "/") -> Any:
        found = self._lists.get(_key(path))
        if found is None:
            found = self._lists[_key(path)] = list(super().ilistdir(path))
        return iter(found)

    def statvfs(self, path: str) -> Any:
        if self._room is None or self._writers:
            self._room = super().statvfs(path)
        return self._room

    def written(self, path: str) -> None:
        self._writers -= 1
        self._forget(path)

    def mkdir(self, path: str) -> None:
        super().mkdir(path)
        self._forget(path)

    def remove(self, path: str) -> None:
        self._forget(path)
        super().remove(path)

    rmdir = remove

    def rename(self, old: str, new: str) -> None:
        """Of a folder, perhaps."""
        self._files.clear()
        self._lists.clear()
        self._room = None
        super().rename(old, new)

    def _whole(self, path: str) -> Any:
        """A file's bytes, why it cannot be opened, or None: it can, and cannot be read."""
        try:
            with super().open(path, "rb") as file:
                try:
                    return file.read()
                except OSError:
                    return None
        except OSError as error:
            return error.args

    def _forget(self, path: str) -> None:
        key = _key(path)
        self._files.pop(key, None)
        self._lists.pop(key, None)
        self._lists.pop(key.rpartition("/")[0], None)
        self._room = None


def _key(path: str) -> str:
    return path.strip("/")
