"""The inquiries (0600): an order, the state of one refund, the refunds still open.

They only read: no inquiry moves a state, whatever it is asked. The one about batch 0 notes which
voucher was printed again.
"""

from datetime import timedelta

from host_sim.acquirer import ledger, reprints, rules
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.schema import APPROVED, UNKNOWN
from protocol import tlv
from protocol.subfields import f61, open_intent

NO_RRN = "0" * 12
ARRIVAL_DAYS = 5  # from the approval of a refund to the money on the card


def order(call: Call) -> Answer:
    """380000: the order by its number; 25 if there is none, C9 once it is voided or reversed."""
    found = ledger.find_order(call.connection, call.request.tags["DF01"], call.terminal.merchant_id)
    if found is None:
        return Answer("25")
    if found.voided_fen or not found.sold_fen:
        return Answer("C9")
    told = [
        ("DF01", found.order_no),
        ("DF02", found.product),
        ("DF03", f"{found.quantity:04d}"),
        ("DF04", f"{found.amount_fen:012d}"),
        ("DF05", f"{rules.taken_fen(found):012d}"),
        ("DF0B", found.terminal_id),
        ("DF0D", found.token),
    ]
    if found.masked_card:
        told.append(("DF10", found.masked_card))
    original = f61(found.batch, found.stan, found.sold_on[4:])
    return Answer("00", {37: found.rrn, 61: original, 62: tlv.pack(told)})


def status(call: Call) -> Answer:
    """390000: the state of the transaction whose batch and STAN F61 names, and date DF0C."""
    batch, stan, _ = call.request.original
    if batch == reprints.NO_BATCH:
        return _voucher(call, stan)
    dated = call.request.tags.get("DF0C", "")
    key = ledger.Key(call.terminal.terminal_id, batch, stan, dated)
    known = ledger.find_txn(call.connection, key)
    if known is None:
        return Answer("00", {37: NO_RRN, 62: tlv.pack([("DF08", f"{UNKNOWN:02d}")])})
    told = [("DF08", f"{known.state:02d}")]
    if known.order_no:
        told.insert(0, ("DF01", known.order_no))
    if known.state == APPROVED and known.kind == "refund":
        # One that was held was posted later than it was answered.
        posted_at = ledger.posted_at(call.connection, known.id) or known.answered_at
        arrival = posted_at + timedelta(days=ARRIVAL_DAYS)
        told.append(("DF09", f"{arrival:%Y%m%d}"))
    if known.note:
        told.append(("DF0A", known.note))
    return Answer("00", {37: known.rrn or NO_RRN, 62: tlv.pack(told)})


def _voucher(call, printed):
    """A refund whose voucher is to be printed again here: its number (F61), key, amount (DF0E),
    order, operator, reference (F37), time of its answer (F12, F13); DF08 06 where none is."""
    found = reprints.next_of(call.connection, call.terminal.terminal_id, printed, call.now)
    if found is None:
        return Answer("00", {37: NO_RRN, 62: tlv.pack([("DF08", f"{UNKNOWN:02d}")])})
    number, refund = found
    at = refund.answered_at
    intent = open_intent(refund.batch, refund.stan, refund.dated, refund.amount_fen,
                         f"{refund.state:02d}")  # fmt: skip
    told = [("DF01", refund.order_no), ("DF08", f"{refund.state:02d}"),
            ("DF0B", refund.terminal_id), ("DF0E", intent)]  # fmt: skip
    if refund.operator:
        told.append(("DF07", refund.operator))
    told_fields = {12: f"{at:%H%M%S}", 13: f"{at:%m%d}", 37: refund.rrn}
    return Answer("00", told_fields | {61: f61(reprints.NO_BATCH, number, "0000"),
                                       62: tlv.pack(sorted(told))})  # fmt: skip


def open_intents(call: Call) -> Answer:
    """390001: the terminal's refunds without a final state, of all batches."""
    rows = ledger.open_refunds(call.connection, call.terminal.terminal_id)
    entries = [
        open_intent(row.batch, row.stan, row.dated, row.amount_fen, f"{row.state:02d}")
        for row in rows
    ]
    return Answer("00", {62: tlv.pack([("DF0E", entry) for entry in entries])})
