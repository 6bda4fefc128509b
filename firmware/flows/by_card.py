"""A refund or void that is confirmed by its card: swiped or keyed, it must be the order's.

Here first six and last four are compared, the acquirer compares the whole. Without a card the
refund procedure does all of it, by the order alone; what the two share is its steps.
"""

from firmware import cards, overlay
from firmware.screens import Stopped

TITLE, REFUSED = "by_card.title", "refused.title"
_NO_PIN = "2"  # F22's last digit


async def run(terminal):
    first = await overlay.run("flows.batch.first", terminal)
    if first is not None:
        return first
    await overlay.run("flows.refund.get_online", terminal, TITLE, REFUSED)
    order, reason, amount_fen = await overlay.run("flows.order.run", terminal, "")
    if not order.card:
        raise Stopped(REFUSED, "by_card.none")
    payment = await _card(terminal, order)
    rules, held = await overlay.run("risk.clear", terminal, order, amount_fen)
    if held:
        await overlay.run("flows.log_in.supervisor", terminal)
    record = await overlay.run("flows.check.run", terminal, order, reason, amount_fen)
    record.rules = rules
    record.entry_mode = payment.entry + _NO_PIN
    record.secret = (payment.card, ())
    return ("flows.send.run", record)


async def _card(terminal, order):
    """The Payment of the order's card; asked for again, with the reason, where it is another."""
    while True:
        payment = await overlay.run("flows.card.of_order", terminal)
        if cards.masked(payment.pan) == order.card:
            return payment
        await terminal.ui.ask("message", TITLE, "by_card.other", card=order.card)
