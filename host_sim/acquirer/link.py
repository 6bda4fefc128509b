"""The acquirer at the end of a serial line: frames in, frames out, no input or output of its own.

Requests are answered in the order they came; garbage on the line never stops the next one.
"""

from collections import deque
from datetime import datetime
from typing import Protocol

from host_sim.acquirer.faults import Faults
from protocol.framing import Link, elapsed

REPLIES_HELD = 8  # a line that acknowledges nothing loses the oldest beyond these
_MTI = slice(11, 13)


class Answering(Protocol):
    """server.Acquirer, or what stands before it."""

    faults: Faults

    def answer(self, packet: bytes, now: datetime) -> bytes | None: ...


class LinkServer:
    """`acquirer` behind one serial line. Times are ms on the caller's counter, as Link has them."""

    def __init__(self, acquirer: Answering):
        self._acquirer = acquirer
        self._link = Link()
        self._now_ms = 0
        # (made at ms, held back ms, packet), in order
        self._replies: deque = deque(maxlen=REPLIES_HELD)

    @property
    def counters(self) -> dict:
        """The link's counters of line faults."""
        return self._link.counters

    def receive(self, data: bytes, now_ms: int, now: datetime) -> None:
        """Take bytes from the line; `now` is the acquirer's date and time."""
        self._link.receive(data, now_ms)
        self._work(now_ms, now)

    def poll(self, now_ms: int, now: datetime) -> None:
        """Let time pass; to be called by the deadline."""
        self._link.poll(now_ms)
        self._work(now_ms, now)

    def outgoing(self) -> bytes:
        """Bytes to write to the line now."""
        return self._link.outgoing()

    def deadline(self) -> int | None:
        """When poll must be called next, None if never."""
        due = self._link.deadline()
        left_ms = self._left_ms() if self._replies else 0
        if left_ms <= 0:
            return due
        reply_due = self._now_ms + left_ms
        return reply_due if due is None else min(due, reply_due)

    def _work(self, now_ms, now):
        self._now_ms = now_ms
        for kind, packet in self._link.events():
            if kind == "packet":
                reply = self._acquirer.answer(packet, now)
                if reply is not None:
                    delay_ms = self._acquirer.faults.delay_ms(packet[_MTI].hex())
                    self._replies.append((now_ms, delay_ms, reply))
        while self._replies:
            if self._left_ms() > 0 or not self._link.send(self._replies[0][2], now_ms):
                return
            self._replies.popleft()

    def _left_ms(self):
        """How much longer the first reply is held back."""
        made_at, delay_ms, _ = self._replies[0]
        return delay_ms - elapsed(self._now_ms, made_at)
