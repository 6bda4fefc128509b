"""The life of a refund or void, as data: states, events and every legal step between them.

State numbers are stored in flash: they never change and are never used again for another meaning.
A step that is not in the table is an error, never ignored.
"""

# What a record is (stored too).
REFUND = 1
VOID = 2

# States. Each is durable in the journal before anything that it promises happens.
FREE = 0  # the slot holds nothing
PREPARED = 1  # the STAN is taken; nothing has left the terminal
SENT = 2  # durable before the first byte of the request
CANCELLING = 3  # refund only: durable before the first 0420
PENDING_REVIEW = 4  # the host answered 09: asked about, never sent again
APPROVED = 5  # durable before it is shown or printed
DECLINED = 6
ANNULLED = 7  # net zero for good
REVERSING = 8  # void only: durable before the first 0400

NAMES = (
    "FREE",
    "PREPARED",
    "SENT",
    "CANCELLING",
    "PENDING_REVIEW",
    "APPROVED",
    "DECLINED",
    "ANNULLED",
    "REVERSING",
)

# Events
PREPARE = "prepare"  # a STAN is taken for a checked order
SEND = "send"  # the request is about to leave
APPROVE = "approve"  # reply 00, or status 03
DECLINE = "decline"  # any other final code, or status 04
HOLD = "hold"  # reply 09
FORGET = "forget"  # the host does not know the key any more: send again
CANCEL = "cancel"  # take the refund back by 0420
REFUSE = "refuse"  # 0430 with 12: the refund stands as it stood before
REVERSE = "reverse"  # take the void back by 0400
ANNUL = "annul"  # 0430 with 00; 0410 with 00, 12 or 25; status 05
ARCHIVE = "archive"  # printed and in the archive

TRANSITIONS = {
    (REFUND, FREE, PREPARE): PREPARED,
    (REFUND, PREPARED, SEND): SENT,
    (REFUND, PREPARED, CANCEL): CANCELLING,
    (REFUND, SENT, APPROVE): APPROVED,
    (REFUND, SENT, DECLINE): DECLINED,
    (REFUND, SENT, HOLD): PENDING_REVIEW,
    (REFUND, SENT, CANCEL): CANCELLING,
    (REFUND, PENDING_REVIEW, APPROVE): APPROVED,
    (REFUND, PENDING_REVIEW, DECLINE): DECLINED,
    (REFUND, PENDING_REVIEW, ANNUL): ANNULLED,
    (REFUND, PENDING_REVIEW, FORGET): SENT,
    (REFUND, PENDING_REVIEW, CANCEL): CANCELLING,
    (REFUND, APPROVED, CANCEL): CANCELLING,
    (REFUND, CANCELLING, ANNUL): ANNULLED,
    (REFUND, CANCELLING, REFUSE): SENT,  # unless REFUSED_TO names the earlier state
    (REFUND, APPROVED, ARCHIVE): FREE,
    (REFUND, DECLINED, ARCHIVE): FREE,
    (REFUND, ANNULLED, ARCHIVE): FREE,
    (VOID, FREE, PREPARE): PREPARED,
    (VOID, PREPARED, SEND): SENT,
    (VOID, PREPARED, REVERSE): REVERSING,
    (VOID, SENT, APPROVE): APPROVED,
    (VOID, SENT, DECLINE): DECLINED,
    (VOID, SENT, REVERSE): REVERSING,
    (VOID, APPROVED, REVERSE): REVERSING,
    (VOID, REVERSING, ANNUL): ANNULLED,
    (VOID, APPROVED, ARCHIVE): FREE,
    (VOID, DECLINED, ARCHIVE): FREE,
    (VOID, ANNULLED, ARCHIVE): FREE,
}

# A refused cancel (0430 with 12) returns to where it was asked from.
REFUSED_TO = {APPROVED: APPROVED, PENDING_REVIEW: PENDING_REVIEW}

FINAL = (APPROVED, DECLINED, ANNULLED)
OPEN = (PREPARED, SENT, CANCELLING, PENDING_REVIEW, REVERSING)


class IllegalStep(Exception):
    """The firmware asked for a step that the table does not have: a fault of ours."""


def after(type_, state, event, earlier=FREE):
    """The state that follows. `earlier` is the state before a cancel. Raises IllegalStep."""
    if (type_, state, event) not in TRANSITIONS:
        raise IllegalStep("%s in state %s" % (event, NAMES[state]))
    if event == REFUSE:
        return REFUSED_TO.get(earlier, SENT)
    return TRANSITIONS[type_, state, event]
