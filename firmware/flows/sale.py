"""A sale: how much, under which order number, paid by card or payment code.

Nothing is sent before the second check is confirmed. What is known of a card beyond its masked
number is in RAM until the request is answered, and nowhere else.
"""

from micropython import const

from firmware import cards, overlay
from firmware import refund_state as states
from firmware.drafts import CURRENCY, NORMAL
from firmware.drivers.reader import Reader
from firmware.screens import Stopped, yuan
from firmware.transaction import Record
from protocol.errors import WireFault

TITLE, REFUSED = "sale.title", "sale.refused.title"
WRONG_PIN = "55"
_MOST_FEN = const(99999999)  # of one sale: 999,999.99 yuan


async def run(terminal, amount_fen=0, number=""):
    """`amount_fen` and `number` where they are known: the PIN was wrong, and it begins again."""
    ui = terminal.ui
    first = await overlay.run("flows.batch.first", terminal)
    if first is not None:
        return first
    await overlay.run("flows.refund.get_online", terminal, TITLE, REFUSED)
    if not amount_fen:
        amount_fen = await _ask_amount(ui)
        number = await _ask_number(terminal)
    payment = await overlay.run("flows.card.ask", terminal)
    asks_pin = payment.entry == "02" and amount_fen > _no_pin_fen(terminal)
    if asks_pin:
        try:
            await overlay.run("flows.card.ask_pin", terminal, payment)
        except WireFault:  # the keys do not open: a sign-on brings others
            raise Stopped(REFUSED, "bad_keys.body")
    record = await _check(terminal, amount_fen, number, payment, asks_pin)
    record.secret = (payment.card, payment.tagged)
    return ("flows.sale.send", record)


async def send(terminal, record):
    """As flows.send; a wrong PIN may be tried again, under a new STAN."""
    following = await overlay.run("flows.send.run", terminal, record)
    if record.state != states.DECLINED or record.code != WRONG_PIN:
        return following
    await overlay.run(following[0], terminal, record)
    return ("flows.sale.run", record.amount_fen, record.order)


async def _ask_amount(ui):
    while True:
        amount_fen = await ui.ask("amount", TITLE, "sale.amount")
        if amount_fen <= _MOST_FEN:
            return amount_fen
        await ui.ask("message", TITLE, "sale.above", most=yuan(_MOST_FEN))


async def _ask_number(terminal):
    """The order number: typed, scanned, or made here, of a STAN that nothing else uses."""
    reader = Reader(terminal.board.reader_uart, terminal.kernel)
    number = await terminal.ui.ask("digits", TITLE, "sale.number", 20, least=0, reader=reader)
    if not number:
        date = terminal.date_and_time()[0]
        stan = terminal.counters.take_stan()
        number = "%s%s%06d" % (date[2:], terminal.params.terminal[-4:], stan)
    elif _is_open(terminal, number):
        raise Stopped("in_progress.title", "sale.reversing.body")
    terminal.case = number
    return number


def _is_open(terminal, number):
    return any(
        record.order == number and record.state in states.OPEN
        for record in terminal.journal.open_records()
    )


def _no_pin_fen(terminal):
    return overlay.call("risk.limits", terminal.storage)["no_pin_fen"]


async def _check(terminal, amount_fen, number, payment, asks_pin):
    """The record that the operator confirmed, of the batch that is open then."""
    ui = terminal.ui
    rows = ui.wrap(
        ui.text("check.amount", kind=ui.text("kind.sale"), amount=yuan(amount_fen))
    )
    rows += ui.wrap(ui.text("order.number", order=number))
    shown = cards.masked(payment.pan) if payment.pan else ui.text("voucher.no_card")
    rows += ui.wrap(shown)
    ui.keys.clear()  # what was typed before this can be read confirms nothing
    await ui.ask("confirm", ui.text("check.title"), rows, ui.text("check.send"))
    record = Record()
    record.type = states.SALE
    record.terminal = terminal.params.terminal
    record.batch = terminal.counters.batch
    record.amount_fen = record.order_amount_fen = amount_fen
    record.currency = CURRENCY
    record.entry_mode = payment.entry + ("1" if asks_pin else "2")
    record.condition = NORMAL
    record.order = number
    record.quantity = "0001"
    record.operator = terminal.operator
    if payment.pan:
        record.card = cards.masked(payment.pan)
    return record
