"""A serial line: bytes take their time at the baud rate, and suffer what the faults say.

Each direction is a Line of its own. A line never reorders, and one seed damages it one way.
"""

from collections import deque
from collections.abc import Callable
from math import ceil
from random import Random

from host_sim.agenda import NEVER

_BITS_A_BYTE = 10  # 8N1: start, eight data bits, stop


class Line:
    """One direction. What is sent together arrives together, when its last byte is through.

    `tap(data, now_ms)` sees all that enters. `cut` swallows everything; `damage` (data -> data) is
    applied to what enters a line that is not cut. `due` is when the next bytes arrive, in whole ms;
    NEVER while nothing is on its way.
    """

    def __init__(self, baud: int, tap: Callable[[bytes, int], None] | None = None):
        self.baud = baud
        self.tap = tap
        self.cut = False
        self.damage: Callable[[bytes], bytes] | None = None
        self._free_at = 0.0  # ms; when the line has sent all that was handed to it
        self._moving: deque[tuple[float, float, bytes]] = deque()  # start, end, bytes
        self.due = NEVER

    def send(self, data: bytes, now_ms: int) -> None:
        """Hand over bytes; they follow those still on their way."""
        if self.tap is not None:
            self.tap(data, now_ms)
        self.inject(b"" if self.cut else self.damage(data) if self.damage else data, now_ms)

    def inject(self, data: bytes, now_ms: int) -> None:
        """Noise: bytes that no tap and no fault sees."""
        if data:
            start = max(float(now_ms), self._free_at)
            self._free_at = start + self._milliseconds(len(data))
            self._moving.append((start, self._free_at, data))
            if self.due == NEVER:
                self.due = ceil(self._free_at)

    def abort(self, now_ms: int) -> None:
        """The sender lost its power: bytes that have not left yet never will."""
        moving, self._moving = self._moving, deque()
        for start, end, data in moving:
            kept = data[: max(0, int((now_ms - start) / self._milliseconds(1)))]
            if kept:
                self._moving.append((start, min(end, float(now_ms)), kept))
        self._free_at = float(now_ms)
        self.due = ceil(self._moving[0][1]) if self._moving else NEVER

    def arrived(self, now_ms: int) -> bytes:
        """Bytes that have arrived by now, each handed out once."""
        data = b""
        while self.due <= now_ms:
            data += self._moving.popleft()[2]
            self.due = ceil(self._moving[0][1]) if self._moving else NEVER
        return data

    def _milliseconds(self, count: int) -> float:
        return count * _BITS_A_BYTE * 1000 / self.baud


class Damage:
    """Byte faults at the given chances, from a seeded generator: a byte is lost, doubled, or one
    of its bits is flipped."""

    def __init__(self, rng: Random, lose: float = 0.0, double: float = 0.0, flip: float = 0.0):
        self.flip = flip
        self._rng = rng
        self._faults = ((lose, self._lose), (double, self._double), (flip, self._flip))

    def __call__(self, data: bytes) -> bytes:
        return b"".join(self._byte(data[at : at + 1]) for at in range(len(data)))

    def _byte(self, byte: bytes) -> bytes:
        for chance, fault in self._faults:
            if chance and self._rng.random() < chance:
                byte = fault(byte)
        return byte

    def _lose(self, byte: bytes) -> bytes:
        return b""

    def _double(self, byte: bytes) -> bytes:
        return byte + byte

    def _flip(self, byte: bytes) -> bytes:
        return bytes(one ^ 1 << self._rng.randrange(8) for one in byte)


class Wire:
    """Both directions of the link between a terminal and its host."""

    def __init__(self, baud: int = 115200):
        self.to_host = Line(baud)
        self.to_terminal = Line(baud)
        self.lines = (self.to_host, self.to_terminal)

    def cut(self, cut: bool = True) -> None:
        """Pull the plug, or (False) put it back."""
        for line in self.lines:
            line.cut = cut
