"""The digit groups inside F60, F61 and the tag DF0E, built and split.
Batch and STAN are integers here and six digits on the wire; amounts are integer fen.
"""

from protocol.errors import LocalMisuse, WireFault


def f60(type_, batch, network="000"):
    """F60 of a request: type n2, batch 0-999999, network code n3 -> 11 digits."""
    return _text("60", type_, 2) + _number("60", batch, 6) + _text("60", network, 3)


def split_f60(digits, at=0):
    """(type, batch, network code) of F60; the code is "" where it is absent, as trailing
    subfields may be. at: the field's position, for the WireFault on fewer than 8 digits.
    """
    if len(digits) < 8:
        raise WireFault("60", at, "type and batch need 8 digits")
    return digits[:2], int(digits[2:8]), digits[8:11]


def f61(batch, stan, mmdd):
    """F61: the original's batch, STAN and date MMDD -> 16 digits. A refund gives zeros for
    batch and STAN, a void the real ones."""
    return _number("61", batch, 6) + _number("61", stan, 6) + _text("61", mmdd, 4)


def split_f61(digits, at=0):
    """(batch, STAN, MMDD) of F61. Raises WireFault on fewer than 16 digits."""
    if len(digits) < 16:
        raise WireFault("61", at, "batch, STAN and date need 16 digits")
    return int(digits[:6]), int(digits[6:12]), digits[12:16]


def open_intent(batch, stan, date, amount_fen, state):
    """A value of DF0E (ours): key of an open refund, date YYYYMMDD, state n2 -> 34 digits."""
    path = "62.DF0E"
    return (
        _number(path, batch, 6)
        + _number(path, stan, 6)
        + _text(path, date, 8)
        + _number(path, amount_fen, 12)
        + _text(path, state, 2)
    )


def split_open_intent(digits):
    """(batch, STAN, date, amount_fen, state) of the 34 digits of a DF0E."""
    return int(digits[:6]), int(digits[6:12]), digits[12:20], int(digits[20:32]), digits[32:]


def _number(field, value, width):
    if not 0 <= value < 10**width:
        raise LocalMisuse(field, "a number that does not fit %d digits" % width)
    return "%0*d" % (width, value)


def _text(field, value, width):
    if len(value) != width:
        raise LocalMisuse(field, "is not %d digits" % width)
    return value
