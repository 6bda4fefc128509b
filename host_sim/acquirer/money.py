"""Amounts between text and fen: 128.00 yuan is 12800.

Read exactly or not at all: no float ever touches an amount.
"""

import re

_YUAN = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?")


def fen(text: str) -> int:
    """The amount in a text like 128, 128.5 or 128.00, in fen. ValueError for any other."""
    found = _YUAN.fullmatch(text) if text.isascii() else None
    if found is None:
        raise ValueError(f"{text!r} is not an amount in yuan like 128.00")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def yuan(amount_fen: int) -> str:
    """The inverse, always with two decimals."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"
