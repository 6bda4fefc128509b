"""What of this till's records a settlement counts, and what it must leave out because it is open.

Counted is what is APPROVED, of the batch or carried over from the one before; what is open is
listed and carried over. Nothing is counted twice: of two entries of one key the later holds, and
the journal before both.
"""

from array import array

from firmware import refund_state as states
from firmware.settlement import STANS, TYPES
from protocol.subfields import open_intent

_FEN = 1 << 32  # above an amount in the journal; what stands above it is the type
_NO_DATE = "00000000"  # of a void or sale, whose key has none on the wire
# DF08 by the state here: what may still come to something is open, what is held in review
_IN_REVIEW, _OPEN = "02", "01"


def count(terminal, book):
    """([(type, count, fen)], [DF0E]) of the batch that is open now."""
    left_open = [_listed(record) for record in _open(terminal)]
    left_out = [int(digits[:12]) for digits in left_open]
    _, values = entries(terminal, terminal.counters.batch, left_out, book.keys()[1])
    rows = []
    for type_, _, _ in TYPES:
        amounts = [value % _FEN for value in values if value // _FEN == type_]
        if amounts:
            rows.append((type_, len(amounts), sum(amounts)))
    return rows, left_open


def entries(terminal, batch, left_out, carried):
    """(keys, values) of every transaction of the batch or carried over, as two arrays in the order
    of the keys. A value is type * 2**32 + fen, 0 for what does not count."""
    keys, values = array("Q"), array("Q")
    for records in (terminal.journal.finished(), terminal.journal.open_records()):
        for record in records:
            key = record.batch * STANS + record.stan
            if record.batch == batch or key in carried:
                counts = record.state == states.APPROVED and key not in left_out
                _put(keys, values, key, record.type * _FEN + record.amount_fen if counts else 0)
    return keys, values


def portion(terminal, book, most):
    """[(key, STAN, fen)] of what is to be uploaded next, `most` at most."""
    keys, values = entries(terminal, book.batch, *book.keys())
    found = []
    for at in range(len(keys)):
        if keys[at] > book.last and values[at] and len(found) < most:
            found.append((keys[at], keys[at] % STANS, values[at] % _FEN))
    return found


def trim(terminal, book):
    """Drop the archive of batches that nobody needs: all but the two closed last and what is open
    or carried over; of these two one more where the room has run out."""
    keys = book.keys()[0]
    needed = {record.batch for record in terminal.journal.open_records()}
    needed |= {key // STANS for key in keys} | {terminal.counters.batch}
    for name in terminal.storage.names("archive"):
        batch = int(name)
        old = batch < book.batch - 1
        if batch not in needed and (old or batch < book.batch and not terminal.storage.has_room()):
            terminal.storage.remove("archive/" + name)


def _open(terminal):
    return [record for record in terminal.journal.open_records() if record.state in states.OPEN]


def _listed(record):
    """DF0E of an open record."""
    date = record.date if record.type == states.REFUND else _NO_DATE
    state = _IN_REVIEW if record.state == states.PENDING_REVIEW else _OPEN
    return open_intent(record.batch, record.stan, date, record.amount_fen, state)


def _put(keys, values, key, value):
    """In its place; over an earlier one of the same key. Most come in order."""
    at = len(keys)
    while at and keys[at - 1] > key:
        at -= 1
    if at and keys[at - 1] == key:
        values[at - 1] = value
        return
    keys.append(key)
    values.append(value)
    for i in range(len(keys) - 1, at, -1):
        keys[i], values[i] = keys[i - 1], values[i - 1]
    keys[at], values[at] = key, value
