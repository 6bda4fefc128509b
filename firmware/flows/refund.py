"""On-site refund: from the reason to the customer's copy, in the order of the operator's manual.

Nothing is sent before the second check is confirmed; from then on the journal knows, and the
refund is seen through to its end whatever happens.
"""

from firmware import host, messages, orders, unfinished
from firmware import refund_state as states
from firmware.flows import complete, log_in, sign_on
from firmware.journal import JournalFull
from firmware.record import Record
from firmware.screens import Stopped, yuan
from protocol.errors import WireFault

TRIES = 6  # then the refund goes on in the background
WAIT_MS = (2000, 4000, 8000, 16000, 30000)


async def run(terminal):
    ui = terminal.ui
    if terminal.journal.damaged():  # what cannot be read may be an open refund of this very order
        raise Stopped("fault.title", "fault.body")
    await _get_online(terminal)
    reason = orders.REASONS[await ui.choose("reason.title", [r[1] for r in orders.REASONS])]
    order = await _find_order(terminal)
    await ui.confirm(ui.text("order.title"), _order_rows(ui, order))
    amount_fen = await _ask_amount(ui, order, reason)
    await log_in.supervisor(terminal)
    record = await _second_check(terminal, order, reason, amount_fen)
    _begin(terminal, record)
    terminal.in_hand = record
    try:
        await _see_through(terminal, record)
    finally:
        terminal.in_hand = None
        terminal.left_open.set()
    await complete.run(terminal, record)


async def _get_online(terminal):
    if not terminal.signed_on:
        terminal.ui.say("sign_on.title", "connecting")
        await sign_on.or_stop(terminal)
    terminal.ui.say("refund.title", "connecting")
    if not await unfinished.reversals_first(terminal):
        raise Stopped("refused.title", "reversal_open.body")
    terminal.ui.keys.clear()


async def _find_order(terminal):
    ui = terminal.ui
    number = await ui.digits("refund.title", "order.enter", 20)
    if any(r.order == number and r.state in states.OPEN for r in terminal.journal.open_records()):
        raise Stopped("in_progress.title", "in_progress.body")
    ui.say("refund.title", "order.asking")
    outcome = await _inquire(terminal, number)
    if outcome.code == "77" or outcome.code == "A0":
        await sign_on.or_stop(terminal)
        outcome = await _inquire(terminal, number)
    ui.keys.clear()
    if outcome.kind == host.STOPPED:
        raise Stopped("cancelled.title", "cancelled.body")
    if outcome.kind != host.ANSWERED:
        raise Stopped("order.failed", sign_on.WHY[outcome.kind])
    if outcome.code == "25":
        raise Stopped("order.failed", "order.unknown", {"order": number})
    if outcome.code != "00":
        raise Stopped("order.failed", terminal.code_text(outcome.code), {"code": outcome.code})
    try:
        order = orders.Order(outcome.reply)
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
    request = messages.order_inquiry(terminal.params, terminal.counters.batch, stan, number)
    return await terminal.host.exchange(request, stop=terminal.ui.cancel)


def _order_rows(ui, order):
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
    if full_only or await ui.choose("amount.title", ("amount.full", "amount.part")) == 0:
        return order.left_fen
    left = yuan(order.left_fen)
    while True:
        amount_fen = await ui.amount("amount.title", "amount.enter", left=left)
        if amount_fen <= order.left_fen:
            return amount_fen
        await ui.message("amount.title", "amount.above", left=left)


async def _second_check(terminal, order, reason, amount_fen):
    """The record that the operator confirmed. Asked again where a sign-on behind his back brought
    another batch: a void may have become a refund."""
    ui = terminal.ui
    while True:
        record = _record(terminal, order, reason, amount_fen)
        ui.keys.clear()  # what was typed before this can be read confirms nothing
        await ui.confirm(ui.text("check.title"), _check_rows(ui, record), ui.text("check.send"))
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


def _begin(terminal, record):
    """From here on the refund has a key and a place in the journal."""
    record.stan = terminal.counters.take_stan()
    record.date, record.time = terminal.date_and_time()
    try:
        terminal.journal.prepare(record)
    except JournalFull:
        raise Stopped("refused.title", "journal_full.body")


def _check_rows(ui, record):
    kind = "kind.void" if record.type == states.VOID else "kind.refund"
    rows = ui.wrap(ui.text("check.amount", kind=ui.text(kind), amount=yuan(record.amount_fen)))
    rows += ui.wrap(ui.text("order.number", order=record.order))
    rows += ui.wrap(ui.text("check.product", product=record.product))
    rows += ui.wrap(ui.text("check.reason", reason=ui.text(orders.reason_text(record.reason))))
    return rows


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
