"""The serial line of a campaign: one direction that loses, doubles, delays, damages and forges what
is sent, as the faults of a run say.

What the tap sees is what was sent, not what became of it.
"""

from random import Random
from typing import Any

from host_sim.bench.wire import Line

STX, ETX = 0x02, 0x03
_SHORTEST = 20  # a frame that is worth a replay; an ACK is not


class FaultyLine(Line):
    """`way` is "out" or "in". `agenda`, the world's, and cut_power(ms) are to be set before
    the first send."""

    def __init__(self, way, book, baud=115200):
        super().__init__(baud)
        self.way = way
        self.agenda: Any = None
        self.cut_power: Any = None
        self.forged = {}  # packets that were altered under a right LRC: at which byte
        self._book = book
        self._frames = []  # what was sent before
        self._held = b""
        self._dead_until = 0
        self._deaf_until = 0

    def send(self, data, now_ms):
        if self.tap is not None:
            self.tap(data, now_ms)
        sent = data
        # One fault a frame: two equal flips in two blocks are beyond what unionpay-ecb promises.
        for fault in self._book.due(self.way)[:1]:
            kind = fault.kind.removesuffix(f" {self.way}")
            changed = _EFFECTS[kind](self, data, fault, now_ms)
            if changed is not None:
                self._book.note(fault)
                data = changed
        if len(sent) >= _SHORTEST:
            self._frames.append(sent)
        if self._held and data and not self._is_dead(now_ms):
            data, self._held = self._held + data, b""
        self.pass_on(data, now_ms)

    def pass_on(self, data, now_ms):
        if not self._is_dead(now_ms):
            self.inject(data, now_ms)

    def later(self, ms, data, now_ms):
        at = now_ms + ms
        self.agenda.at(at, lambda: self.pass_on(data, at))

    def deafen(self, until_ms):
        """What arrives until then is lost: the other end is busy with something else."""
        self._deaf_until = until_ms

    def arrived(self, now_ms):
        data = super().arrived(now_ms)
        return b"" if now_ms < self._deaf_until and not self._book.healed else data

    def _is_dead(self, now_ms):
        return now_ms < self._dead_until and not self._book.healed

    # what each kind makes of the bytes sent: other bytes, or None where it cannot take effect

    def _drop(self, data, fault, now_ms):
        return b""

    def _double(self, data, fault, now_ms):
        self.later(fault.a, data, now_ms)
        return data

    def _late(self, data, fault, now_ms):
        self.later(fault.a, data, now_ms)
        return b""

    def _short(self, data, fault, now_ms):
        return data[: fault.a % len(data)]

    def _flip(self, data, fault, now_ms):
        return _flipped(data, fault.a % len(data), fault.b)

    def _forge(self, data, fault, now_ms):
        at = data.find(STX)
        if at < 0 or len(data) < at + _SHORTEST:
            return None
        length = data[at + 1 : at + 3].hex()
        size = int(length) if length.isdigit() else 0
        if not 0 < size <= len(data) - at - 5:
            return None
        place = fault.a % size
        forged = _flipped(data, at + 3 + place, fault.b)
        check = 0
        for byte in forged[at + 1 : at + 4 + size]:
            check ^= byte
        self.forged[forged[at + 3 : at + 3 + size]] = place
        return forged[: at + 4 + size] + bytes([check]) + forged[at + 5 + size :]

    def _lose(self, data, fault, now_ms):
        at = fault.a % len(data)
        return data[:at] + data[at + 1 :]

    def _twice(self, data, fault, now_ms):
        at = fault.a % len(data)
        return data[:at] + data[at : at + 1] + data[at:]

    def _junk(self, data, fault, now_ms):
        at = fault.a % len(data)
        return data[:at] + bytes([fault.b]) + data[at:]

    def _noise(self, data, fault, now_ms):
        return Random(fault.b).randbytes(fault.a + 1) + data

    def _join(self, data, fault, now_ms):
        self._held += data
        return b""

    def _replay(self, data, fault, now_ms):
        if not self._frames:
            return None
        self.later(fault.b, self._frames[fault.a % len(self._frames)], now_ms)
        return data

    def _blackout(self, data, fault, now_ms):
        self.agenda.at(now_ms + fault.a, lambda: self.cut_power(fault.b))
        return data

    def _dead(self, data, fault, now_ms):
        self._dead_until = now_ms + fault.a
        return b""


class FaultyWire:
    """Both directions, as host_sim.bench.wire.Wire has them."""

    def __init__(self, book):
        self.to_host = FaultyLine("out", book)
        self.to_terminal = FaultyLine("in", book)
        self.lines = (self.to_host, self.to_terminal)


def _flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


_EFFECTS = {
    "drop": FaultyLine._drop, "double": FaultyLine._double, "late": FaultyLine._late,
    "short": FaultyLine._short, "flip": FaultyLine._flip, "forge": FaultyLine._forge,
    "lose": FaultyLine._lose, "twice": FaultyLine._twice, "noise": FaultyLine._noise,
    "junk": FaultyLine._junk, "join": FaultyLine._join, "replay": FaultyLine._replay,
    "dead": FaultyLine._dead,
    "blackout": FaultyLine._blackout,
}  # fmt: skip
