"""Sales (0200, processing code 000000): the money comes in and an order is there to be refunded.

The order exists if and only if its sale stands: row, posting and stored reply are one transaction.
Of a card only its token and masked number are kept, of a PIN nothing.
"""

from collections import namedtuple

from host_sim.acquirer import cards, ledger, rules
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.handlers import outcome
from host_sim.acquirer.schema import CANCELLED
from protocol import HELD_FOR_REVIEW

Named = namedtuple("Named", "order_no")
PRODUCT = "柜台消费"  # of a sale that names none


def sale(call: Call) -> Answer:
    """A repeat gets the stored outcome, a reversed key CA; what is refused leaves no order."""
    key = call.key("")
    known = ledger.find_txn(call.connection, key)
    number = call.request.tags["DF01"]
    if known is not None:
        if known.state == CANCELLED:
            return Answer("CA")
        if known.kind != "sale" or known.fingerprint != outcome.fingerprint(call):
            return outcome.conflict(call, key)
        order = ledger.find_order(call.connection, number, call.terminal.merchant_id)
        return outcome.stored(known, order)
    payer = cards.payer(call)
    if payer is None:
        return Answer("30")
    holder = ledger.find_number(call.connection, number)
    code = _judged(call, payer, holder)
    if not rules.is_stored(code):
        return Answer(code)  # the terminal reverses the key, which is closed by that
    if code != "00":
        return outcome.decide(call, key, "sale", code, None, None)
    rrn = ledger.next_rrn(call.connection, call.now)
    ledger.sell(call.connection, holder, _order(call, key, payer, rrn))
    order = ledger.find_order(call.connection, number, call.terminal.merchant_id)
    return outcome.decide(call, key, "sale", code, order, None, rrn)


def _judged(call, payer, holder):
    charge = rules.Charge(
        amount_fen=call.amount_fen,
        is_open=call.request.batch == call.terminal.batch,
        taken=holder is not None
        and (holder.sold_fen > 0 or holder.merchant_id != call.terminal.merchant_id),
        card=payer.card,
        expiry=payer.expiry,
        today=call.now.date(),
    )
    code = rules.sale_code(charge)
    if code == "00" and payer.card is not None:
        code = cards.check_pin(call, payer)
    if code == "00":
        code = call.terms.code("sale", call, Named(call.request.tags["DF01"]), 0)
    if code == "00" and call.terminal.test_amounts:
        code = rules.test_code(call.amount_fen, 0)
    return "00" if code == HELD_FOR_REVIEW else code


def _order(call, key, payer, rrn):
    """The row of the order that this sale makes."""
    tags = call.request.tags
    return {
        "order_no": tags["DF01"],
        "merchant_id": call.terminal.merchant_id,
        "product": tags.get("DF02", PRODUCT),
        "quantity": int(tags.get("DF03", "1")) or 1,
        "amount_fen": call.amount_fen,
        "sold_on": f"{call.now:%Y%m%d}",
        "terminal_id": key.terminal_id,
        "batch": key.batch,
        "stan": key.stan,
        "rrn": rrn,
        "issuer": payer.issuer,
        "token": payer.token,
        "masked_card": payer.masked,
        "hold_refunds": False,
    }
