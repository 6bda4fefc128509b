"""What the acquirer allows: the checks of a refund, a void and a sale, in their order, as tables.

A check reads and answers; it never writes. The first check that objects gives the code.
"""

from collections import namedtuple
from datetime import date

from host_sim.acquirer.schema import APPROVED, DECLINED, REVIEW
from protocol import HELD_FOR_REVIEW
from protocol.reference.tables import CODES

TEST_TRIES = 2  # how often a test amount with a code that is not final is answered with it

# One attempt to give money back. `order` is None where the merchant has none of that number;
# `original` is F61 as (batch, STAN, MMDD); `tokens` are those that it names: DF0D, and
# of the cards in F2 and F35; `balance_fen` is the merchant's.
Attempt = namedtuple(
    "Attempt", "order amount_fen rrn original tokens terminal balance_fen today terms"
)


# A sale that is asked for. `is_open`: its batch; `taken`: its order number; `card` is None where a
# wallet pays, `expiry` YYMM.
Charge = namedtuple("Charge", "amount_fen is_open taken card expiry today")


def refund_code(attempt: Attempt) -> str:
    """ "00", "09" for an order whose refunds a reviewer decides, or the code of the refusal."""
    code = _first(REFUND_CHECKS, attempt)
    if code == "00" and attempt.order.hold_refunds:
        return HELD_FOR_REVIEW
    return code


def void_code(attempt: Attempt) -> str:
    """ "00" or the code of the refusal of a void."""
    return _first(VOID_CHECKS, attempt)


def sale_code(charge: Charge) -> str:
    """ "00" or the code of the refusal of a sale; its PIN is cards.check_pin's."""
    return _first(SALE_CHECKS, charge)


def test_code(amount_fen: int, tries: int) -> str:
    """The code that a test amount asks for: its last two digits, where they are a code.

    `tries`: how often this key was answered before.
    """
    code = f"{amount_fen % 100:02d}"
    if code not in CODES or (not is_stored(code) and tries >= TEST_TRIES):
        return "00"
    return code


def is_stored(code: str) -> bool:
    """Whether a refund's answer stands, so that repeats get it again."""
    return code == HELD_FOR_REVIEW or CODES.get(code, ("", False))[1]


def state_after(code: str) -> int:
    """The state that a stored code leaves a transaction in."""
    return {"00": APPROVED, HELD_FOR_REVIEW: REVIEW}.get(code, DECLINED)


def taken_fen(order) -> int:
    """What of an order is no longer there to refund: refunded, voided or held for review."""
    return order.refunded_fen + order.voided_fen + order.held_fen


def _first(checks, attempt):
    return next((code for code, objects in checks if objects(attempt)), "00")


def _is_unknown(a):
    return a.order is None


def _is_another_sale(a):
    return a.rrn != a.order.rrn or a.original[2] != a.order.sold_on[4:]


def _is_another_card(a):
    return not a.tokens <= {a.order.token}


def _is_voided(a):
    return a.order.voided_fen > 0 or a.order.sold_fen <= 0  # or its sale was reversed


def _is_too_old(a):
    return (a.today - date.fromisoformat(a.order.sold_on)).days > a.terms.window_days


def _is_nothing(a):
    return a.amount_fen <= 0


def _is_above_the_limit(a):
    return 0 < a.terms.limit_fen < a.amount_fen


def _is_above_the_order(a):
    return taken_fen(a.order) + a.amount_fen > a.order.amount_fen


def _is_above_the_balance(a):
    return a.amount_fen > a.balance_fen


REFUND_CHECKS = (
    ("25", _is_unknown),
    ("25", _is_another_sale),
    ("14", _is_another_card),
    ("C9", _is_voided),
    ("22", _is_too_old),
    ("13", _is_nothing),
    ("61", _is_above_the_limit),
    ("64", _is_above_the_order),
    ("51", _is_above_the_balance),
)


def _is_another_original(a):
    order = a.order
    return a.original != (order.batch, order.stan, order.sold_on[4:])


def _is_sold_elsewhere(a):
    return a.order.terminal_id != a.terminal.terminal_id


def _is_batch_closed(a):
    return a.order.batch != a.terminal.batch


def _is_begun(a):
    return a.order.refunded_fen + a.order.held_fen > 0


def _is_not_whole(a):
    return a.amount_fen != a.order.amount_fen


VOID_CHECKS = (
    ("25", _is_unknown),
    ("12", _is_sold_elsewhere),
    ("12", _is_batch_closed),
    ("25", _is_another_original),
    ("14", _is_another_card),
    ("C9", _is_voided),
    ("12", _is_begun),
    ("64", _is_not_whole),
)


def _is_unknown_card(c):
    return c.card is not None and not c.card.issuer


def _is_expired(c):
    if c.card is None:
        return False
    return c.expiry != c.card.expiry or f"{c.today:%y%m}" > c.expiry


def _is_above_the_card(c):
    return c.card is not None and c.amount_fen > c.card.most_fen


SALE_CHECKS = (
    ("12", lambda c: not c.is_open),
    ("13", _is_nothing),
    ("94", lambda c: c.taken),
    ("14", _is_unknown_card),
    ("54", _is_expired),
    ("61", _is_above_the_card),
)
