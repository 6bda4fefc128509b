"""What a record is called on the screen: what it is, how it ended, whom it corrects."""

from firmware import refund_state as states

# Ids of texts, by refund_state's numbers.
KINDS = ("", "kind.refund", "kind.void", "kind.sale")
SHORT_KINDS = ("", "short.refund", "short.void", "short.sale")

_OPEN, _UNDOING, _LOST = "state.open", "state.cancelling", "state.lost"
_RESULTS = (
    _LOST,  # what was lost ends behind the operator's back, and its slot is free then
    _OPEN, _OPEN, _UNDOING, "state.review", "state.approved", "state.declined", "state.annulled",
    _UNDOING, _LOST,
)  # fmt: skip


def result(record):
    """Text id of how it ended, or of how far it is."""
    return at_host(record, _RESULTS[record.state])


def at_host(record, state):
    """The same for a state by its text id: who has paid is not refunded."""
    sold = record.type == states.SALE and state == "state.approved"
    return "state.sold" if sold else state


def corrected(record):
    """Voucher number, six digits, of the one that this one corrects."""
    return record.corrects.rsplit("-", 2)[1]
