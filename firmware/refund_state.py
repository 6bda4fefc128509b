"""The life of a refund or void, as data: states, events and every legal step between them.

State numbers are stored in flash: they never change and are never used again for another meaning.
A step that is not in the table is an error, never ignored.
"""

# What a record is (stored too).
REFUND = 1
VOID = 2
SALE = 3

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
LOST = 9  # neither copy could be read: known by its key alone, until the host has told the rest

# ... in the order of their numbers
NAMES = "FREE PREPARED SENT CANCELLING PENDING_REVIEW APPROVED DECLINED ANNULLED REVERSING LOST"

# Events
PREPARE = "prepare"  # a STAN is taken for a checked order
SEND = "send"  # the request is about to leave
APPROVE = "approve"  # reply 00, or status 03
DECLINE = "decline"  # any other final code, or status 04
HOLD = "hold"  # reply 09
FORGET = "forget"  # the host does not know the key any more: send again
CANCEL = "cancel"  # take the refund back by 0420
REFUSE = "refuse"  # 0430 or 0410 with 12: it is settled and stands as it stood before
REVERSE = "reverse"  # take the void back by 0400
ANNUL = "annul"  # 0430 with 00; 0410 with 00, 12 or 25; status 05
ARCHIVE = "archive"  # printed, if there was something to print, and in the archive

# What a record is, its state, the event, the state after it. One text: as a dict it would take six
# times the memory. After a REFUSE, REFUSED_TO goes before.
TRANSITIONS = """
refund FREE prepare PREPARED
refund PREPARED send SENT
refund PREPARED cancel CANCELLING
refund SENT approve APPROVED
refund SENT decline DECLINED
refund SENT hold PENDING_REVIEW
refund SENT cancel CANCELLING
refund PENDING_REVIEW approve APPROVED
refund PENDING_REVIEW decline DECLINED
refund PENDING_REVIEW annul ANNULLED
refund PENDING_REVIEW forget SENT
refund PENDING_REVIEW cancel CANCELLING
refund APPROVED cancel CANCELLING
refund CANCELLING annul ANNULLED
refund CANCELLING refuse SENT
refund LOST approve APPROVED
refund LOST decline DECLINED
refund LOST annul ANNULLED
refund LOST cancel CANCELLING
refund LOST archive FREE
refund APPROVED archive FREE
refund DECLINED archive FREE
refund ANNULLED archive FREE
void FREE prepare PREPARED
void PREPARED send SENT
void PREPARED reverse REVERSING
void SENT approve APPROVED
void SENT decline DECLINED
void SENT reverse REVERSING
void APPROVED reverse REVERSING
void REVERSING annul ANNULLED
void REVERSING refuse APPROVED
void LOST approve APPROVED
void LOST decline DECLINED
void LOST annul ANNULLED
void LOST reverse REVERSING
void LOST archive FREE
void APPROVED archive FREE
void DECLINED archive FREE
void ANNULLED archive FREE
"""

# A refused cancel or reversal (12) returns to where it was asked from.
REFUSED_TO = (APPROVED, PENDING_REVIEW, LOST)  # a cancel from anywhere else: to SENT

FINAL = (APPROVED, DECLINED, ANNULLED)
OPEN = (PREPARED, SENT, CANCELLING, PENDING_REVIEW, REVERSING, LOST)


class IllegalStep(Exception):
    """The firmware asked for a step that the table does not have: a fault of ours."""


def after(type_, state, event, earlier=FREE):
    """The state that follows. `earlier` is the state before a cancel. Raises IllegalStep."""
    names = NAMES.split()
    step = "\n%s %s %s " % ("void" if type_ == VOID else "refund", names[state], event)
    at = TRANSITIONS.find(step)
    if at < 0:
        raise IllegalStep("%s in state %s" % (event, names[state]))
    if event == REFUSE and earlier in REFUSED_TO:
        return earlier
    at += len(step)
    return names.index(TRANSITIONS[at : TRANSITIONS.find("\n", at)])
