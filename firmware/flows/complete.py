"""How a refund, void or sale ended: the result, the vouchers, the signature, the archive.

Each printing step is durable before paper moves; paper that may be a second copy says so.
"""

from micropython import const

from firmware import overlay
from firmware import refund_state as states
from firmware import transaction as records
from firmware.sales import words
from firmware.screens import yuan

_MERCHANT = const("voucher.merchant_copy")  # as in voucher.py, which is not here all the time
_CUSTOMER = const("voucher.customer_copy")

_HELD_MS = const(30000)

# state: (title, body) of what is not (yet) good news
ENDINGS = {
    states.SENT: ("in_progress.title", "in_progress.body"),
    states.CANCELLING: ("in_progress.title", "cancelling.body"),
    states.REVERSING: ("in_progress.title", "reversing.body"),
    states.PENDING_REVIEW: ("held.title", "held.body"),
    states.ANNULLED: ("annulled.title", "annulled.body"),
}


async def run(terminal, record, resumed=False):
    """Show and print what is owed. `resumed`: after a restart or a break, so copies may exist. What
    follows as day.py wants it: one that was taken back to be corrected is entered anew."""
    ui = terminal.ui
    terminal.case = record
    if not record.amount_fen and record.state in states.FINAL:
        await _tell_of_the_lost(terminal, record)
    elif record.state == states.APPROVED:
        done = await _print(terminal, record, resumed)
        if done:
            terminal.journal.finish(record)
    elif record.state == states.DECLINED:
        title, body = "declined.title", terminal.code_text(record.code)
        title, body = words(ui, record, title), words(ui, record, body)
        await ui.ask("message", title, body, code=record.code)
        terminal.journal.finish(record)  # not before it was read: a restart shows it again
    else:
        state = record.state  # it may go on behind while its message stands
        title, body = ENDINGS[state]
        if state == states.REVERSING and record.earlier == states.APPROVED:
            body = "cancelling.body"
        if state in (states.CANCELLING, states.REVERSING) and record.correction:
            body = "correct.waits"
        if state in (states.CANCELLING, states.REVERSING) and record.conflict:
            body = "conflict.body"
        if state == states.ANNULLED and record.print_state != records.NOT_PRINTED:
            body = "annulled.printed"
        title, body = words(ui, record, title), words(ui, record, body)
        await ui.ask("message", title, body, order=record.order, amount=yuan(record.amount_fen))
        if state == states.ANNULLED:
            terminal.journal.finish(record)
            if record.correction:
                return ("flows.correct.anew", record)
    return None


async def _tell_of_the_lost(terminal, record):
    """Neither copy could be read: of the record only its key is known, of its fate what the host
    said. There is nothing to print."""
    approved = record.state == states.APPROVED
    body = words(terminal.ui, record, "lost.approved" if approved else "lost.annulled")
    number = "%06d" % record.stan
    await terminal.ui.ask("message", "lost.title", body, voucher=number, date=record.date)
    terminal.journal.finish(record)


async def _print(terminal, record, resumed):
    """Merchant copy, signature, customer copy. False where the operator put it off."""
    ui = terminal.ui
    title, body = words(ui, record, "approved.title"), words(ui, record, "approved.body")
    ui.say(title, body, amount=yuan(record.amount_fen), rrn=record.rrn)
    if record.print_state < records.MERCHANT_COPY:
        again = resumed or record.print_state == records.PRINTING
        _mark(terminal, record, records.PRINTING)
        if not await copy(terminal, record, _MERCHANT, again):
            return False
        _mark(terminal, record, records.MERCHANT_COPY)
    if record.print_state < records.SIGNED:
        while True:
            key = await _signature(ui)
            if key == "ENTER":
                break
            if key == "CANCEL" or not await copy(terminal, record, _MERCHANT, True):
                return False
        _mark(terminal, record, records.SIGNED)
    if record.print_state < records.PRINTED:
        ui.say(title, "approved.customer_copy")
        if not await copy(terminal, record, _CUSTOMER, resumed):
            return False
        _mark(terminal, record, records.PRINTED)
    ui.keys.clear()
    await ui.ask("message", title, "approved.done", timeout_ms=_HELD_MS, rrn=record.rrn,
                     amount=yuan(record.amount_fen))  # fmt: skip
    return True


def _mark(terminal, record, print_state):
    record.print_state = print_state
    terminal.journal.save(record)


async def copy(terminal, record, which, again):
    """Print one copy, asking for paper as often as it takes; False if it is put off. `again`: it
    may be the second, and says so."""
    return await overlay.run("paper.slip", terminal, "voucher.lines", record, which, again)


async def _signature(ui):
    """The key. ENTER: the customer signed. CLEAR: print the merchant copy again. CANCEL: later."""
    ui.keys.clear()
    ui.show(ui.text("signature.title"), ui.wrap(ui.text("signature.body")))
    while True:
        key = await ui.key(None)
        if key in ("ENTER", "CLEAR", "CANCEL"):
            return key
