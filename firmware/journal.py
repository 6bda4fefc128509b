"""What survives a power cut: one small file per open transaction, an archive of the finished ones.

`move` returns only when the new state is durable, so a caller may act on it the next moment.
Slots are never deleted: a finished one becomes FREE, and its sequence runs on.
"""

from firmware import refund_state as states
from firmware.record import Record, pack, unpack

FOLDER = "journal"
ARCHIVE = "archive"
SLOTS = 8


class JournalFull(Exception):
    """No free slot, or no room on the volume: nothing was begun."""


class Journal:
    def __init__(self, storage):
        self._storage = storage
        self._slots = []  # [file name, record or None where unreadable]
        self._sequence = 0
        self._load()

    def open_records(self):
        """Records that still owe something (an outcome or paper), oldest first."""
        owed = [r for _, r in self._slots if r is not None and r.state != states.FREE]
        return sorted(owed, key=lambda record: record.sequence)

    def damaged(self):
        """Names (keys) of slots whose content cannot be read."""
        return [name for name, record in self._slots if record is None]

    def prepare(self, record):
        """Give the new record a slot and make PREPARED durable. Raises JournalFull."""
        slot = self._free_slot()
        if slot is None or not self._storage.has_room():
            raise JournalFull()
        name = record.key()
        self._storage.rename(_path(slot[0]), _path(name))
        slot[0] = name
        free = slot[1]
        slot[1] = record
        try:
            self.move(record, states.PREPARE)
        except OSError:
            slot[1] = free
            raise JournalFull()

    def move(self, record, event):
        """Take the record along `event`; durable at return, and not taken at all if the write
        fails. Raises refund_state.IllegalStep."""
        before = record.state, record.earlier, record.tries
        state = states.after(record.type, record.state, event, record.earlier)
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
        self._sequence += 1
        record.sequence = self._sequence
        self._storage.write(_path(self._slot_of(record)[0]), pack(record))

    def finish(self, record):
        """Into the archive, and the slot is free again."""
        data = pack(record)
        self._storage.append(ARCHIVE, len(data).to_bytes(2, "big") + data)
        self.move(record, states.ARCHIVE)

    def finished(self):
        """Archived records, oldest first; each is read when asked for."""
        data = self._storage.read(ARCHIVE) or b""
        at = 0
        while at + 2 <= len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            record = unpack(data[at + 2 : at + 2 + length])
            if record is not None:
                yield record
            at += 2 + length

    def _load(self):
        self._storage.make_folder(FOLDER)
        for name in self._storage.names(FOLDER):
            record = unpack(self._storage.read(_path(name)))
            self._slots.append([name, record])
            if record is not None and record.sequence > self._sequence:
                self._sequence = record.sequence
        while len(self._slots) < SLOTS:
            name = "slot%d" % len(self._slots)
            self._slots.append([name, Record()])
            self._storage.write(_path(name), pack(self._slots[-1][1]))

    def _free_slot(self):
        for slot in self._slots:
            if slot[1] is not None and slot[1].state == states.FREE:
                return slot
        return None

    def _slot_of(self, record):
        for slot in self._slots:
            if slot[1] is record:
                return slot
        raise ValueError("record without a slot")


def _path(name):
    return FOLDER + "/" + name
