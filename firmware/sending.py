"""A refund, void or sale on its way to the host: one request, and what its answer means.

No step ever guesses: only an answer that the host signed moves a record.
"""

from firmware import host, overlay
from firmware import refund_state as states
from protocol import HELD_FOR_REVIEW, MAY_LACK_MAC

NO_REPLY_REASON = "98"  # F39 of a reversal
REVERSAL_REASON = {host.BAD_MAC: "A0", host.ANSWERED: "06"}


async def first(terminal, record, _state):
    """The first request of a PREPARED record: SENT is durable before its first byte."""
    record.tries = 1
    terminal.journal.move(record, states.SEND)
    try:
        if record.type == states.REFUND:
            await refund(terminal, record, "0220")
        else:
            await _once(terminal, record)
    finally:
        record.secret = ()  # what is sent again names the card by its token, or by its key alone


async def sign_on(terminal):
    await overlay.run("flows.sign_on.sign_on", terminal)


async def refund(terminal, record, mti):
    record.key_id = terminal.keys.key_id
    outcome = await terminal.host.exchange("refund", record, mti)
    code = outcome.code
    if code is None:
        return
    if code in MAY_LACK_MAC:
        await sign_on(terminal)
        return
    if code == HELD_FOR_REVIEW:
        event = states.HOLD
    elif not outcome.final:
        record.code = code
        return
    else:
        event = states.APPROVE if code == "00" else states.DECLINE
    _keep_reply(record, outcome)
    terminal.journal.move(record, event)


async def _once(terminal, record):
    """A void or sale: what is not answered for good is reversed."""
    record.key_id = terminal.keys.key_id
    name = "sale" if record.type == states.SALE else "void"
    outcome = await terminal.host.exchange(name, record)
    code = outcome.code
    if outcome.final:
        _keep_reply(record, outcome)
        terminal.journal.move(record, states.APPROVE if code == "00" else states.DECLINE)
        return
    record.code = REVERSAL_REASON.get(outcome.kind, NO_REPLY_REASON)
    terminal.journal.move(record, states.REVERSE)
    if code in MAY_LACK_MAC:
        await sign_on(terminal)


def _keep_reply(record, outcome):
    record.host_time = outcome.field(12)
    record.host_date = outcome.field(13)
    record.rrn = outcome.field(37)
    record.code = outcome.field(39)
    record.parties = outcome.field(44)
