"""Sends a refund or void that was confirmed, and asks again while there is no final answer.

Before the first byte leaves the journal has it; from then on it is seen through to its end whatever
happens.
"""

from firmware import refund_state as states
from firmware import unfinished
from firmware.journal import JournalFull
from firmware.screens import Stopped, yuan

TRIES = 6  # then the refund goes on in the background
WAIT_MS = (2000, 4000, 8000, 16000, 30000)


async def run(terminal, record):
    _begin(terminal, record)
    terminal.in_hand = record
    try:
        await _see_through(terminal, record)
    finally:
        terminal.in_hand = None
        terminal.left_open.set()
    return ("flows.complete.run", record)


def _begin(terminal, record):
    """From here on the refund has a key and a place in the journal."""
    record.stan = terminal.counters.take_stan()
    record.date, record.time = terminal.date_and_time()
    try:
        terminal.journal.prepare(record)
    except JournalFull:
        raise Stopped("refused.title", "journal_full.body")


async def _see_through(terminal, record):
    """Send, and ask again while there is no final answer: six tries, or until CANCEL."""
    ui = terminal.ui
    ui.say("sending.title", "sending.body", amount=yuan(record.amount_fen))
    await unfinished.send(terminal, record)
    while record.state in (states.SENT, states.REVERSING) and record.tries < TRIES:
        ui.keys.clear()
        ui.cancel.clear()
        ui.say("again.title", "again.body", tries=record.tries, most=TRIES)
        wait_ms = WAIT_MS[min(record.tries, len(WAIT_MS)) - 1]
        if await terminal.kernel.first(ui.cancel, timeout_ms=wait_ms) == 0:
            break
        await unfinished.attempt(terminal, record)
    ui.keys.clear()
