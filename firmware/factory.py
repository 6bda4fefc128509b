"""What the maker writes into a new terminal, and no terminal ever does."""

import hashlib

from firmware.operators import SALT_BYTES, Operators
from firmware.params import DEFAULTS, PARAMS
from firmware.risk import LIMITS
from firmware.storage import pack_lines


def write_params(storage, values):
    """`values` for names of params.DEFAULTS."""
    merged = dict(DEFAULTS)
    merged.update(values)
    storage.write(PARAMS, pack_lines(merged))


def write_operators(storage, passwords, salt):
    """{number: password}; `salt` is text that differs from terminal to terminal."""
    operators = Operators(storage)
    for number in sorted(passwords):
        own_salt = hashlib.sha256((salt + number).encode()).digest()[:SALT_BYTES]
        operators.put(number, passwords[number], own_salt)


def write_limits(storage, values):
    """`values` for names of risk.DEFAULTS."""
    storage.write(LIMITS, pack_lines(values))
