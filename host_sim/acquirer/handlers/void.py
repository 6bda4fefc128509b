"""Voids (0200, processing code 200000) and the reversal (0400) of a void or sale.

A reversal closes its key for good, also one that never arrived: what comes later answers CA.
"""

from host_sim.acquirer import ledger, rules
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.handlers import outcome
from host_sim.acquirer.schema import APPROVED, CANCELLED


def void(call: Call) -> Answer:
    """Take a sale of this terminal's open batch back whole; its original is named by F37."""
    key = call.key("")
    facts = ledger.facts(
        call.connection, key, call.terminal.merchant_id, "rrn", call.request.fields[37]
    )
    known, order = facts.known, facts.order
    if known is not None:
        if known.state == CANCELLED:
            return Answer("CA")
        if known.fingerprint != outcome.fingerprint(call):
            return outcome.conflict(call, key)
        return outcome.stored(known, order)
    code = rules.void_code(outcome.attempt(call, facts))
    if code == "00":
        code = call.terms.code("void", call, order, 0)
    return outcome.decide(call, key, "void", code, order, None)


def reversal(call: Call) -> Answer:
    """00 where the key was known, 25 where it was not; the same again to every repeat. 12 where a
    settlement has counted it, or something of the sale went back: it stands."""
    kind = "void" if call.request.name == "void_reversal" else "sale"
    key = call.key("")
    known = ledger.find_txn(call.connection, key)
    if known is None:
        ledger.record(
            call.connection,
            key,
            kind=kind,
            state=CANCELLED,
            closing_code="25",
            amount_fen=call.amount_fen,
        )
        return Answer("25")
    if known.kind != kind:  # nothing of that kind can ever post under this key: it is taken
        outcome.conflict(call, key)
        return Answer("25")
    if known.state == CANCELLED:
        return Answer(known.closing_code)
    # With amount zero the terminal has lost its record: the key alone must do.
    if call.amount_fen not in (0, known.amount_fen):
        return outcome.conflict(call, key)
    if known.settled or _is_built_upon(call, known):
        return Answer("12")
    if known.state == APPROVED:
        ledger.undo(call.connection, known.id, call.now)
    ledger.change(call.connection, key, state=CANCELLED, closing_code="00")
    return Answer("00")


def _is_built_upon(call, known):
    """Whether something of this sale was given back, or may be: to undo it would give it twice."""
    if known.kind != "sale" or known.state != APPROVED:
        return False
    order = ledger.find_order(call.connection, known.order_no, call.terminal.merchant_id)
    return order is not None and rules.taken_fen(order) > 0
