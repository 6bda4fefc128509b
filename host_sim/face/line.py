"""What passes on a till's line, unit by unit as it was sent: packets, ACK, NAK, anything else.

It listens where the bytes enter the line, so what a fault does to them is not seen here.
"""
from typing import NamedTuple

from host_sim.tap import FrameTap, overhear

ACK, NAK = 0x06, 0x15
CONTROL = {ACK: "ACK", NAK: "NAK"}
FRAME = 5   # bytes around a packet: STX, length, ETX, LRC


class Passed(NamedTuple):
    """`way`: "out" (to the host) or "in". `packet`: from the TPDU on, None for what is none, which
    `name` then tells: "ACK", "NAK" or "bytes". `again`: the same frame as the one before it that
    way, sent once more. `lost`: the line was cut. `mac`: "valid", "invalid", "unchecked" or None
    for a message without one."""
    at_ms: int
    way: str
    name: str
    size: int
    packet: bytes | None = None
    again: bool = False
    lost: bool = False
    mac: str | None = None


def listen(wire, hear, judge=None):
    """Let hear(Passed) have all that enters a Wire. judge(frame) -> what to say of its MAC."""
    for way, line in (("out", wire.to_host), ("in", wire.to_terminal)):
        overhear(line, _Ear(way, line, hear, judge).hear)


class _Ear:
    def __init__(self, way, line, hear, judge):
        self._way = way
        self._line = line
        self._tell = hear
        self._judge = judge
        self._before = None

    def hear(self, data, now_ms):
        while data:
            told = Passed(now_ms, self._way, "bytes", len(data), lost=self._line.cut)
            packet = next(iter(FrameTap().feed(data)), None)
            if data[0] in CONTROL:
                told = told._replace(name=CONTROL[data[0]], size=1)
            elif packet is not None:
                unit = data[:len(packet) + FRAME]
                told = told._replace(name="packet", size=len(unit), packet=packet,
                                     again=unit == self._before,
                                     mac=self._judge(unit) if self._judge else None)
                self._before = unit
            self._tell(told)
            data = data[told.size:]
