"""The slip of the last settlement: what is owed is printed, what was printed comes again, marked.

Printing is durable as begun before paper moves.
"""

from firmware import overlay, settlement
from firmware.screens import Stopped

TITLE = "settle.title"
HELD_MS = 30000


async def run(terminal):
    ui = terminal.ui
    book = settlement.Settlement(terminal.storage)
    if book.step in settlement.UNDER_WAY:
        return ("flows.settle.run",)
    if not book.batch:
        raise Stopped(TITLE, "settle.no_slip")
    ui.say(TITLE, "settle.printing")
    again = book.printed
    book.printed = 1
    book.save()
    if not await overlay.run("paper.slip", terminal, "slip.lines", book, again):
        raise Stopped(TITLE, "settle.slip_later")
    book.step = settlement.DONE
    book.save()
    terminal.settling = False
    ui.keys.clear()
    batch = "%06d" % book.batch
    await ui.ask("message", TITLE, "settle.done", timeout_ms=HELD_MS, batch=batch)
    return None
