"""What a capture has and what came out of its replay, held together packet by packet.

Only bytes and times are compared, never what a tool thinks of them. What a difference shows of
cards, keys and PIN blocks is masked here, so no report can show more.
"""
from collections import defaultdict, deque
from datetime import timedelta
from typing import NamedTuple

from tools.capture.recording import EPOCH
from tools.reading.hiding import shown
from tools.replay.fields import fault_of, parts_of, unit

MOST = 1000             # differences that are kept; the rest is counted
WHO = {("wire", "out"): "terminal", ("wire", "in"): "host", ("screen", None): "screen",
       ("paper", None): "printer"}


class Difference(NamedTuple):
    """Where the replay parts from the capture. `at_us` as in a Packet, the earlier of both;
    `against`: the end that was replayed; `who`: of WHO, or "replay" for its end; `number`: of the
    packet in the file, from 1; `message` in words; `field`: of the message ("4", "62.DF04",
    "mti"), or what else differs ("time", "row 2"); `at`: its first byte. `expected` and `actual`
    are texts, the `_bytes` hex, each None where there is none."""
    at_us: int
    against: str
    who: str
    number: int | None
    message: str
    field: str
    name: str
    at: int | None
    expected: str | None
    actual: str | None
    expected_bytes: str | None = None
    actual_bytes: str | None = None

    @property
    def moment(self):
        """When, as a datetime in UTC."""
        return EPOCH + timedelta(microseconds=self.at_us)


class Comparison:
    """Takes expected and actual packets of each channel in any order, and pairs them.

    `against` as in a Difference. `packets` counts what was compared, `differences` holds the
    first MOST of them, `more` counts the others.
    """

    def __init__(self, against):
        self.against = against
        self.packets = 0
        self.differences = []
        self.more = 0
        self._expected = defaultdict(deque)     # (channel, way): [(number, Packet)]
        self._actual = defaultdict(deque)

    def expect(self, number, packet):
        """A packet of the file, the `number`th."""
        self._expected[packet.channel, packet.way].append((number, packet))

    def see(self, packet):
        """What the replay did."""
        self._actual[packet.channel, packet.way].append(packet)

    def settle(self, before_us):
        """Both sides are known up to this time, which does not belong to it: pair them."""
        for key in {*self._expected, *self._actual}:
            self._pair(key, before_us)

    def end(self, until_us=None):
        """Pair the rest; what only the replay has from `until_us` on does not count."""
        if until_us is not None:
            self.settle(until_us)
            for key, waiting in self._actual.items():
                while len(waiting) > len(self._expected[key]):
                    waiting.pop()
        self.settle(float("inf"))

    def crashed(self, at_us, words):
        """The replay itself ended early."""
        self._add(Difference(at_us, self.against, "replay", None, "the run", "crash", "",
                             None, "goes on", words))

    def _pair(self, key, before_us):
        expected, actual = self._expected[key], self._actual[key]
        while True:
            number, one = expected[0] if expected else (None, None)
            other = actual[0] if actual else None
            known = [packet.at_us for packet in (one, other) if packet and packet.at_us < before_us]
            if not known:
                return
            if one and other and (one.at_us == other.at_us or one.data == other.data):
                expected.popleft()
                actual.popleft()
                self._compare(number, one, other)
            elif one and one.at_us == min(known):
                expected.popleft()
                self._alone(number, one, "is missing")
            else:
                actual.popleft()
                self._alone(None, other, "is new")

    def _compare(self, number, one, other):
        self.packets += 1
        if one.at_us != other.at_us:
            times = [str(EPOCH + timedelta(microseconds=packet.at_us))[:26]
                     for packet in (one, other)]
            self._add(self._about(number, one, "time", "", None, *times))
        if one.data != other.data:
            for found in differing(one, other):
                self._add(self._about(number, one, *found))

    def _alone(self, number, packet, what):
        self.packets += number is not None
        told = [told_of(packet), None]
        there = told if what == "is missing" else told[::-1]
        self._add(self._about(number, packet, "message", what, None, *there))

    def _about(self, number, packet, *rest):
        return Difference(packet.at_us, self.against, WHO[packet.channel, packet.way], number,
                          told_of(packet), *rest)

    def _add(self, difference):
        if len(self.differences) < MOST:
            self.differences.append(difference)
        else:
            self.more += 1


def told_of(packet):
    """A packet in some words."""
    if packet.channel == "wire":
        return unit(packet.data)
    if packet.channel == "screen":
        return "screen " + " | ".join(row for row in shown_rows(packet) if row)
    return f"{len(packet.data)} bytes to the printer"


def shown_rows(packet):
    """A screen's four rows as a report may show them."""
    return shown(packet.notes.get(f"row{number}", "") for number in range(1, 5))


def differing(one, other):
    """(field, name, at, expected, actual, bytes, bytes) of all that differs in two packets of one
    channel, from left to right."""
    if one.channel == "screen":
        return _screens(one, other)
    if one.channel == "wire":
        return _units(one.data, other.data)
    return [_first_byte(one.data, other.data)]


def _units(one, other):
    sides = [parts_of(data) for data in (one, other)]
    for parts in sides:
        if parts is None:       # no frame, or a packet that cannot be read: told as a whole
            return [_unread(one, other)]
    expected, actual = sides
    found = []
    for name in dict.fromkeys((*expected, *actual)):
        pair = expected.get(name), actual.get(name)
        raw, shown, dumped = ([part and getattr(part, what) for part in pair]
                              for what in ("raw", "shown", "bytes"))
        if raw[0] != raw[1]:
            there = pair[0] or pair[1]
            found.append((name, there.name, there.at, *shown, *dumped))
    return found or [_first_byte(one, other)]


def _unread(one, other):
    faults = [fault_of(data) for data in (one, other)]
    if any(faults):
        field, at = next((fault.field, fault.at) for fault in faults if fault)
        shown = [f"refused: {fault}" if fault else unit(data)
                 for fault, data in zip(faults, (one, other), strict=True)]
        return field, "cannot be read", at, *shown
    if len(one) == len(other) == 1:
        return "control", "", 0, unit(one), unit(other), one.hex().upper(), other.hex().upper()
    return _first_byte(one, other)


def _screens(one, other):
    told = [(f"row {at}", "", None, *pair) for at, pair in enumerate(
        zip(shown_rows(one), shown_rows(other), strict=True), 1) if pair[0] != pair[1]]
    if told:
        return told
    pixels = sum((a ^ b).bit_count() for a, b in zip(one.data, other.data, strict=False))
    at = next(at for at, pair in enumerate(zip(one.data, other.data, strict=False))
              if pair[0] != pair[1])
    return [("pixels", f"{pixels} differ, the first in column {at % 128}, row {at // 128 // 2 + 1}",
             at, f"{one.data[at]:02X}", f"{other.data[at]:02X}")]


def _first_byte(one, other):
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
              min(len(one), len(other)))
    return ("bytes", f"{len(one)} and {len(other)}", at, *(
        data[at:at + 16].hex(" ").upper() for data in (one, other)))

