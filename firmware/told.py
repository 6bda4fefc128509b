"""Reads an order in the host's reply to an inquiry."""

from micropython import const

from firmware.orders import Order
from protocol import tlv
from protocol.errors import WireFault
from protocol.subfields import split_f61

# What the four bytes of an amount in the journal hold: 42,949,672.95 yuan.
_MOST_FEN = const(0xFFFFFFFF)


def order(fields):
    """The Order in `fields` of the checked 0610 of an order inquiry. WireFault if its F62 is
    malformed, or its amount is more than the journal can keep."""
    tags = tlv.unpack(fields[62])
    for tag in ("DF01", "DF04", "DF05"):
        if tag not in tags:
            raise WireFault("62." + tag, 0, "missing in the order")
    amount_fen = int(tags["DF04"])
    if amount_fen > _MOST_FEN:
        raise WireFault("62.DF04", 0, "more than the journal holds")
    split_f61(fields[61])  # malformed: refused before anybody is asked for an amount
    return Order(
        tags["DF01"],
        tags.get("DF02", ""),
        tags.get("DF03", "0001"),
        amount_fen,
        int(tags["DF05"]),
        _masked(tags.get("DF10", "")),
        tags.get("DF0D", b""),
        (tags.get("DF0B", ""), fields[37], fields[61]),
    )


def _masked(card):
    """First six and last four, whatever the host sent."""
    return card[:6] + "****" + card[-4:] if card else ""
