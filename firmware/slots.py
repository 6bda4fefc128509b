"""The journal's slots as they are found at boot: each holds an open transaction or is free."""

from firmware import overlay
from firmware import refund_state as states
from firmware.journal import FOLDER, SLOTS, path
from firmware.record import pack, unpack
from firmware.transaction import Record


def load(journal, storage):
    """Fill the journal of a terminal that was just switched on."""
    storage.make_folder(FOLDER)
    names = storage.names(FOLDER)
    for name in names:
        take(journal, name, unpack(storage.read(path(name))))
    # A cut between the renamings on the two volumes leaves one slot under two names.
    for _ in range(min(len(names) - SLOTS, len(journal._free))):
        storage.remove(path(journal._free.pop()))
    unused = ["slot%d" % number for number in range(SLOTS)]
    unused = [name for name in unused if name not in names]
    for name in unused[: max(0, SLOTS - len(names))]:
        storage.write(path(name), pack(Record()))
        journal._free.append(name)


def take(journal, name, record):
    """One slot as it was found; None where neither copy of it can be read."""
    if record is None:
        record = overlay.call("lost.found", journal, name)
        if record.state == states.FREE:
            journal._storage.write(path(name), pack(record))
    elif record.state in (states.PREPARED, states.SENT) and finished(journal, name):
        record.state = states.FREE
        journal._storage.write(path(name), pack(record))
    if record.state == states.FREE:
        journal._free.append(name)
    else:
        journal._open[name] = record


def finished(journal, name):
    """Whether the archive has it. A flipped bit can make a volume what it was before; where the
    other one has given the slot a new name since, nothing else tells that this one is old. Taken
    for open, a void that the customer holds a slip of would be reversed."""
    for record in journal.finished():
        if record.key() == name:
            return True
    return False
