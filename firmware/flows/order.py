"""The first half of a refund: why, which order, how much. Nothing of it is written down.

What the host says of the order is shown in full before anybody is asked for an amount.
"""

from firmware import host, overlay
from firmware import refund_state as states
from firmware.drivers.reader import Reader
from firmware.reasons import REASONS
from firmware.screens import Stopped, yuan
from protocol.errors import WireFault


async def run(terminal, number=""):
    """(orders.Order, row of REASONS, fen). `number`: of an order that is known already."""
    ui = terminal.ui
    reason = REASONS[await ui.ask("choose", "reason.title", [reason[1] for reason in REASONS])]
    order = await _find(terminal, number)
    await ui.ask("confirm", ui.text("order.title"), _rows(ui, order))
    return order, reason, await _ask_amount(ui, order, reason)


async def _find(terminal, number):
    ui = terminal.ui
    if not number:
        reader = Reader(terminal.board.reader_uart, terminal.kernel)
        number = await ui.ask("digits", "refund.title", "order.enter", 20, reader=reader)
    terminal.case = number
    if any(r.order == number and r.state in states.OPEN for r in terminal.journal.open_records()):
        raise Stopped("in_progress.title", "in_progress.body")
    ui.say("refund.title", "order.asking")
    outcome = await _inquire(terminal, number)
    if outcome.code == "77" or outcome.code == "A0":
        await overlay.run("flows.sign_on.or_stop", terminal)
        outcome = await _inquire(terminal, number)
    ui.keys.clear()
    if outcome.kind == host.STOPPED:
        raise Stopped("cancelled.title", "cancelled.body")
    if outcome.kind != host.ANSWERED:
        raise Stopped("order.failed", outcome.kind)
    if outcome.code == "25":
        raise Stopped("order.failed", "order.unknown", {"order": number})
    if outcome.code != "00":
        raise Stopped("order.failed", terminal.code_text(outcome.code), {"code": outcome.code})
    try:
        order = overlay.call("told.order", outcome.fields)
    except WireFault:
        raise Stopped("order.failed", "bad_reply.body")
    if order.number != number:  # what is in progress is known by the number that was typed
        raise Stopped("order.failed", "bad_reply.body")
    if order.left_fen <= 0:
        raise Stopped("refused.title", "order.refunded", {"amount": yuan(order.refunded_fen)})
    return order


async def _inquire(terminal, number):
    terminal.ui.cancel.clear()
    stan = terminal.counters.take_stan()
    batch = terminal.counters.batch
    return await terminal.host.exchange(
        "order_inquiry", batch, stan, number, stop=terminal.ui.cancel
    )


def _rows(ui, order):
    rows = ui.wrap(ui.text("order.number", order=order.number))
    rows += ui.wrap(ui.text("order.product", product=order.product, quantity=int(order.quantity)))
    rows += ui.wrap(ui.text("order.amount", amount=yuan(order.amount_fen)))
    rows += ui.wrap(ui.text("order.already", amount=yuan(order.refunded_fen)))
    rows += ui.wrap(ui.text("order.left", amount=yuan(order.left_fen)))
    if order.card:
        rows += ui.wrap(ui.text("order.card", card=order.card))
    return rows


async def _ask_amount(ui, order, reason):
    """Full or part; fen, never above what is left."""
    full_only = reason[2]
    if full_only or await ui.ask("choose", "amount.title", ("amount.full", "amount.part")) == 0:
        return order.left_fen
    left = yuan(order.left_fen)
    while True:
        amount_fen = await ui.ask("amount", "amount.title", "amount.enter", left=left)
        if amount_fen <= order.left_fen:
            return amount_fen
        await ui.ask("message", "amount.title", "amount.above", left=left)
