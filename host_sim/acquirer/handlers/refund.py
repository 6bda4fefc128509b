"""Refunds (0220, repeat 0221) and their cancelling (0420, repeat 0421).

A key posts once at most and, once cancelled, never: first the key is looked up, then the rules.
"""

from host_sim.acquirer import ledger, risk, rules
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.handlers import outcome
from host_sim.acquirer.schema import APPROVED, CANCELLED, OPEN
from protocol import HELD_FOR_REVIEW


def refund(call: Call) -> Answer:
    """0220 and 0221 are answered alike: a repeat may be the first that arrives."""
    key = call.key(call.request.tags["DF0C"])
    facts = ledger.facts(
        call.connection, key, call.terminal.merchant_id, "order_no", call.request.tags["DF01"]
    )
    known, order = facts.known, facts.order
    if known is not None:
        if known.fingerprint not in (None, outcome.fingerprint(call)):
            return outcome.conflict(call, key)
        if known.state == CANCELLED:
            return Answer("C9")
        if known.state != OPEN:
            return outcome.stored(known, order)
    code = rules.refund_code(outcome.attempt(call, facts))
    if code == "00" and call.terminal.test_amounts:
        code = rules.test_code(call.amount_fen, known.tries if known else 0)
    if code == "00":
        code = call.terms.code("refund", call, order, known.tries if known else 0)
    held = risk.held_by(call) if code in ("00", HELD_FOR_REVIEW) else []
    if held:
        code = HELD_FOR_REVIEW
        risk.audit(call, held)
    if rules.is_stored(code):
        noted = risk.noted(call, held)
        return outcome.decide(call, key, "refund", code, order, known, **noted)
    _leave_open(call, key, order, known)
    return Answer(code)


def cancel(call: Call) -> Answer:
    """00: net zero for good, whether the refund had posted, not posted or never arrived.
    12 only where it was counted in a settled batch."""
    key = call.key(call.request.tags["DF0C"])
    known = ledger.find_txn(call.connection, key)
    # With amount zero the terminal has lost its record: the key alone must do.
    by_key_alone = call.amount_fen == 0
    if known is None:
        ledger.record(
            call.connection,
            key,
            kind="refund",
            state=CANCELLED,
            closing_code="00",
            fingerprint=None if by_key_alone else outcome.fingerprint(call),
            amount_fen=call.amount_fen,
        )
        return Answer("00")
    if not by_key_alone and known.fingerprint not in (None, outcome.fingerprint(call)):
        return outcome.conflict(call, key)
    if known.settled:
        return Answer("12")
    if known.state == APPROVED:
        ledger.undo(call.connection, known.id, call.now)
    if known.state != CANCELLED:
        ledger.change(call.connection, key, state=CANCELLED, closing_code="00")
    return Answer("00")


def _leave_open(call, key, order, known):
    """Count a try that was answered with a code that is not final; no reply is stored."""
    if known is not None:
        ledger.change(call.connection, key, tries=known.tries + 1)
        return
    ledger.record(
        call.connection,
        key,
        kind="refund",
        state=OPEN,
        fingerprint=outcome.fingerprint(call),
        order_no=order.order_no,
        amount_fen=call.amount_fen,
        tries=1,
    )
