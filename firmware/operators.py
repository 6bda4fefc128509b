"""Who may use the terminal: operator numbers, roles, and passwords kept salted and hashed.

A password is never stored, shown or logged; a comparison takes the same time wherever it differs.
"""

import hashlib

from firmware.storage import unpack_lines

OPERATORS = "operators"
SUPERVISOR = "00"
ROUNDS = 200  # of SHA-256: slows guessing from a stolen flash image
TRIES = 3


class Operators:
    def __init__(self, storage):
        self._stored = unpack_lines(storage.read(OPERATORS))

    def known(self, number):
        return number in self._stored

    def check(self, number, password):
        """Whether `password` (digits) is the one of operator `number`."""
        if number not in self._stored:
            return False
        salt, digest = self._stored[number].split(":")
        return same(digest, hashed(salt, password))


def hashed(salt, password):
    """Hex digest of a salted password."""
    data = (salt + password).encode()
    for _ in range(ROUNDS):
        data = hashlib.sha256(data).digest()
    return data.hex()


def same(one, other):
    difference = len(one) ^ len(other)
    for a, b in zip(one, other):
        difference |= ord(a) ^ ord(b)
    return difference == 0
