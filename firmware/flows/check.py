"""The second check of a refund or void: all that will be sent, before anything is.

What is confirmed here is what the journal keeps.
"""

from firmware import messages, orders
from firmware import refund_state as states
from firmware.reasons import reason_text
from firmware.record import Record
from firmware.screens import yuan


async def run(terminal, order, reason, amount_fen):
    """The record that the operator confirmed. Asked again where a sign-on behind his back brought
    another batch: a void may have become a refund."""
    ui = terminal.ui
    while True:
        record = _record(terminal, order, reason, amount_fen)
        ui.keys.clear()  # what was typed before this can be read confirms nothing
        await ui.ask("confirm", ui.text("check.title"), _rows(ui, record), ui.text("check.send"))
        if record.batch == terminal.counters.batch:
            return record


def _record(terminal, order, reason, amount_fen):
    """All that is known of the refund before it gets its STAN, date and slot."""
    record = Record()
    record.type = orders.void_or_refund(
        order, amount_fen, terminal.params.terminal, terminal.counters.batch
    )
    record.terminal = terminal.params.terminal
    record.batch = terminal.counters.batch
    record.amount_fen = amount_fen
    record.currency = messages.CURRENCY
    record.entry_mode = messages.BY_ORDER
    record.condition = messages.NORMAL
    # A void names the original by batch and STAN, a refund by its date alone.
    record.original = order.original if record.type == states.VOID else order.dated_only()
    record.original_rrn = order.rrn
    record.order = order.number
    record.product = order.product
    record.quantity = order.quantity
    record.order_amount_fen = order.amount_fen
    record.reason = reason[0]
    record.operator = terminal.operator
    record.card = order.card
    record.token = order.token
    record.fingerprint = messages.fingerprint(record)
    return record


def _rows(ui, record):
    kind = "kind.void" if record.type == states.VOID else "kind.refund"
    rows = ui.wrap(ui.text("check.amount", kind=ui.text(kind), amount=yuan(record.amount_fen)))
    rows += ui.wrap(ui.text("order.number", order=record.order))
    rows += ui.wrap(ui.text("check.product", product=record.product))
    rows += ui.wrap(ui.text("check.reason", reason=ui.text(reason_text(record.reason))))
    return rows
