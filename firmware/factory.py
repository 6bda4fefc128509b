"""What the maker writes into a new terminal, and no terminal ever does."""

from firmware.operators import OPERATORS, hashed
from firmware.params import DEFAULTS, PARAMS
from firmware.storage import pack_lines


def write_params(storage, values):
    """`values` for names of params.DEFAULTS."""
    merged = dict(DEFAULTS)
    merged.update(values)
    storage.write(PARAMS, pack_lines(merged))


def write_operators(storage, passwords, salt):
    """{number: password}; `salt` is text that differs from terminal to terminal."""
    stored = {}
    for number in passwords:
        own_salt = salt + number
        stored[number] = own_salt + ":" + hashed(own_salt, passwords[number])
    storage.write(OPERATORS, pack_lines(stored))
