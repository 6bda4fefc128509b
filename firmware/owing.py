"""What a refund, void or sale that is open owes the host, by its state.

One table says it. As in sending.py, no step ever guesses.
"""

from micropython import const

from firmware import overlay, sending
from firmware import refund_state as states
from protocol import HELD_FOR_REVIEW, MAY_LACK_MAC

# DF08 of a status inquiry, for a refund that is held for review and, where it is SETTLED, for what
# was lost: the event, and the code (F39) that stands for it, as the inquiry brings none.
REVIEWED = {
    "01": (states.FORGET, HELD_FOR_REVIEW),
    "03": (states.APPROVE, "00"),
    "04": (states.DECLINE, "05"),
    "05": (states.ANNUL, "C9"),
    "06": (states.FORGET, HELD_FOR_REVIEW),
}
_SETTLED = const(("03", "04", "05"))
_CONFLICT = const("94")
_REVERSED = const(("00", "12", "25"))  # 0410: net zero for good


async def again(terminal, record, state):
    """One exchange that may bring a record on that is open in this state."""
    if terminal.keys.mac is None:  # they were lost, or wrapped under another master key
        await sending.sign_on(terminal)
    # In another state, somebody else's turn brought it on meanwhile.
    if terminal.keys.mac is not None and record.state == state:
        record.tries = min(255, record.tries + 1)
        kind = states.REFUND if record.type == states.REFUND else states.VOID
        await _OWED[kind, state](terminal, record)


async def _repeat(terminal, record):
    await sending.refund(terminal, record, "0221")


async def _reverse(terminal, record):
    reason = record.code if record.code in ("A0", "06") else sending.NO_REPLY_REASON
    if record.earlier == states.APPROVED:
        reason = "06"  # the operator took it back
    outcome = await terminal.host.exchange("reversal", record, reason)
    if outcome.code == "12" and _stands(record):
        if await _learn(terminal, record):
            terminal.journal.move(record, states.REFUSE)
    elif outcome.code in _REVERSED:
        terminal.journal.move(record, states.ANNUL)
    elif outcome.code == _CONFLICT:
        record.conflict = True  # and asked again for ever: somebody at the host must end it
    elif outcome.code in MAY_LACK_MAC:
        await sending.sign_on(terminal)


def _stands(record):
    """Whether 12 to its reversal leaves it as it was: a sale that was settled or of which something
    went back has been approved, whatever became of its reply."""
    return record.type == states.SALE or record.earlier in states.REFUSED_TO


async def _learn(terminal, record):
    """The reference of a sale that stands although its reply was lost; False where the host has not
    told it, and all of this is asked again."""
    if record.type == states.SALE and not record.rrn:
        outcome, told = await _status(terminal, record)
        if not told:
            return False
        record.rrn = outcome.field(37)
        record.code = "00"
    return True


async def _cancel(terminal, record):
    mti = "0420" if record.tries <= 1 else "0421"
    outcome = await terminal.host.exchange("refund", record, mti)
    if outcome.code == "00":
        terminal.journal.move(record, states.ANNUL)
    elif outcome.code == "12":
        terminal.journal.move(record, states.REFUSE)
    elif outcome.code == _CONFLICT:
        record.conflict = True
    elif outcome.code in MAY_LACK_MAC:
        await sending.sign_on(terminal)


async def _poll(terminal, record):
    _, told = await _status(terminal, record)
    if told.get("DF08") in REVIEWED:
        event, record.code = REVIEWED[told["DF08"]]
        record.arrival = told.get("DF09", "")
        terminal.journal.move(record, event)


async def _ask(terminal, record):
    """LOST: the host's final state is the record's, anything else is closed by its key alone."""
    outcome, told = await _status(terminal, record)
    state = told.get("DF08")
    if state is None:
        return
    if state not in _SETTLED:
        terminal.journal.move(record, _closing(record))
        return
    event, code = REVIEWED[state]
    if event == states.APPROVE and record.earlier == states.APPROVED:
        terminal.journal.finish(record)  # as the archive has it: the slot was free
        return
    record.code = code
    record.order = record.order or told.get("DF01", "")
    record.rrn = record.rrn or outcome.field(37)
    record.arrival = told.get("DF09", record.arrival)
    terminal.journal.move(record, event)


async def _status(terminal, record):
    """(Outcome, tags) of a status inquiry; no tags where it brought nothing to go by."""
    stan = terminal.counters.take_stan()
    outcome = await terminal.host.exchange("status", terminal.counters.batch, stan, record)
    if outcome.code in MAY_LACK_MAC:
        await sending.sign_on(terminal)
    if outcome.code != "00":
        return outcome, {}
    return outcome, overlay.call("messages.tags", outcome.field(62, b""))


async def _never_sent(terminal, record):
    """PREPARED at boot: whether a byte left is not known for sure, so the host is told."""
    terminal.journal.move(record, _closing(record))


def _closing(record):
    return states.CANCEL if record.type == states.REFUND else states.REVERSE


async def _unanswered(terminal, record):
    """A void or sale found SENT at boot: no answer will come any more."""
    record.code = sending.NO_REPLY_REASON
    terminal.journal.move(record, states.REVERSE)


_OWED = {  # a sale owes what a void does
    (states.REFUND, states.PREPARED): _never_sent,
    (states.REFUND, states.SENT): _repeat,
    (states.REFUND, states.CANCELLING): _cancel,
    (states.REFUND, states.PENDING_REVIEW): _poll,
    (states.REFUND, states.LOST): _ask,
    (states.VOID, states.PREPARED): _never_sent,
    (states.VOID, states.SENT): _unanswered,
    (states.VOID, states.REVERSING): _reverse,
    (states.VOID, states.LOST): _ask,
}
