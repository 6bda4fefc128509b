"""Which response codes end a transaction for good."""

from protocol.dialect import row
from protocol.dialect.codes import CODES

# Where the rule for a refund does not hold: the codes that end these.
_FINAL = {
    "cancel": ("00", "12"),
    "cancel_repeat": ("00", "12"),
    "sale_reversal": ("00", "12", "25"),
    "void_reversal": ("00", "12", "25"),
}


def is_final(name, code):
    """Whether F39 ends a transaction for good; code None is silence. 09, held for review, does not:
    the caller treats it apart. For a void or sale, not final means: reverse it."""
    if name in _FINAL:
        return code in _FINAL[name]
    found = code and row(CODES, code, 3)
    return bool(found) and found[1] == "final"
