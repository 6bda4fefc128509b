"""One refund, void or sale as the journal keeps it: the table of its fields and their bytes.

The order of FIELDS is the stored order: a new one comes last, with a new _VERSION. A record of an
earlier version ends before it, and stays readable. In memory only while one is made, written or
read.
"""

from micropython import const

from firmware.transaction import Record

_VERSION = const(2)
LARGEST = const(392)  # bytes, 400 with storage's frame; the table's limits stay below it

_U8 = const(1)  # one byte
_U32 = const(4)  # four bytes
_TEXT = const(0)  # counted UTF-8
_RAW = const(-1)  # counted bytes

FIELDS = (
    "version", _U8,
    "type", _U8,  # refund_state.REFUND, VOID or SALE
    "state", _U8,
    "earlier", _U8,  # the state before a cancel
    "print_state", _U8,
    "terminal", _TEXT,  # F41, with batch, STAN and date the transaction's key
    "batch", _U32,
    "stan", _U32,
    "date", _TEXT,  # YYYYMMDD at PREPARED; stored, never computed again
    "time", _TEXT,  # HHMMSS at PREPARED, by the terminal's clock
    "amount_fen", _U32,
    "currency", _TEXT,  # F49
    "entry_mode", _TEXT,  # F22
    "condition", _TEXT,  # F25
    "original", _TEXT,  # F61: batch, STAN and MMDD of the original; a sale has none
    "original_rrn", _TEXT,  # F37
    "order", _TEXT,
    "product", _TEXT,
    "quantity", _TEXT,
    "order_amount_fen", _U32,
    "reason", _TEXT,
    "operator", _TEXT,
    "fingerprint", _RAW,  # of the business fields, 8 bytes
    "card", _TEXT,  # masked; empty for a QR-paid order
    "token", _RAW,  # DF0D, the card's name at the host
    "key_id", _U8,  # the working keys under which it was last sent
    "tries", _U8,
    "host_time", _TEXT,  # F12 of the reply
    "host_date", _TEXT,  # F13
    "rrn", _TEXT,  # F37
    "code", _TEXT,  # F39
    "parties", _TEXT,  # F44: issuer and acquirer
    "arrival", _TEXT,  # DF09, YYYYMMDD
    # since version 2
    "correction", _TEXT,  # why it was taken back to be entered anew; empty where it was not
    "rules", _TEXT,  # of risk.py that held it, and that the supervisor let pass: two digits each
    "corrects", _TEXT,  # key of the one that was entered wrongly and annulled before this one
)  # fmt: skip


def fields():
    """Yield (name, kind) of FIELDS, which holds them in turn to take less memory."""
    for at in range(0, len(FIELDS), 2):
        yield FIELDS[at], FIELDS[at + 1]


def empty(record):
    """Make it a new one."""
    for name, kind in fields():
        setattr(record, name, "" if kind == _TEXT else b"" if kind == _RAW else 0)
    record.version = _VERSION


def pack(record):
    """The stored bytes; storage.py frames them. ValueError if the record outgrew the slot."""
    out = bytearray()
    for name, kind in fields():
        value = getattr(record, name)
        if kind > 0:
            out += value.to_bytes(kind, "big")
            continue
        if kind == _TEXT:
            value = value.encode()
        out.append(len(value))
        out += value
    if len(out) > LARGEST:
        raise ValueError("record of %d bytes exceeds %d" % (len(out), LARGEST))
    return bytes(out)


def unpack(data):
    """The record, or None where storage found none, or one of a later version."""
    if not data or not 1 <= data[0] <= _VERSION:
        return None
    record = Record()
    at = 0
    for name, kind in fields():
        if at >= len(data):
            break
        if kind > 0:
            setattr(record, name, int.from_bytes(data[at : at + kind], "big"))
            at += kind
            continue
        length = data[at]
        value = bytes(data[at + 1 : at + 1 + length])
        setattr(record, name, value.decode() if kind == _TEXT else value)
        at += 1 + length
    record.version = _VERSION
    return record
