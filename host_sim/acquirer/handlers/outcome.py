"""What refunds, voids and sales share: the attempt, its fingerprint, and the reply as it is stored.

A repeat gets the stored outcome in every field but the MAC, and never a second posting.
"""

import hashlib

from host_sim.acquirer import cards, ledger, rules
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.schema import APPROVED

CARD_SCHEME = "CUP"
OTHER_SCHEME = "000"

# The business of a refund or void: amount, currency, original sale. Not what is made anew for
# each sending (MAC, keys), and not the card data, which a repeat no longer has.
_FINGERPRINTED = (3, 4, 37, 49, 61)
_FINGERPRINTED_TAGS = ("DF01", "DF0D")


def fingerprint(call: Call) -> str:
    """A digest of what must be equal for two requests with one key to be the same request."""
    request = call.request
    parts = [request.fields.get(number, "") for number in _FINGERPRINTED]
    parts += [request.tags.get(tag, "") for tag in _FINGERPRINTED_TAGS]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def attempt(call: Call, facts: ledger.Facts) -> rules.Attempt:
    """The request in the form that the rules judge."""
    fields = call.request.fields
    tokens = {call.keyring.token(number) for number in cards.numbers(call)}
    if "DF0D" in call.request.tags:
        tokens.add(call.request.tags["DF0D"])
    return rules.Attempt(
        order=facts.order,
        amount_fen=call.amount_fen,
        rrn=fields[37],
        original=call.request.original,
        tokens=tokens,
        terminal=call.terminal,
        balance_fen=facts.balance_fen,
        today=call.now.date(),
        terms=call.terms,
    )


def conflict(call: Call, key: ledger.Key) -> Answer:
    """94: the key is taken by another request. Nothing is posted; the audit has it."""
    detail = f"batch {key.batch:06d} stan {key.stan:06d} date {key.dated or 'none'}"
    ledger.note(call.connection, call.now, key.terminal_id, "key with two fingerprints", detail)
    return Answer("94")


def decide(
    call: Call, key: ledger.Key, kind: str, code: str, order, known, rrn: str | None = None, **noted
) -> Answer:
    """Store a code that stands, and post where it approves; the answer. `known`: the key's row
    if it has one (an open refund), else None. `rrn`: where it has been drawn already. `noted`:
    what else the row is to keep."""
    state = rules.state_after(code)
    rrn = rrn or ledger.next_rrn(call.connection, call.now)
    outcome = {
        "state": state,
        "code": code,
        "rrn": rrn,
        "auth_code": rrn[-6:] if kind != "refund" and code == "00" else None,
        "answered_at": call.now,
        **noted,
    }
    if known is None:
        row_id = ledger.record(
            call.connection,
            key,
            kind=kind,
            fingerprint=fingerprint(call),
            order_no=order.order_no if order else None,
            amount_fen=call.amount_fen,
            **outcome,
        )
    else:
        row_id = known.id
        ledger.change(call.connection, key, **outcome)
    if state == APPROVED:
        ledger.post(call.connection, row_id, kind, order, call.amount_fen, call.now)
    return _told(outcome, order)


def stored(known, order) -> Answer:
    """The outcome that a key already has, told again; `order` is the one that the request names,
    which its fingerprint holds to be the same."""
    return _told(known._asdict(), order if known.order_no else None)


def _told(outcome, order) -> Answer:
    at = outcome["answered_at"]
    fields = {
        12: f"{at:%H%M%S}",
        13: f"{at:%m%d}",
        15: f"{at:%m%d}",
        37: outcome["rrn"],
        38: outcome["auth_code"],
    }
    if order is not None:
        fields[44] = order.issuer
        fields[63] = CARD_SCHEME if order.masked_card else OTHER_SCHEME
    return Answer(outcome["code"], fields)
