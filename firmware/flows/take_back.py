"""Takes a refund, void or sale of the open batch back: a refund by 0420, the others by 0400.

Nothing is sent before the second check is confirmed; then it is CANCELLING or REVERSING, durable,
before the first byte, and seen through to its end whatever happens. What was archived comes back
into a slot of the journal first.
"""

from firmware import overlay, unfinished
from firmware import refund_state as states
from firmware.journal import JournalFull
from firmware.sales import words
from firmware.screens import Cancelled, Stopped, yuan

TITLE = "take_back.title"
STANDS = (states.APPROVED, states.PENDING_REVIEW, states.SENT)
BEGUN = (states.CANCELLING, states.REVERSING)
ENDED = {states.DECLINED: "take_back.declined", states.ANNULLED: "take_back.annulled"}


async def run(terminal, record=None, correction=""):
    """`record`: where it was chosen already. `correction`: why it will be entered anew, a code of
    correct.REASONS."""
    ui = terminal.ui
    first = await overlay.run("flows.batch.settlement_first", terminal)
    if first is not None:
        return first
    title = "correct.title" if correction else TITLE
    if record is None:
        record = await overlay.run("flows.find.run", terminal, TITLE)
    check(terminal, record, title)
    rows = overlay.call("flows.find.rows", ui, record)
    await ui.ask("confirm", ui.text(title), rows)
    await overlay.run("flows.log_in.supervisor", terminal)
    ui.keys.clear()  # what was typed before this can be read confirms nothing
    await ui.ask("confirm", ui.text("check.title"), rows, ui.text("take_back.check"))
    terminal.in_hand = record
    try:
        await _begin(terminal, record, title, correction)
        await unfinished.wait(terminal, record)
        await overlay.run("flows.send.until_answered", terminal, record, BEGUN)
    finally:
        terminal.in_hand = None
        terminal.left_open.set()
    if record.state in STANDS:
        body = "correct.refused" if correction else "take_back.refused"
        await ui.ask("message", title, words(ui, record, body))
    return ("flows.complete.run", record, True)


def check(terminal, record, title):
    """Raise Stopped where there is nothing to take back, or no way to."""
    if record.state in ENDED:
        raise Stopped(title, ENDED[record.state])
    if record.state not in STANDS:
        raise Stopped(title, "take_back.begun")
    if record.batch != terminal.counters.batch:
        raise Stopped(title, "take_back.closed")


def possible(terminal, record):
    try:
        check(terminal, record, TITLE)
    except Stopped:
        return False
    return True


async def _begin(terminal, record, title, correction):
    terminal.ui.say(title, "take_back.sending", amount=yuan(record.amount_fen))
    terminal.ui.cancel.clear()
    if not await terminal.turn.take(terminal.ui.cancel):
        raise Cancelled()
    try:
        check(terminal, record, title)  # it may have gone on behind the questions
        record.correction = correction  # durable with the step
        event = states.CANCEL if record.type == states.REFUND else states.REVERSE
        if any(record is one for one in terminal.journal.open_records()):
            terminal.journal.move(record, event)
        else:
            terminal.journal.prepare(record, event)
    except JournalFull:
        raise Stopped(title, "journal_full.body")
    finally:
        terminal.turn.give()
