"""An order as the host told it, and the choice between void and refund.

The choice is the rule's, never the operator's memory.
"""

from firmware import refund_state as states
from protocol import tlv
from protocol.errors import WireFault
from protocol.subfields import f61, split_f61

MOST_FEN = 0xFFFFFFFF  # what the four bytes of an amount in the journal hold: 42,949,672.95 yuan


class Order:
    def __init__(self, fields):
        """`fields` of the checked 0610 of an order inquiry. WireFault if its F62 is malformed, or
        its amount is more than the journal can keep."""
        tags = tlv.unpack(fields[62])
        for tag in ("DF01", "DF04", "DF05"):
            if tag not in tags:
                raise WireFault("62." + tag, 0, "missing in the order")
        self.number = tags["DF01"]
        self.product = tags.get("DF02", "")
        self.quantity = tags.get("DF03", "0001")
        self.amount_fen = int(tags["DF04"])
        if self.amount_fen > MOST_FEN:
            raise WireFault("62.DF04", 0, "more than the journal holds")
        self.refunded_fen = int(tags["DF05"])
        self.terminal = tags.get("DF0B", "")
        self.token = tags.get("DF0D", b"")
        self.card = _masked(tags.get("DF10", ""))  # a QR-paid order has none
        self.rrn = fields[37]
        self.batch, self.stan, self.mmdd = split_f61(fields[61])
        self.original = fields[61]

    def dated_only(self):
        """F61 of a refund: zeros for batch and STAN, then the original's MMDD."""
        return f61(0, 0, self.mmdd)

    @property
    def left_fen(self):
        return self.amount_fen - self.refunded_fen


def _masked(card):
    """First six and last four, whatever the host sent."""
    return card[:6] + "****" + card[-4:] if card else ""


def void_or_refund(order, amount_fen, terminal, batch):
    """refund_state.VOID if own terminal, open batch, full amount, nothing refunded; else REFUND."""
    same_till = order.terminal == terminal and order.batch == batch
    whole = amount_fen == order.amount_fen and order.refunded_fen == 0
    return states.VOID if same_till and whole else states.REFUND
