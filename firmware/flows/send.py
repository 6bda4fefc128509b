"""Sends a refund, void or sale that was confirmed, and asks again while there is no answer.

Before the first byte leaves the journal has it; from then on it is seen through to its end whatever
happens.
"""

from micropython import const

from firmware import refund_state as states
from firmware import unfinished
from firmware.journal import JournalFull
from firmware.sales import words
from firmware.screens import Stopped, yuan

TRIES = 6  # then the refund goes on in the background
_WAIT_MS = const((2000, 4000, 8000, 16000, 30000))


async def run(terminal, record):
    _begin(terminal, record)
    terminal.in_hand = record
    title = words(terminal.ui, record, "sending.title")
    terminal.ui.say(title, "sending.body", amount=yuan(record.amount_fen))
    try:
        error = await unfinished.wait(terminal, record, "sending.first")
        if error:
            raise error
        await until_answered(terminal, record, (states.SENT, states.REVERSING))
    finally:
        terminal.in_hand = None
        terminal.left_open.set()
    return ("flows.complete.run", record)


def _begin(terminal, record):
    """From here on it has a key and a place in the journal."""
    title = words(terminal.ui, record, "refused.title")
    if not terminal.counters.last:  # a key would repeat
        raise Stopped(title, "batch_full.body")
    try:
        record.stan = terminal.counters.take_stan(1)
        record.date, record.time = terminal.date_and_time()
        terminal.journal.prepare(record)
    except (JournalFull, OSError):
        raise Stopped(title, "journal_full.body")


async def until_answered(terminal, record, waiting):
    """Ask again while the record's state is one of `waiting`: six tries, or until CANCEL."""
    ui = terminal.ui
    for tries in range(record.tries, TRIES):
        if record.state not in waiting:
            break
        ui.say("again.title", "again.body", tries=tries, most=TRIES)
        if await terminal.kernel.first(ui.cancel, timeout_ms=_WAIT_MS[max(0, tries - 1)]) == 0:
            break
        await unfinished.wait(terminal, record)
    ui.keys.clear()
