"""A refund, void or sale of this till, open or archived, by the number on its voucher.

The open batch's before any other's, and of two entries of one key the later counts.
"""

from firmware import words
from firmware.params import later
from firmware.screens import Stopped, yuan


async def run(terminal, title):
    """The Record. Without a number the last one of the open batch. `title`: a text id."""
    typed = await terminal.ui.ask("digits", title, "find.enter", 6, least=0)
    terminal.ui.say(title, "find.looking")
    record = _find(terminal, int(typed) if typed else None)
    terminal.ui.keys.clear()
    if record is None:
        raise Stopped(title, "find.unknown" if typed else "find.nothing", {"voucher": typed})
    terminal.case = record
    return record


def rows(ui, record):
    """The record as far as it is known: kind and amount, voucher number, order, time."""
    kind = ui.text(words.KINDS[record.type])
    shown = []
    if record.amount_fen:  # else the record was lost
        shown += ui.wrap(ui.text("check.amount", kind=kind, amount=yuan(record.amount_fen)))
    shown += ui.wrap(ui.text("find.voucher", voucher="%06d" % record.stan))
    if record.order:
        shown += ui.wrap(ui.text("order.number", order=record.order))
    time = " %s:%s" % (record.time[:2], record.time[2:4]) if record.time else ""
    shown.append(record.date + time)
    return shown


def _find(terminal, stan):
    """By the number, else the last. Another batch's only where the open one has none of it."""
    batch = terminal.counters.batch
    best = other = None
    for records in (terminal.journal.finished(), terminal.journal.open_records()):
        for record in records:
            if stan not in (None, record.stan):
                continue
            if record.batch != batch:
                other = record
            elif best is None or not later(best.stan, record.stan):
                best = record
    return best or (other if stan else None)
