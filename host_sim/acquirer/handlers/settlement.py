"""Settlement (0500) and batch upload (0320): totals compared, entries taken, the batch closed.

Counted is what is posted and was never counted, of any batch, but exactly the intents that the
request lists as open. A repeat gets the verdict that was stored, and counts nothing again.
"""

import hashlib
from collections import Counter

from host_sim.acquirer import batches, faults, ledger
from host_sim.acquirer.call import Answer, Call
from protocol import batch as f48
from protocol.errors import WireFault
from protocol.subfields import split_open_intent

DEBITS = ("sale",)  # F48: what the cardholder paid; a void or refund is a credit
_SUMS = ("debit_fen", "debit_count", "credit_fen", "credit_count")
_NO_DATE = "0" * 8  # in DF0E of a void or sale, whose key has none
_ENDS = {"202": f48.NOT_EQUAL, "207": f48.EQUAL}  # F60.3 of a batch end: after which result


def settle(call: Call) -> Answer:
    """00 with the result in F48 and the host's own totals before it; 3 for a batch that is not
    the open one, which settles nothing."""
    key = call.key("")
    try:
        told = f48.split_totals(call.request.fields[48])[:4]
    except WireFault:
        return Answer("30")
    fingerprint = _fingerprint(call)
    known = batches.find(call.connection, key)
    if known is not None:
        return _verdict(known) if known.fingerprint == fingerprint else _conflict(call, key)
    rows = _counted(call)
    own = _sums(rows)
    result = f48.EQUAL if own == told else f48.NOT_EQUAL
    if key.batch != call.terminal.batch:
        result, rows, own = f48.ERROR, [], (0, 0, 0, 0)
        _note(call, "settlement of another batch", f"the open one is {call.terminal.batch:06d}")
    elif call.faults.take(faults.MISCOUNT, "0500"):
        result = f48.NOT_EQUAL
    number = batches.record(
        call.connection,
        key,
        fingerprint=fingerprint,
        **dict(zip(_SUMS, own, strict=True)),
        result=result,
        settled_at=call.now,
    )
    batches.mark(call.connection, number, rows)
    known = batches.find(call.connection, key)
    if result == f48.EQUAL:
        batches.end(call.connection, known, key, call.terminal.merchant_id, call.now)
    elif result == f48.NOT_EQUAL:
        _note(call, "totals differ", f"told {told}, counted {own}")
    return _verdict(known)


def upload(call: Call) -> Answer:
    """One portion of a batch whose totals differ. 25 where none does, 94 for other entries under a
    STAN that is taken."""
    key = call.key("")
    entries = call.request.fields[48]
    try:
        f48.split_entries(entries)
    except WireFault:
        return Answer("30")
    found = batches.newest(call.connection, key)
    if found is None:
        return Answer("25")
    for portion in batches.uploads(call.connection, found.id):
        if portion.stan == key.stan:
            return Answer("00") if portion.entries == entries else _conflict(call, key)
    if found.result != f48.NOT_EQUAL or found.ended_at is not None:
        return Answer("25")
    batches.add_upload(call.connection, found.id, key.stan, entries, call.now)
    return Answer("00")


def end(call: Call) -> Answer:
    """The upload is whole: differences go to the audit, the batch is closed. Behind equal totals
    (207) there is nothing to do."""
    key = call.key("")
    try:
        told = f48.split_count(call.request.fields[48])
    except WireFault:
        return Answer("30")
    found = batches.newest(call.connection, key)
    if found is None or found.result != _ENDS[call.request.network]:
        return Answer("25")
    if found.ended_at is None:
        _reconcile(call, found, told)
        batches.end(call.connection, found, key, call.terminal.merchant_id, call.now)
    elif found.result == f48.NOT_EQUAL and found.end_stan != key.stan:
        return Answer("25")
    return Answer("00")


def _counted(call):
    """What this settlement counts: rows of batches.unsettled."""
    terminal_id = call.terminal.terminal_id
    left_open = set()
    for digits in call.request.tags.get("DF0E", ()):
        batch, stan, dated, _, _ = split_open_intent(digits)
        left_open.add((batch, stan, "" if dated == _NO_DATE else dated))
    rows = batches.unsettled(call.connection, terminal_id)
    return [row for row in rows if (row.batch, row.stan, row.dated) not in left_open]


def _sums(rows):
    """(debit_fen, debit_count, credit_fen, credit_count)."""
    paid = [row.amount_fen for row in rows if row.kind in DEBITS]
    back = [row.amount_fen for row in rows if row.kind not in DEBITS]
    return sum(paid), len(paid), sum(back), len(back)


def _verdict(known) -> Answer:
    own = known.debit_fen, known.debit_count, known.credit_fen, known.credit_count
    at = known.settled_at
    fields = {12: f"{at:%H%M%S}", 13: f"{at:%m%d}", 48: f48.totals(*own, known.result)}
    return Answer("00", fields)


def _reconcile(call, found, told):
    """Name in the audit what was uploaded and not counted, and the other way round."""
    uploaded: Counter = Counter()
    for portion in batches.uploads(call.connection, found.id):
        uploaded.update(f48.split_entries(portion.entries))
    counted = Counter(batches.counted(call.connection, found.id))
    sides = [("not counted here", uploaded - counted), ("not uploaded", counted - uploaded)]
    left = [(what, one) for what, side in sides for one in sorted(side.elements())]
    for what, (stan, amount_fen) in left:
        _note(call, "batch upload differs", f"stan {stan:06d} of {amount_fen} fen: {what}")
    if told != sum(uploaded.values()):
        _note(call, "batch upload differs", f"{told} entries told, {sum(uploaded.values())} came")
    _note(call, "batch reconciled", f"{sum(uploaded.values())} entries, {len(left)} differences")


def _fingerprint(call):
    request = call.request
    parts = [request.fields.get(number) for number in (48, 49, 62)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _conflict(call, key):
    detail = f"batch {key.batch:06d} stan {key.stan:06d}, settlement"
    ledger.note(call.connection, call.now, key.terminal_id, "key with two fingerprints", detail)
    return Answer("94")


def _note(call, event, detail):
    detail = f"batch {call.request.batch:06d}: {detail}"
    ledger.note(call.connection, call.now, call.terminal.terminal_id, event, detail)
