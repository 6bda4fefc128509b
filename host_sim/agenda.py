"""What is to happen at which millisecond: the simulated world's only list of things to come.

Things due at the same time happen in the order in which they were planned.
"""

from collections.abc import Callable
from heapq import heappop, heappush

NEVER = 2**62  # ms: when something is due that is not to come


class Agenda:
    """`due`: when the next thing is; NEVER if nothing is planned."""

    def __init__(self) -> None:
        self.due = NEVER
        self._entries: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, ms: int, action: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._entries, (ms, self._count, action))
        self.due = self._entries[0][0]

    def run(self, now_ms: int) -> None:
        """Do what is due, and what that makes due at once."""
        while self.due <= now_ms:
            action = heappop(self._entries)[2]
            self.due = self._entries[0][0] if self._entries else NEVER
            action()
