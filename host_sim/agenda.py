"""What is to happen at which millisecond: the simulated world's only list of things to come.

Things due at the same time happen in the order in which they were planned.
"""

from collections.abc import Callable
from heapq import heappop, heappush


class Agenda:
    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, ms: int, action: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._entries, (ms, self._count, action))

    def deadline(self) -> int | None:
        """When the next thing is due; None if nothing is planned."""
        return self._entries[0][0] if self._entries else None

    def run(self, now_ms: int) -> None:
        """Do what is due, and what that makes due at once."""
        while self._entries and self._entries[0][0] <= now_ms:
            heappop(self._entries)[2]()
