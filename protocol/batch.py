"""F48 of a settlement (0500) and of a batch upload (0320), built and split: digits, no more.

Amounts are integer fen. Debit is what cardholders paid, credit what went back to them. Everything
counts as domestic: the one scheme of this dialect is CUP; the foreign half is zeros and equal.
"""

from protocol.errors import LocalMisuse, WireFault

EQUAL, NOT_EQUAL, ERROR = 1, 2, 3  # the result; 0 in a request
MOST_ENTRIES = 8  # of one 0320: F48 holds 322 digits
MOST_COUNT = 999
_HALF = 31
_ENTRY = 40
_DOMESTIC = "00"
_NO_CARD = "0" * 20


def totals(debit_fen, debit_count, credit_fen, credit_count, result=0):
    """F48 of a 0500 or 0510 -> 62 digits."""
    foreign = "0" * (_HALF - 1) + ("%d" % (EQUAL if result else 0))
    debit = _number(debit_fen, 12) + _number(debit_count, 3)
    credit = _number(credit_fen, 12) + _number(credit_count, 3)
    return debit + credit + _number(result, 1) + foreign


def split_totals(digits, at=0):
    """(debit_fen, debit_count, credit_fen, credit_count, result), both halves together; of two
    results the worse. WireFault on another length."""
    if len(digits) != 2 * _HALF:
        raise WireFault("48", at, "totals are %d digits, not %d" % (len(digits), 2 * _HALF))
    one, other = [_half(digits[start : start + _HALF]) for start in (0, _HALF)]
    return tuple([one[i] + other[i] for i in range(4)]) + (max(one[4], other[4]),)


def entries(pairs):
    """F48 of a 0320 for (STAN, amount_fen), eight at most."""
    if len(pairs) > MOST_ENTRIES:
        raise LocalMisuse("48", "more than %d entries" % MOST_ENTRIES)
    digits = _number(len(pairs), 2)
    for stan, amount_fen in pairs:
        digits += _DOMESTIC + _number(stan, 6) + _NO_CARD + _number(amount_fen, 12)
    return digits


def split_entries(digits, at=0):
    """[(STAN, amount_fen)] of a 0320. WireFault where the length is not that of the count."""
    if len(digits) < 2 or len(digits) != 2 + int(digits[:2]) * _ENTRY:
        raise WireFault("48", at, "%d digits are not a count and its entries" % len(digits))
    found = []
    for start in range(2, len(digits), _ENTRY):
        entry = digits[start : start + _ENTRY]
        found.append((int(entry[2:8]), int(entry[28:])))
    return found


def count(number):
    """F48 at the end of a batch: how many entries were uploaded."""
    return _number(number, 4)


def split_count(digits, at=0):
    """The number in F48 of a batch end. WireFault on another length."""
    if len(digits) != 4:
        raise WireFault("48", at, "a count is %d digits, not 4" % len(digits))
    return int(digits)


def _half(digits):
    return (
        int(digits[:12]), int(digits[12:15]), int(digits[15:27]), int(digits[27:30]),
        int(digits[30:]),
    )  # fmt: skip


def _number(value, width):
    if not 0 <= value < 10**width:
        raise LocalMisuse("48", "a number that does not fit %d digits" % width)
    return "%0*d" % (width, value)
