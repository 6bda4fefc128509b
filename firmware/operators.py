"""Who may use the terminal: numbers, roles, passwords salted, hashed and slowed, and how often each
was wrong in a row.

A password is never stored, shown or logged; a comparison takes the same time wherever it differs; a
wrong one is counted, durably, before anybody is told that it was wrong.
"""

import hashlib

from micropython import const

from firmware import overlay

_OPERATORS = const("operators")
SUPERVISOR = "00"
TRIES = 3
_WAITS_MIN = const((1, 5, 30))  # how long the supervisor is locked; nobody else could unlock him
ROUNDS = const(3000)  # of SHA-256: a quarter to half a second on a Pico
SALT_BYTES = const(8)

# One row an operator: number, wrong passwords in a row, 1 if the password is to be changed, rounds
# (2 bytes, so that those of old passwords are known when ROUNDS is raised), salt, digest.
_ROW = const(29)
_EARLY_ROUNDS = const(200)  # of an early version, see upgrade.py
_WRONG = const(1)
_FIRST = const(2)
_ROUNDS = const(3)
_SALT = const(5)
_DIGEST = const(13)


class Operators:
    """The operators as they are stored at this moment."""

    def __init__(self, storage):
        self._storage = storage
        rows = storage.read(_OPERATORS) or b""
        if rows[2:3] == b"=":  # lines of text, as an early version had them
            rows = overlay.call("upgrade.operators", rows)
        self._rows = bytearray(rows)

    def numbers(self):
        """Of two digits each."""
        return ["%02d" % self._rows[at] for at in self._places()]

    def known(self, number):
        return number in self.numbers()

    def check(self, number, password):
        """Whether `password` (digits) is the one of operator `number`. Counts nothing."""
        if not self.known(number):
            return False
        row = self._row(number)
        salt, rounds = bytes(row[_SALT:_DIGEST]), int.from_bytes(row[_ROUNDS:_SALT], "big")
        if rounds == _EARLY_ROUNDS:
            password = number + password
        return same(row[_DIGEST:], hashed(salt, password, rounds))

    def to_be_changed(self, number):
        """Whether the password is the one that the supervisor gave."""
        return self._row(number)[_FIRST] == 1

    def tries_left(self, number):
        """Before operator `number` is locked; 0 where he is."""
        return max(0, TRIES - self._row(number)[_WRONG])

    def wait_min(self):
        """How long the supervisor is locked, from his last try or the last power-on; 0: not."""
        over = self._row(SUPERVISOR)[_WRONG] - TRIES
        return 0 if over < 0 else _WAITS_MIN[min(over, len(_WAITS_MIN) - 1)]

    def count(self, number, right):
        """The right password ends the counting, a wrong one is counted; durable at return."""
        at = self._find(number) + _WRONG
        wrong = 0 if right else min(255, self._rows[at] + 1)
        if wrong != self._rows[at]:  # the right password writes nothing, as a rule
            self._rows[at] = wrong
            self._save()

    def put(self, number, password, salt, to_be_changed=False, rounds=ROUNDS):
        """A new operator, or a new password of one, who is not locked any more."""
        self._take_out(number)
        self._rows += bytes((int(number), 0, to_be_changed)) + rounds.to_bytes(2, "big") + salt
        self._rows += hashed(salt, password, rounds)
        self._save()

    def remove(self, number):
        self._take_out(number)
        self._save()

    def good(self, number, password):
        """Whether it may be a new password: long enough, not the number, not all digits alike, not
        the old one."""
        alike = password == password[:1] * len(password)
        short = len(password) < least_digits(number)
        return not (short or alike or int(password) == int(number) or self.check(number, password))

    def _find(self, number):
        """Where the row of a known operator begins."""
        return [at for at in self._places() if self._rows[at] == int(number)][0]

    def _places(self):
        return range(0, len(self._rows), _ROW)

    def _row(self, number):
        at = self._find(number)
        return self._rows[at : at + _ROW]

    def _take_out(self, number):
        if self.known(number):
            at = self._find(number)
            self._rows[at : at + _ROW] = b""

    def _save(self):
        self._storage.write(_OPERATORS, bytes(self._rows))


def least_digits(number):
    return 6 if number == SUPERVISOR else 4


def hashed(salt, password, rounds):
    """16 bytes of a salted password."""
    data = salt + password.encode()
    for _ in range(rounds):
        data = hashlib.sha256(data).digest()
    return data[:16]


def same(one, other):
    difference = len(one) ^ len(other)
    for a, b in zip(one, other):
        difference |= a ^ b
    return difference == 0
