"""The gateway of a real shop: a terminal's serial line on one side, TCP on the other.

It carries packets and looks into none. A packet that finds no connection is lost, as on any line.
"""

from collections.abc import Callable
from datetime import datetime

from protocol.framing import Link
from protocol.tcp import LengthPrefixed, wrap


class Gateway:
    """Where World wants a host: `send(bytes)` writes to the connection, and says whether there is
    one. Times are ms on the terminal's counter."""

    def __init__(self, send: Callable[[bytes], bool]):
        self._send = send
        self._link = Link()
        self._cut = LengthPrefixed()
        self.lost = 0  # packets of the terminal that found no connection

    def receive(self, data: bytes, now_ms: int, now: datetime) -> None:
        self._link.receive(data, now_ms)
        self._work()

    def poll(self, now_ms: int, now: datetime) -> None:
        self._link.poll(now_ms)
        self._work()

    def outgoing(self) -> bytes:
        return self._link.outgoing()

    def deadline(self) -> int | None:
        return self._link.deadline()

    def connected(self) -> None:
        """A new connection: what was left of the old one is nothing."""
        self._cut = LengthPrefixed()

    def arrived(self, data: bytes, now_ms: int) -> list[bytes]:
        """Bytes came over TCP; the packets that go on to the terminal."""
        packets = self._cut.receive(data)
        return [packet for packet in packets if self._link.send(packet, now_ms)]

    def _work(self):
        for kind, packet in self._link.events():
            if kind == "packet" and not self._send(wrap(packet)):
                self.lost += 1
