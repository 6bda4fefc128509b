"""Every request this terminal sends, made from a record or from what the operator asked: its MTI
and its fields.

What is sent again after a restart is made from the record alone, so it is the same request.
"""

from micropython import const

from firmware.refund_state import REFUND, SALE
from protocol import tlv
from protocol.errors import WireFault
from protocol.subfields import f60, f61

_REFUND_TYPE = const("25")  # F60.1
_VOID_TYPE = const("23")
_SALE_TYPE = const("22")
_GIVES = const("200000")  # F3: money to the customer
_TAKES = const("000000")
NO_MAC_YET = bytes(8)  # F64's place; exchange.py puts the MAC there


def echo(params, batch):
    return _message(params, "0820", {60: f60("00", batch, "301")})


def sign_off(params, batch, stan):
    fields = {11: stan_digits(stan), 60: f60("00", batch, "002")}
    return _message(params, "0820", fields)


def sign_on(params, batch, stan, operator):
    """003: double-length keys."""
    fields = {11: stan_digits(stan), 60: f60("00", batch, "003"), 63: operator + " "}
    return _message(params, "0800", fields)


def order_inquiry(params, batch, stan, order):
    asked = tlv.pack([("DF01", order)])
    fields = {3: "380000", 11: stan_digits(stan), 60: f60("01", batch), 62: asked}
    return _message(params, "0600", fields, signed=True)


def status(params, batch, stan, record):
    """Asks for the fate of the record's key; reads only. Of a record that was lost the host may
    tell the order."""
    asked = [("DF01", record.order)]
    if record.type == REFUND:  # the others' keys have no date
        asked.append(("DF0C", record.date))
    fields = {
        3: "390000",
        11: stan_digits(stan),
        60: f60("01", batch),
        61: f61(record.batch, record.stan, record.date[4:]),
        62: tlv.pack(asked),
    }
    return _message(params, "0600", fields, signed=True)


def refund(params, record, mti="0220"):
    """0220; 0221 repeats it; 0420 and 0421 cancel it. All carry the record's own key."""
    named = [
        ("DF01", record.order),
        ("DF03", record.quantity),
        ("DF06", record.reason),
        ("DF07", record.operator),
        ("DF0C", record.date),
    ]
    if record.token:
        named.append(("DF0D", record.token))
    if record.rules:
        named.append(("DF13", record.rules))
    if not record.amount_fen:  # it was lost: the key alone must do
        named = [("DF0C", record.date)]
    fields = _financial(record, _REFUND_TYPE)
    fields[37] = record.original_rrn
    fields[61] = record.original
    fields[62] = tlv.pack(named)
    fields[63] = "CUP"
    return _message(params, mti, fields, signed=True)


def void(params, record):
    fields = _financial(record, _VOID_TYPE)
    fields[37] = record.original_rrn
    fields[61] = record.original
    return _message(params, "0200", fields, signed=True)


def sale(params, record):
    """With the card data in RAM, or a payment code; nothing of it is in the record's bytes."""
    named = [("DF01", record.order), ("DF07", record.operator)] + record.secret[1]
    fields = _financial(record, _SALE_TYPE, _TAKES)
    fields[62] = tlv.pack(named)
    fields[63] = "CUP" if record.card else "000"
    return _message(params, "0200", fields, signed=True)


def reversal(params, record, reason):
    """Takes a void or sale back. `reason`: F39; 98 no reply, A0 bad MAC, 06 other."""
    if record.type == SALE:
        fields = _financial(record, _SALE_TYPE, _TAKES)
    else:
        fields = _financial(record, _VOID_TYPE)
        fields[61] = record.original
    fields[39] = reason
    return _message(params, "0400", fields, signed=True)


def tags(f62):
    """What the tags of a reply say, as tlv.unpack gives it; nothing if they cannot be read."""
    try:
        return tlv.unpack(f62)
    except WireFault:
        return {}


def stan_digits(stan):
    return "%06d" % stan


def _financial(record, type_, f3=_GIVES):
    """Fields of all that move money; with the card's, as long as they are in RAM: until the first
    request is answered or given up."""
    fields = {
        3: f3,
        4: "%012d" % record.amount_fen,
        11: stan_digits(record.stan),
        22: record.entry_mode,
        25: record.condition,
        49: record.currency,
        60: f60(type_, record.batch),
    }
    if record.secret:
        fields.update(record.secret[0])
    return fields


def _message(params, mti, fields, signed=False):
    fields[41] = params.terminal
    fields[42] = params.merchant
    if signed:
        fields[64] = NO_MAC_YET
    return mti, fields
