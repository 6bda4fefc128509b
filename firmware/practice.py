"""The host of the training mode: orders to practise on, and what it answers to each request.

A table of orders and one function a request; what has none is answered 40, not supported.
"""

from protocol import HELD_FOR_REVIEW, tlv
from protocol.dialect import row
from protocol.dialect.codes import CODES
from protocol.ending import is_final
from protocol.subfields import f61

TRIES = 2  # how often an amount whose code is not final is answered with it

# number: quantity, fen, fen refunded already, sold at this till in the open batch, masked card
ORDERS = {
    "1001": ("0001", 52000, 0, True, "622202******1234"),
    "1002": ("0002", 8800, 0, False, "622848******5678"),
    "1003": ("0003", 30000, 10000, False, ""),
    "1004": ("0001", 4500, 4500, False, "622202******1234"),
}


def answer(host, name, arguments):
    """(fields of the reply, whether its code is final)."""
    fields = ANSWERS.get(name, _not_supported)(host, arguments)
    date, time = host.terminal.date_and_time()
    fields[12], fields[13] = time, date[4:]
    fields.setdefault(37, "TRAIN%07d" % host.count)
    return fields, is_final(name, fields[39])


def _fine(_host, _arguments):
    return {39: "00"}


def _not_supported(_host, _arguments):
    return {39: "40"}


def _order(host, arguments):
    batch, _, number = arguments
    found = _row(host, number, batch)
    if found is None:
        return {39: "25"}
    quantity, amount_fen, refunded_fen, own, card = found
    date, _ = host.terminal.date_and_time()
    told = [
        ("DF01", number),
        ("DF02", host.terminal.ui.text("training.product")),
        ("DF03", quantity),
        ("DF04", "%012d" % amount_fen),
        ("DF05", "%012d" % (refunded_fen + host.refunded.get(number, 0))),
        ("DF0B", host.terminal.params.terminal if own else "00000000"),
    ]
    if card:
        told += [("DF0D", bytes(8)), ("DF10", card)]
    original = f61(batch if own else 1, 1, date[4:])
    rrn = "TRAIN%07d" % (int(number) % 10000000)
    return {39: "00", 37: rrn, 61: original, 62: tlv.pack(told)}


def _row(host, number, batch):
    """Of ORDERS, or of what was sold in training; None where there is no such order."""
    if number in host.sold:
        fen, card, sold_in = host.sold[number]
        return "0001", fen, 0, sold_in == batch, card
    return ORDERS.get(number)


def _money(host, arguments):
    """A refund, its repeat or its cancel; a void."""
    record = arguments[0]
    key = record.key()
    if arguments[1:] and arguments[1][:2] == "04":
        return _undo(host, arguments)
    code = host.booked.get(key)
    if code is None or not _stored(code):
        tries = 0 if code is None else int(host.booked.get(key + "#", 1))
        code = "%02d" % (record.amount_fen % 100)
        if row(CODES, code, 3) is None or (not _stored(code) and tries >= TRIES):
            code = "00"
        host.booked[key] = code
        host.booked[key + "#"] = tries + 1
        if code == "00":
            _book(host, record, record.amount_fen)
    return {39: code, 44: "TRAINING   TRAINING   "}


def _sale(host, arguments):
    """A sale: from now on its order is there to be refunded, voided or taken back."""
    record = arguments[0]
    code = "%02d" % (record.amount_fen % 100)
    if row(CODES, code, 3) is None or code == HELD_FOR_REVIEW:
        code = "00"
    if record.order in ORDERS or record.order in host.sold:
        code = "94"
    host.booked[record.key()] = code
    if code == "00":
        host.sold[record.order] = (record.amount_fen, record.card, record.batch)
    return {39: code, 44: "TRAINING   TRAINING   "}


def _stored(code):
    return code == HELD_FOR_REVIEW or is_final("refund", code)


def _undo(host, arguments):
    record = arguments[0]
    stood = host.booked.get(record.key()) == "00"
    if stood and record.original:
        _book(host, record, -record.amount_fen)
    elif stood:
        if host.refunded.get(record.order):
            return {39: "12"}
        host.sold.pop(record.order, None)
    host.booked[record.key()] = "C9"
    return {39: "00"}


def _book(host, record, fen):
    host.refunded[record.order] = host.refunded.get(record.order, 0) + fen


def _settled(_host, arguments):
    """The totals are always equal."""
    from firmware.settlement import debit_and_credit
    from protocol import batch

    debit_fen, debits, credit_fen, credits_ = debit_and_credit(arguments[0].rows())
    f48 = batch.totals(debit_fen, debits, credit_fen, credits_, batch.EQUAL)
    return {39: "00", 48: f48}


def _status(host, arguments):
    """What is held for review is approved by the time that somebody asks."""
    record = arguments[2]
    code = host.booked.get(record.key())
    if code == HELD_FOR_REVIEW:
        code = host.booked[record.key()] = "00"
        _book(host, record, record.amount_fen)
    state = {"00": "03", "C9": "05", None: "06"}.get(code, "04")
    told = [("DF08", state)]
    if state == "03":
        told.append(("DF09", host.terminal.date_and_time()[0]))
    return {39: "00", 62: tlv.pack(told)}


ANSWERS = {
    "echo": _fine,
    "sign_on": _fine,
    "order_inquiry": _order,
    "refund": _money,
    "void": _money,
    "sale": _sale,
    "reversal": _undo,
    "status": _status,
    "settling.totals": _settled,
}
