"""The same world in real time, its line a real pair of serial ports opened with pyserial.

Two PTYs joined in this process, as two ports are by a null-modem cable; no thread: select waits
for bytes and for the next thing that is due.
"""

import os
import pty
import select
import time
import tty
from collections.abc import Callable
from datetime import datetime
from typing import Any

import serial

from host_sim.agenda import NEVER
from host_sim.world import World

BAUD = 115200
_PIECE = 4096


class _Direction:
    """World's view of one direction: bytes go into one port and come out of the other.

    A PTY holds 4096 bytes, more than both ends of the link ever have under way.
    """

    def __init__(self, near: serial.Serial, far: serial.Serial):
        self.tap: Callable[[bytes, int], None] | None = None
        self._near = near
        self._far = far

    @property
    def due(self) -> int:
        """0 while bytes wait to be taken; nobody knows when the next ones come."""
        return 0 if self._far.in_waiting else NEVER

    def send(self, data: bytes, now_ms: int) -> None:
        if self.tap is not None:
            self.tap(data, now_ms)
        self._near.write(data)

    def arrived(self, _now_ms: int) -> bytes:
        return self._far.read(self._far.in_waiting)

    def abort(self, _now_ms: int) -> None:
        """What was written has left: a PTY has no speed."""


class Loopback:
    """A null-modem cable: `terminal_port` and `host_port` are pyserial ports, joined."""

    def __init__(self) -> None:
        pairs = [pty.openpty() for _ in range(2)]
        self._masters = [master for master, _ in pairs]
        self._slaves = [slave for _, slave in pairs]
        for descriptor in self._masters + self._slaves:
            tty.setraw(descriptor)
        self.names = [os.ttyname(slave) for slave in self._slaves]
        self.terminal_port, self.host_port = (
            serial.Serial(name, BAUD, timeout=0) for name in self.names
        )
        self.to_host = _Direction(self.terminal_port, self.host_port)
        self.to_terminal = _Direction(self.host_port, self.terminal_port)

    def wait(self, seconds: float) -> None:
        """Until a byte has come through the cable to either port, at most so long."""
        ends = dict(zip(self._masters, reversed(self._masters), strict=True))
        ports = [self.terminal_port.fileno(), self.host_port.fileno()]
        until = time.monotonic() + seconds
        while True:
            left = max(0.0, until - time.monotonic())
            readable, _, _ = select.select(self._masters + ports, [], [], left)
            for end in readable:
                if end in ends:
                    os.write(ends[end], os.read(end, _PIECE))
            if not readable or any(port in readable for port in ports):
                return

    def close(self) -> None:
        self.terminal_port.close()
        self.host_port.close()
        for descriptor in self._masters + self._slaves:
            os.close(descriptor)


class RealTimeWorld(World):
    """World with the same arguments, but `wire`; close() gives the ports back."""

    def __init__(self, server: Any = None, start: datetime | None = None, **arguments: Any):
        super().__init__(server, start=start or datetime.now(), wire=Loopback(), **arguments)
        self._began = time.monotonic()

    def close(self) -> None:
        super().close()
        self.wire.close()

    def _catch_up(self) -> None:
        self.now_ms = int((time.monotonic() - self._began) * 1000)

    def _wait(self, until_ms: int) -> None:
        self.wire.wait(max(0.0, until_ms / 1000 - (time.monotonic() - self._began)))
        self._catch_up()
