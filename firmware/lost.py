"""A journal slot of which neither copy can be read: what its name and the archive still know of it.

Nothing is guessed: what was open is LOST until the host has told its fate or has closed its key.
Loaded at boot, and only where there is such a slot.
"""

from firmware import refund_state as states
from firmware.drafts import BY_ORDER, CURRENCY, NORMAL
from firmware.transaction import SUFFIXES, Record


def found(journal, name):
    """The Record of the slot `name`: LOST, or FREE where nothing can have been open in it."""
    record = None
    for finished in journal.finished():
        if finished.key() == name:
            record = finished
    if record is None:
        record = _named(name)
    elif record.state != states.APPROVED:  # net zero for good, so the slot was free
        return Record()
    if record is None:
        return Record()
    record.earlier = record.state  # APPROVED: it was free, unless it was being taken back
    record.state = states.LOST
    return record


def _named(name):
    """A Record of which only the key is known, or None where the name is none."""
    record = Record()
    try:
        record.terminal, batch, stan, date = name.rsplit("-", 3)
        record.batch, record.stan = int(batch), int(stan)
    except ValueError:
        return None
    record.date = date[:8]
    mark = date[8:]
    record.type = SUFFIXES.index(mark) if mark in SUFFIXES and mark else states.REFUND
    record.currency = CURRENCY
    record.entry_mode = BY_ORDER
    record.condition = NORMAL
    record.original = "0" * 16  # with an amount of zero: by the key alone
    record.original_rrn = "0" * 12
    return record if record.key() == name else None
