"""The session keys of a line, as far as a listener can know them: learnt from the 0810s that pass.

A key stays in here: nothing of one goes into a text, a note or an error.
"""
import tomllib
from collections import defaultdict, deque
from typing import NamedTuple

from host_sim.acquirer.samples import secrets
from protocol.errors import WireFault
from protocol.iso8583 import decode, mac_span
from protocol.keys import TMK_SIZE, unwrap_working_keys
from protocol.mac import KEY_SIZES, Mac
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import macs_under
from tools.capture.units import HEAD, TAIL, is_sound

KEPT_SETS = 4           # of a terminal: an old one lives until the last transaction under it ends
_TERMINAL, _CODE, _TAGS, _MAC = 41, 39, 62, 64


class KeyFileFault(Exception):
    """A file of keys that cannot be used; its text says where, never what stands there."""


class Known(NamedTuple):
    """What a file of keys tells of a terminal: its TMK, its MAK or both, and which MACs to try."""
    tmk: bytes | None
    mak: bytes | None
    algorithms: tuple


def published_tmk(terminal):
    """The TMK that the sample shop's public rule gives a terminal's number."""
    return secrets([(terminal,)]).tmk_of(terminal)


def read_keys(path):
    """{terminal's number: Known} of a TOML file: `[[terminal]]` tables with `number`, `tmk` or
    `mak` in hex, and `mac`, the algorithm, if it is to be that one. Raises KeyFileFault."""
    try:
        with open(path, "rb") as file:
            rows = tomllib.load(file).get("terminal", [])
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        told = reason.strerror if isinstance(reason, OSError) else "it is no TOML"
        raise KeyFileFault(f"{path}: {told}") from None
    known = {}
    for number, row in enumerate(rows if isinstance(rows, list) else [], 1):
        where = f"{path}: terminal {number}"
        if not isinstance(row, dict) or not isinstance(row.get("number"), str):
            raise KeyFileFault(f"{where}: number is missing")
        algorithm = row.get("mac")
        if algorithm is not None and algorithm not in KEY_SIZES:
            raise KeyFileFault(f"{where}: mac is one of {', '.join(KEY_SIZES)}")
        tmk = _key(where, row, "tmk", (TMK_SIZE,))
        mak = _key(where, row, "mak", (8, 16))
        if tmk is None and mak is None:
            raise KeyFileFault(f"{where}: tmk or mak, one of them")
        known[row["number"]] = Known(tmk, mak, (algorithm,) if algorithm else tuple(KEY_SIZES))
    if not known:
        raise KeyFileFault(f"{path}: there is no [[terminal]]")
    return known


def _key(where, row, name, sizes):
    if name not in row:
        return None
    try:
        key = bytes.fromhex(row[name])
    except (TypeError, ValueError):
        raise KeyFileFault(f"{where}: {name} is not hex") from None
    if len(key) not in sizes:
        raise KeyFileFault(f"{where}: {name} is not {' or '.join(map(str, sizes))} bytes")
    return key


class Keys:
    """What follows a line's messages, both ways. `known`: from read_keys()."""

    def __init__(self, known=None):
        self._known = known or {}
        self._ciphers = Ciphers()
        self._macs = defaultdict(lambda: deque(maxlen=KEPT_SETS))     # newest first
        self._test = set()      # terminals whose newest keys came under a published TMK
        for terminal, one in self._known.items():
            if one.mak:
                self._macs[terminal].appendleft(self._fitting(one.mak, one.algorithms))

    def is_test(self, terminal):
        """Whether the keys of this terminal are nobody's secret."""
        return terminal in self._test

    def follow(self, message, packet):
        """Learn what a message brings, and judge its MAC: "valid", "invalid", "unchecked", or None
        for a message without one."""
        fields = message.fields
        terminal = fields.get(_TERMINAL)
        if message.mti == "0810" and fields.get(_CODE) == "00" and _TAGS in fields:
            self._learn(terminal, fields[_TAGS])
        if _MAC not in fields:
            return None
        start, end = mac_span(packet)
        sets = self._macs.get(terminal)
        if not sets:
            return "unchecked"
        for macs in sets:
            for mac in macs:
                if mac.verify(packet[start:end], packet[end:]):
                    return "valid"
        return "invalid"

    def judge(self, unit):
        """What follow() says of a unit of the line; None where there is no message either."""
        packet = unit[HEAD:-TAIL]
        try:
            return self.follow(decode(packet), packet) if is_sound(unit) else None
        except WireFault:
            return None

    def verdict(self, unit):
        """The note on the MAC of a unit of the line, {} where it has none."""
        found = self.judge(unit)
        return {"mac": found} if found else {}

    def _learn(self, terminal, f62):
        known = self._known.get(terminal)
        self._test.discard(terminal)
        every = tuple(KEY_SIZES)
        for tmk, algorithms in ((published_tmk(terminal), every),
                                (known and known.tmk, known and known.algorithms)):
            if tmk is None:
                continue
            try:
                keys = unwrap_working_keys(f62, tmk, self._ciphers)
            except WireFault:
                continue
            if tmk == published_tmk(terminal):
                self._test.add(terminal)
            macs = macs_under(keys, algorithms, self._ciphers)
            self._macs[terminal].appendleft(macs)
            return

    def _fitting(self, mak, algorithms):
        return [Mac(name, mak, self._ciphers) for name in algorithms
                if len(mak) in KEY_SIZES[name]]
