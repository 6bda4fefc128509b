"""The life of a refund or void, as data: every legal step from state to state.

A step that is not in the table is an error, never ignored.
"""

from firmware import refund_state as states

# The states, in the order of their numbers
NAMES = "FREE PREPARED SENT CANCELLING PENDING_REVIEW APPROVED DECLINED ANNULLED REVERSING LOST"

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


class IllegalStep(Exception):
    """The firmware asked for a step that the table does not have: a fault of ours."""


def after(type_, state, event, earlier=states.FREE):
    """The state that follows. `earlier` is the state before a cancel. Raises IllegalStep."""
    names = NAMES.split()
    step = "\n%s %s %s " % ("void" if type_ == states.VOID else "refund", names[state], event)
    at = TRANSITIONS.find(step)
    if at < 0:
        raise IllegalStep("%s in state %s" % (event, names[state]))
    if event == states.REFUSE and earlier in states.REFUSED_TO:
        return earlier
    at += len(step)
    return names.index(TRANSITIONS[at : TRANSITIONS.find("\n", at)])
