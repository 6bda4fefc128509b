"""The life of a refund, void or sale, as data: every legal step from state to state.

A step that is not in the table is an error, never ignored.
"""

from firmware import refund_state as states

# The states, in the order of their numbers
NAMES = "FREE PREPARED SENT CANCELLING PENDING_REVIEW APPROVED DECLINED ANNULLED REVERSING LOST"

# What a record is, its state, the event, the state after it; a sale goes the way of a void. One
# text: as a dict it would take six times the memory. After a REFUSE, REFUSED_TO goes before.
TRANSITIONS = """
refund FREE PREPARE PREPARED
refund PREPARED SEND SENT
refund PREPARED CANCEL CANCELLING
refund SENT APPROVE APPROVED
refund SENT DECLINE DECLINED
refund SENT HOLD PENDING_REVIEW
refund SENT CANCEL CANCELLING
refund PENDING_REVIEW APPROVE APPROVED
refund PENDING_REVIEW DECLINE DECLINED
refund PENDING_REVIEW ANNUL ANNULLED
refund PENDING_REVIEW FORGET SENT
refund PENDING_REVIEW CANCEL CANCELLING
refund APPROVED CANCEL CANCELLING
refund CANCELLING ANNUL ANNULLED
refund CANCELLING REFUSE SENT
refund LOST APPROVE APPROVED
refund LOST DECLINE DECLINED
refund LOST ANNUL ANNULLED
refund LOST CANCEL CANCELLING
refund LOST ARCHIVE FREE
refund APPROVED ARCHIVE FREE
refund DECLINED ARCHIVE FREE
refund ANNULLED ARCHIVE FREE
void FREE PREPARE PREPARED
void PREPARED SEND SENT
void PREPARED REVERSE REVERSING
void SENT APPROVE APPROVED
void SENT DECLINE DECLINED
void SENT REVERSE REVERSING
void APPROVED REVERSE REVERSING
void REVERSING ANNUL ANNULLED
void REVERSING REFUSE APPROVED
void LOST APPROVE APPROVED
void LOST DECLINE DECLINED
void LOST ANNUL ANNULLED
void LOST REVERSE REVERSING
void LOST ARCHIVE FREE
void APPROVED ARCHIVE FREE
void DECLINED ARCHIVE FREE
void ANNULLED ARCHIVE FREE
"""


class IllegalStep(Exception):
    """The firmware asked for a step that the table does not have: a fault of ours."""


def after(type_, state, event, earlier=states.FREE):
    """The state that follows. `earlier` is the state before a cancel. Raises IllegalStep."""
    names = NAMES.split()
    step = "\n%s %s %s " % ("refund" if type_ == states.REFUND else "void", names[state], event)
    at = TRANSITIONS.find(step)
    if at < 0:
        raise IllegalStep("%s in state %s" % (event, names[state]))
    if event == states.REFUSE and earlier in states.REFUSED_TO:
        return earlier
    at += len(step)
    return names.index(TRANSITIONS[at : TRANSITIONS.find("\n", at)])
