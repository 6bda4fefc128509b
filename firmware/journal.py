"""What survives a power cut: one small file per open transaction, and an archive of the finished
ones, a file for each batch.

`move` returns only when the new state is durable, twice, so a caller may act on it the next moment.
A slot's file is named after the key of its transaction, of its last one while it is FREE.
"""

from micropython import const

from firmware import overlay
from firmware import refund_state as states
from firmware.transaction import Record  # noqa: F401 - stays, as its objects do

FOLDER = "journal"
_ARCHIVE = const("archive/%06d")  # a file for each batch
SLOTS = 8


class JournalFull(Exception):
    """No free slot, or no room on the volumes: nothing was begun."""


class Journal:
    def __init__(self, storage):
        self._storage = storage
        self._open = {}  # file name: record
        self._free = []  # file names of slots without a transaction, the next one first
        overlay.call("slots.load", self, storage)

    def open_records(self):
        """Records that still owe something (an outcome or paper), oldest first."""
        return [self._open[name] for name in sorted(self._open)]

    def prepare(self, record, event=states.PREPARE):
        """Give the record a slot and make its first step durable: a new one is PREPARED, one from
        the archive is taken back. Raises JournalFull."""
        if not self._free or not self._storage.has_room():
            raise JournalFull()
        name = record.key()
        try:
            if name not in self._free:
                self._storage.rename(path(self._free[0]), path(name))
                self._free[0] = name
            self._open[name] = record
            self.move(record, event)
        except OSError:
            self._open.pop(name, None)
            raise JournalFull()
        self._free.remove(name)

    def move(self, record, event):
        """Take the record along `event`; durable at return, and not taken at all if the write
        fails. Raises transitions.IllegalStep."""
        before = record.state, record.earlier, record.tries
        state = overlay.call("transitions.after", record.type, record.state, event, record.earlier)
        if event in (states.CANCEL, states.REVERSE):
            record.earlier = record.state
            record.tries = 0
        record.state = state
        try:
            self.save(record)
        except Exception:
            record.state, record.earlier, record.tries = before
            raise

    def save(self, record):
        """Make the record's other fields (tries, reply, print state) durable."""
        self._storage.write(path(record.key()), overlay.call("record.pack", record))

    def finish(self, record):
        """Into the archive, and the slot is free again. What ends while it is LOST is there
        already."""
        if record.state != states.LOST:
            data = overlay.call("record.pack", record)
            self._storage.append(_ARCHIVE % record.batch, data)
        self.move(record, states.ARCHIVE)
        self._free.append(record.key())
        self._open.pop(record.key())

    def finished(self):
        """Archived records, oldest batch first; each is read when asked for. A cut between the
        archive and the slot leaves two entries of one key: the later one counts."""
        return overlay.call("archive.finished", self._storage)


def path(name):
    return FOLDER + "/" + name
