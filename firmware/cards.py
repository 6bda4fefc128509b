"""What a card says of itself: its number, track 2 as a head reads it, and how it may be shown.

A whole number goes into a request and nowhere else.
"""

from micropython import const

SHORTEST, LONGEST = 13, 19  # digits of a number
_TRACK = const(37)  # characters between the sentinels, ISO 7813
_START, _END = const(0x3B), const(0x3F)  # ; ?


class Track:
    """`pan`, `expiry` (YYMM) and `text`, the track as F35 has it."""

    def __init__(self, pan, expiry, text):
        self.pan = pan
        self.expiry = expiry
        self.text = text


def read_track(line):
    """The Track in the bytes `;...?` and LRC of a head, or None where they are damaged or none."""
    if not 4 <= len(line) <= _TRACK + 3 or line[0] != _START or line[-2] != _END:
        return None
    lrc = 0
    for byte in line[:-1]:
        if not 0x30 <= byte <= _END:
            return None
        lrc ^= byte
    if lrc & 0x0F != line[-1] & 0x0F:
        return None
    text = line[1:-2].decode()
    pan, separator, rest = text.partition("=")
    digits = pan.isdigit() and rest.isdigit() and len(rest) >= 7  # expiry and service code
    if not (separator and digits and SHORTEST <= len(pan) <= LONGEST and luhn(pan)):
        return None
    return Track(pan, rest[:4], text)


def luhn(number):
    """Whether the check digit of a card number is right."""
    total = 0
    double = False
    for byte in reversed(number.encode()):
        digit = (byte - 0x30) * (2 if double else 1)
        total += digit - 9 if digit > 9 else digit
        double = not double
    return total % 10 == 0


def masked(pan):
    """First six and last four."""
    return pan[:6] + "****" + pan[-4:]
