"""What may stand behind a key of a scenario: readers of one value each.

A reader takes what TOML gave, and returns the value or raises ValueError that says what is
expected.
"""

import re
from collections.abc import Callable
from datetime import datetime, time
from typing import Any, NamedTuple

from host_sim.acquirer import risk
from host_sim.acquirer.money import fen
from protocol.activation import well_formed
from protocol.reference.tables import CODES

NEEDED = object()  # the default of a key that has none
Reader = Callable[[Any], Any]


class Span(NamedTuple):
    """At least and at most."""

    least: int
    most: int


def text(read: Reader, expected: str = "a text in quotes") -> Reader:
    def value(given):
        if not isinstance(given, str) or not given:
            raise ValueError(f"{given!r} is not {expected}")
        return read(given)

    return value


def matching(pattern: str, expected: str) -> Reader:
    def read(given):
        if not re.fullmatch(pattern, given):
            raise ValueError(f"{given!r} is not {expected}")
        return given

    return text(read, expected)


def digits(least: int, most: int | None = None) -> Reader:
    wide = f"{least}" if most is None else f"{least} to {most}"
    return matching(rf"[0-9]{{{least},{most or least}}}", f"{wide} digits in quotes")


def whole(least: int, most: int) -> Reader:
    def value(given):
        if type(given) is not int or not least <= given <= most:
            raise ValueError(f"{given!r} is not a whole number from {least} to {most}")
        return given

    return value


def one_of(*words: str) -> Reader:
    def value(given):
        if given not in words:
            raise ValueError(f"{given!r} is not one of {', '.join(words)}")
        return given

    return value


def listed(read: Reader) -> Reader:
    def value(given):
        return tuple(read(one) for one in (given if isinstance(given, list) else [given]))

    return value


def truth(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f"{given!r} is neither true nor false")
    return given


def span(given: Any) -> Span:
    """A number, or [at least, at most]."""
    pair = given if isinstance(given, list) else [given, given]
    if len(pair) != 2 or any(type(one) is not int for one in pair) or not 0 <= pair[0] <= pair[1]:
        raise ValueError(f"{given!r} is no number and no [at least, at most]")
    return Span(*pair)


def clock(given: Any) -> tuple[time, time]:
    """["22:00", "06:00"]: from, and up to."""
    try:
        begin, end = (datetime.strptime(one, "%H:%M").time() for one in given)
    except (TypeError, ValueError):
        raise ValueError(f'{given!r} is not two times of day like ["22:00", "06:00"]') from None
    return begin, end


def limits(given: Any) -> risk.Limits:
    """A table of risk.Limits: the amount in yuan as `amount`, times of day as "09:00"."""
    if not isinstance(given, dict):
        raise ValueError("is no table")
    unknown = given.keys() - _LIMITS.keys()
    if unknown:
        raise ValueError(f"unknown key {min(unknown)!r}; there are {', '.join(_LIMITS)}")
    read = {}
    for key, value in given.items():
        target, reader = _LIMITS[key]
        read[target] = reader(value)
    return risk.Limits(**read)


def code(given: Any) -> str:
    if given not in CODES or given == "00":
        raise ValueError(f"{given!r} is no response code (F39) that refuses or holds")
    return given




def _activation_code(given):
    if not well_formed(given):
        raise ValueError(f"{given!r} is not 16 digits, the last one the check digit")
    return given


activation_code = text(_activation_code)
name = matching(r"[0-9A-Za-z_-]{1,32}", "a name of letters, digits, - and _ in quotes")
key_block = matching(r"B[0-9A-Z]{63,111}", "a key block, which begins with B")
order_number = matching(r"[0-9A-Za-z-]{1,32}", "an order number in quotes")
_hhmm = matching(r"([01]\d|2[0-3]):[0-5]\d", 'a time of day like "09:00"')
_LIMITS = {
    "per_terminal": ("per_terminal", whole(0, 9999)),
    "per_operator": ("per_operator", whole(0, 9999)),
    "amount": ("amount_fen", text(fen, "an amount in yuan like 500.00")),
    "sales_percent": ("sales_percent", whole(0, 1000)),
    "opens": ("opens", lambda given: _hhmm(given).replace(":", "")),
    "closes": ("closes", lambda given: _hhmm(given).replace(":", "")),
}
