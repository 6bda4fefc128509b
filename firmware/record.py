"""One refund or void as the journal keeps it: the table of its fields and their bytes.

The order of FIELDS is the stored order. Change it only together with VERSION.
"""

VERSION = 1
LARGEST = 392  # bytes, 400 with storage's frame; the table's limits stay below it

U8, U32, TEXT, RAW = 1, 4, 0, -1  # one byte, four bytes, counted UTF-8, counted bytes

FIELDS = (
    ("version", U8),
    ("type", U8),  # refund_state.REFUND or VOID
    ("state", U8),
    ("earlier", U8),  # the state before a cancel
    ("print_state", U8),
    ("terminal", TEXT),  # F41, with batch, STAN and date the transaction's key
    ("batch", U32),
    ("stan", U32),
    ("date", TEXT),  # YYYYMMDD at PREPARED; stored, never computed again
    ("time", TEXT),  # HHMMSS at PREPARED, by the terminal's clock
    ("amount_fen", U32),
    ("currency", TEXT),  # F49
    ("entry_mode", TEXT),  # F22
    ("condition", TEXT),  # F25
    ("original", TEXT),  # F61: batch, STAN and MMDD of the original
    ("original_rrn", TEXT),  # F37
    ("order", TEXT),
    ("product", TEXT),
    ("quantity", TEXT),
    ("order_amount_fen", U32),
    ("reason", TEXT),
    ("operator", TEXT),
    ("fingerprint", RAW),  # of the business fields, 8 bytes
    ("card", TEXT),  # masked; empty for a QR-paid order
    ("token", RAW),  # DF0D, the card's name at the host
    ("key_id", U8),  # the working keys under which it was last sent
    ("tries", U8),
    ("host_time", TEXT),  # F12 of the reply
    ("host_date", TEXT),  # F13
    ("rrn", TEXT),  # F37
    ("code", TEXT),  # F39
    ("parties", TEXT),  # F44: issuer and acquirer
    ("arrival", TEXT),  # DF09, YYYYMMDD
)

# print_state
NOT_PRINTED, PRINTING, MERCHANT_COPY, SIGNED, PRINTED = 0, 1, 2, 3, 4


class Record:
    """Attributes as in FIELDS; a new one is empty."""

    def __init__(self):
        for name, kind in FIELDS:
            setattr(self, name, "" if kind == TEXT else b"" if kind == RAW else 0)
        self.version = VERSION

    def key(self):
        """Terminal, batch, STAN and stored date: what names this transaction for ever."""
        return "%s-%06d-%06d-%s" % (self.terminal, self.batch, self.stan, self.date)


def pack(record):
    """The stored bytes; storage.py frames them. ValueError if the record outgrew the slot."""
    out = bytearray()
    for name, kind in FIELDS:
        value = getattr(record, name)
        if kind > 0:
            out += value.to_bytes(kind, "big")
            continue
        if kind == TEXT:
            value = value.encode()
        out.append(len(value))
        out += value
    if len(out) > LARGEST:
        raise ValueError("record of %d bytes exceeds %d" % (len(out), LARGEST))
    return bytes(out)


def unpack(data):
    """The record, or None where storage found none, or one of another version."""
    if not data or data[0] != VERSION:
        return None
    record = Record()
    at = 0
    for name, kind in FIELDS:
        if kind > 0:
            setattr(record, name, int.from_bytes(data[at : at + kind], "big"))
            at += kind
            continue
        length = data[at]
        value = bytes(data[at + 1 : at + 1 + length])
        setattr(record, name, value.decode() if kind == TEXT else value)
        at += 1 + length
    return record
