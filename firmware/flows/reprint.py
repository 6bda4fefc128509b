"""Prints a voucher again, marked as a duplicate.

Only what is APPROVED has one, and nothing of the record changes.
"""

from firmware import overlay, voucher
from firmware import refund_state as states
from firmware.screens import Stopped

TITLE = "reprint.title"
WHY_NOT = {
    states.DECLINED: "reprint.declined",
    states.ANNULLED: "reprint.annulled",
    states.LOST: "reprint.lost",
}
COPIES = (
    ("reprint.merchant", (voucher.MERCHANT,)),
    ("reprint.customer", (voucher.CUSTOMER,)),
    ("reprint.both", (voucher.MERCHANT, voucher.CUSTOMER)),
)


async def last(terminal):
    """Of the last transaction that has one, once the operator has seen which."""
    ui = terminal.ui
    ui.say(TITLE, "find.looking")
    history = overlay.call("history.gather", terminal, _has_one)
    ui.keys.clear()
    if not len(history):
        raise Stopped(TITLE, "reprint.none")
    record = history.record(0)
    await ui.ask("pages", ui.text(TITLE), overlay.call("flows.find.rows", ui, record))
    return await run(terminal, record)


async def run(terminal, record):
    ui = terminal.ui
    terminal.case = record
    if not _has_one(record):
        lost = record.state == states.APPROVED  # the host told how it ended, and no more
        why = "reprint.lost" if lost else WHY_NOT.get(record.state, "reprint.open")
        raise Stopped(TITLE, why)
    if any(record is one for one in terminal.journal.open_records()):
        return ("flows.complete.run", record, True)  # it is owed still, and marked where it must be
    copies = COPIES[await ui.ask("choose", TITLE, [copy[0] for copy in COPIES])][1]
    for which in copies:
        ui.say(TITLE, "reprint.printing")
        if not await overlay.run("flows.complete.copy", terminal, record, which, True):
            raise Stopped(TITLE, "reprint.left")
    ui.keys.clear()
    await ui.ask("message", TITLE, "reprint.done", timeout_ms=10000)


def _has_one(record):
    return record.state == states.APPROVED and record.amount_fen > 0
