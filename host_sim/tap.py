"""Reads whole packets off one direction of the serial line, as a listener with a clip would.

Its own small reading of the frame, apart from protocol/framing.py: a tap that shared the code
would share its mistakes.
"""

from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Any

STX, ETX = 0x02, 0x03


class FrameTap:
    """feed() takes the line's bytes in any pieces and returns the packets completed by them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Packets without framing; bytes that are part of no sound frame are passed over."""
        self._bytes += data
        packets = []
        while self._bytes:
            end = self._end()
            if end == 0:
                break
            if end > 0:
                packets.append(bytes(self._bytes[3 : end - 2]))
            del self._bytes[: max(end, 1)]
        return packets

    def _end(self) -> int:
        """Length of the frame at the front; 0 if it is not complete, -1 if there is none."""
        if self._bytes[0] != STX:
            return -1
        digits = self._bytes[1:3].hex()
        if digits and not digits.isdecimal():
            return -1
        end = 3 + int(digits) + 2 if len(digits) == 4 else len(self._bytes) + 1
        if len(self._bytes) < end:
            return 0
        check = reduce(xor, self._bytes[1 : end - 1])
        return end if self._bytes[end - 2] == ETX and self._bytes[end - 1] == check else -1


def overhear(line: Any, hear: Callable[[bytes, int], None]) -> None:
    """Let `hear(data, now_ms)` have all that enters a line, before whoever listens already."""
    before = line.tap

    def listen(data: bytes, now_ms: int) -> None:
        hear(data, now_ms)
        if before is not None:
            before(data, now_ms)

    line.tap = listen
