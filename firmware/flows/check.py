"""The second check of a refund or void: all that will be sent, before anything is.

What is confirmed here is what the journal keeps.
"""

from firmware import overlay
from firmware import refund_state as states
from firmware.reasons import reason_text
from firmware.screens import yuan


async def run(terminal, order, reason, amount_fen, corrects=""):
    """The record that the operator confirmed. Asked again where a sign-on behind his back brought
    another batch: a void may have become a refund."""
    ui = terminal.ui
    while True:
        record = overlay.call("drafts.record", terminal, order, reason, amount_fen)
        record.corrects = corrects
        ui.keys.clear()  # what was typed before this can be read confirms nothing
        await ui.ask("confirm", ui.text("check.title"), _rows(ui, record), ui.text("check.send"))
        if record.batch == terminal.counters.batch:
            return record


def _rows(ui, record):
    kind = "kind.void" if record.type == states.VOID else "kind.refund"
    rows = ui.wrap(ui.text("check.amount", kind=ui.text(kind), amount=yuan(record.amount_fen)))
    rows += ui.wrap(ui.text("order.number", order=record.order))
    if record.corrects:
        corrected = overlay.call("words.corrected", record)
        rows += ui.wrap(ui.text("check.corrects", voucher=corrected))
    rows += ui.wrap(ui.text("check.product", product=record.product))
    rows += ui.wrap(ui.text("check.reason", reason=ui.text(reason_text(record.reason))))
    return rows
