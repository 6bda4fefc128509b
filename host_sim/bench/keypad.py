"""The key matrix: which pins a finger joins, with the bounce of a real contact.

It knows where the keys are and how they are wired, nothing of what they mean.
"""

from collections.abc import Sequence
from random import Random

KEYS = (
    ("1", "2", "3", "UP"),
    ("4", "5", "6", "DOWN"),
    ("7", "8", "9", "CLEAR"),
    ("CANCEL", "0", "ENTER", "MENU"),
)
NAMES = tuple(name for row in KEYS for name in row)

BOUNCE_MS = 8  # a contact chatters no longer than this
_BOUNCES = 3


class KeyMatrix:
    """`contacts`: the (row pin, column pin) pairs that the keys now down join."""

    def __init__(self, rows: Sequence[int], columns: Sequence[int]):
        self._pairs = {
            name: (row, column)
            for row, names in zip(rows, KEYS, strict=True)
            for column, name in zip(columns, names, strict=True)
        }
        self.contacts: set[tuple[int, int]] = set()

    def put(self, name: str, down: bool) -> None:
        """KeyError for a name that is on no key."""
        if down:
            self.contacts.add(self._pairs[name])
        else:
            self.contacts.discard(self._pairs[name])


def bounce(rng: Random, down: bool) -> list[tuple[int, bool]]:
    """How a contact goes to its new state: (ms after the finger moved, closed), last one stays."""
    times = sorted(rng.sample(range(1, BOUNCE_MS + 1), 2 * rng.randint(0, _BOUNCES)))
    states = [down] + [down if index % 2 else not down for index in range(len(times))]
    return list(zip([0, *times], states, strict=True))
