"""Notices a ledger file that was put back from an older copy.

Each commit that changed something counts on, in the SQLite file and in the same transaction; then
the number is written to a witness beside it. A ledger behind its witness was put back. A witness
behind its ledger is what a crash between the two leaves: it proves nothing.
"""

import os
import re
import sqlite3
import zlib
from contextlib import suppress


class PutBack(Exception):
    """The ledger's file holds `held` of the `seen` changes that were committed to it."""

    def __init__(self, held: int, seen: int):
        super().__init__(f"put back from an older copy: it holds {held} of {seen} changes")
        self.held = held
        self.seen = seen


class Witness:
    """The file beside the ledger at `path`. `number`: the highest count of changes it has seen, 0
    if there is none that can be read."""

    def __init__(self, path: str):
        self.path = f"{path}-witness"
        self.number = self._read()

    def saw(self, number: int) -> None:
        """Remember a count of changes that is durable in the ledger. Where that fails the witness
        stays behind, and knows less."""
        self.number = number
        counted = b"%010d" % number
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:  # in place and at once: what a crash leaves is the old number or the new one
                os.write(descriptor, b"%s %08x\n" % (counted, zlib.crc32(counted)))
            finally:
                os.close(descriptor)

    def _read(self):
        with suppress(OSError), open(self.path, "rb") as file:
            found = re.fullmatch(rb"(\d{10}) ([0-9a-f]{8})\n", file.read(64))
            if found and int(found[2], 16) == zlib.crc32(found[1]):
                return int(found[1])
        return 0


class CountedConnection(sqlite3.Connection):
    """A connection that counts the commits that changed a row, whoever made them. To be given its
    `witness`."""

    witness: Witness
    _seen = 0

    def commit(self) -> None:
        """As sqlite3.Connection's; then the witness sees it."""
        if not self.in_transaction or self.total_changes == self._seen:
            super().commit()
            return
        number = max(self.changes(), self.witness.number) + 1
        self.execute(f"pragma user_version={number}")
        super().commit()
        self._seen = self.total_changes
        self.witness.saw(number)

    def rollback(self) -> None:
        """As sqlite3.Connection's."""
        super().rollback()
        self._seen = self.total_changes

    def changes(self) -> int:
        """The count of changes in the file."""
        return self.execute("pragma user_version").fetchone()[0]

    def check(self) -> None:
        """Raises PutBack if the witness has seen more than the file holds."""
        if self.changes() < self.witness.number:
            raise PutBack(self.changes(), self.witness.number)
