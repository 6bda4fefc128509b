"""How the customer pays: a card swiped, a card keyed, or a payment code scanned or keyed.

What is returned is in RAM only, until the request that it is for has been answered.
"""

from firmware import cards
from firmware.drivers.reader import Reader
from firmware.screens import Cancelled, Stopped

TITLE = "pay.title"
SWIPED, KEYED, CODE = "02", "01", "03"  # the first two digits of F22
CODE_DIGITS = 18


class Payment:
    """`entry`: the first two digits of F22. `pan`: the whole number, empty without a card. `card`:
    {field: value}; `tagged`: tags of F62, for a payment code."""

    def __init__(self, entry, pan="", card=None, tagged=()):
        self.entry = entry
        self.pan = pan
        self.card = card or {}
        self.tagged = list(tagged)


async def ask(terminal):
    """A Payment."""
    at = await terminal.ui.ask("choose", TITLE, ("pay.swipe", "pay.keyed", "pay.code"))
    return await (swiped, _keyed, _code)[at](terminal)


async def of_order(terminal):
    """A Payment by card: of the card that an order was paid with."""
    title = "by_card.title"
    at = await terminal.ui.ask("choose", title, ("pay.swipe", "pay.keyed"))
    return await (swiped, _keyed)[at](terminal, title)


async def swiped(terminal, title=TITLE):
    """Asked again until a track is read whole, or CANCEL."""
    ui = terminal.ui
    reader = Reader(terminal.board.reader_uart, terminal.kernel)
    said = "pay.swipe_now"
    while True:
        ui.say(title, said)
        key = await ui.key(also=reader)
        if key == "CANCEL":
            raise Cancelled()
        if key is None:
            track = cards.read_track(await reader.line())
            if track is not None:
                return Payment(SWIPED, track.pan, {2: track.pan, 35: track.text})
            said = "pay.swipe_again"


async def _keyed(terminal, title=TITLE):
    ui = terminal.ui
    while True:
        pan = await ui.ask(
            "digits", title, "pay.number", cards.LONGEST, secret=True, least=cards.SHORTEST, clear=6
        )
        if cards.luhn(pan):
            break
        await ui.ask("message", title, "pay.number_wrong")
    while True:
        typed = await ui.ask("digits", title, "pay.expiry", 4, least=4)
        if 1 <= int(typed[:2]) <= 12:
            return Payment(KEYED, pan, {2: pan, 14: typed[2:] + typed[:2]})
        await ui.ask("message", title, "pay.expiry_wrong")


async def _code(terminal):
    reader = Reader(terminal.board.reader_uart, terminal.kernel)
    code = await terminal.ui.ask(
        "digits", TITLE, "pay.scan", CODE_DIGITS, least=CODE_DIGITS, reader=reader
    )
    return Payment(CODE, tagged=[("DF14", code)])


async def ask_pin(terminal, payment):
    """Fill in what F22 says of a PIN: F26, F52 and F53."""
    pin = await terminal.ui.ask("digits", "pin.title", "pin.enter", 12, secret=True, least=4)
    block = terminal.keys.pin_block(pin, payment.pan)
    if block is None:
        raise Stopped("sale.refused.title", "not_enrolled.body")
    payment.card[26] = "12"
    payment.card[52] = block
    payment.card[53] = "26" + "0" * 14  # with the number in it, a key of double length
