"""THE table of faults: what each kind counts, when it may strike, and its words.

A Fault is plain data, so that a run can be printed, shrunk and played again. What a kind does is
told where it happens: on the line in line.py, at the host in host.py, at the till in stage.py and
clerk.py.
"""

from collections import defaultdict
from random import Random
from typing import NamedTuple

# What the moments of a run are counted by.
COUNTERS = {
    "out": "send of the terminal",
    "in": "send of the host",
    "flash": "flash operation",
    "recovery": "flash operation after the power came back",
    "write": "time at which the flash was written",
    "off": "time without power",
    "database": "database operation",
    "request": "request to the host",
    "hold": "refund held for review",
    "settlement": "settlement told to the host",
    "sale": "sale told to the host",
    "void": "void told to the host",
    "reversal": "reversal of a sale told to the host",
    "key": "key",
    "password": "password",
    "paper": "line printed",
}


class Fault(NamedTuple):
    """`kind` strikes at the `at`-th (from 0) of what it counts; `a` and `b` say how."""

    kind: str
    at: int
    a: int = 0
    b: int = 0

    def __str__(self):
        row = KINDS[self.kind]
        how = row.words.format(a=self.a, b=self.b)
        return f"{COUNTERS[row.counts]} {self.at}: {how}"


class Kind(NamedTuple):
    """`at`, `a` and `b` are drawn below these; `weight` is how often, among the kinds of a group;
    0: not among the others of its group."""

    group: str
    counts: str
    at: int
    a: int
    b: int
    weight: int
    words: str


def _both(name, a, b, weight, words):
    return {f"{name} {way}": Kind("wire", way, sends, a, b, weight, words)
            for way, sends in (("out", 36), ("in", 24))}


KINDS = {
    **_both("drop", 1, 1, 6, "lost"),
    **_both("double", 4_000, 1, 3, "comes a second time {a} ms later"),
    **_both("late", 90_000, 1, 4, "{a} ms late, whatever follows comes before it"),
    **_both("short", 300, 1, 2, "cut short behind byte {a}"),
    **_both("flip", 300, 8, 3, "byte {a}: bit {b} flipped"),
    **_both("forge", 300, 8, 3, "byte {a} of the packet: bit {b} flipped, LRC right again"),
    **_both("lose", 300, 1, 2, "byte {a} lost"),
    **_both("twice", 300, 1, 2, "byte {a} doubled"),
    **_both("junk", 300, 256, 0, "a byte {b:02x} put in before byte {a}"),
    **_both("noise", 40, 1 << 16, 2, "{a} bytes of noise before it"),
    **_both("join", 1, 1, 1, "held back, and sent in one piece with the next"),
    **_both("replay", 60, 20_000, 3, "followed by frame {a} of before, {b} ms later"),
    **_both("dead", 200_000, 1, 3, "nothing gets through for {a} ms from here on"),
    "cut": Kind("power", "flash", 150, 4, 20_000, 10, "power goes, tear {a}, for {b} ms"),
    "cut again": Kind("power", "recovery", 40, 4, 5_000, 5, "power goes again, tear {a}, {b} ms"),
    "blackout": Kind("power", "out", 36, 70_000, 30_000, 6, "power goes {a} ms later, for {b} ms"),
    "switch": Kind("power", "key", 64, 1, 30_000, 3, "the power switch, for {b} ms"),
    "overrun": Kind("flash", "write", 30, 400, 1, 6, "bytes for the terminal lost for {a} ms"),
    "bit": Kind("flash", "off", 2, 1 << 20, 8, 4, "a bit of the flash flips at rest"),
    "full": Kind("flash", "off", 1, 14, 1, 1, "only {a} free blocks on the volumes"),
    "crash": Kind("host", "database", 90, 1, 60_000, 10, "the host crashes, down for {b} ms"),
    "queued": Kind("host", "request", 12, 240_000, 1, 8, "heard by the host {a} ms later"),
    "strange code": Kind("host", "request", 12, 1, 1, 2, "answered with a code of no table"),
    "other amount": Kind("host", "request", 12, 1, 1, 3, "another refund under its key behind it"),
    "miscount": Kind("host", "settlement", 2, 1, 1, 0, "the host finds that equal totals differ"),
    "late cancel": Kind("host", "settlement", 2, 1, 1, 0, "what it counted is to be taken back"),
    "sale queued": Kind("host", "sale", 2, 240_000, 1, 0, "heard by the host {a} ms later"),
    "sign on again": Kind("keys", "request", 12, 1, 1, 3, "answered 77, not looked at"),
    "rotate": Kind("keys", "request", 12, 1, 1, 2, "the host makes new keys behind it"),
    "rival": Kind("people", "request", 12, 1, 100_000, 3, "another till refunds {b} fen first"),
    "built upon": Kind("people", "reversal", 2, 1, 100, 0, "something of it went back before"),
    "refunded before": Kind("people", "void", 2, 1, 100, 0, "something of it went back before"),
    "two reviewers": Kind("people", "hold", 2, 200_000, 1, 4, "two verdicts {a} ms later"),
    "again": Kind("people", "key", 64, 1, 1, 3, "pressed twice"),
    "slip": Kind("people", "key", 64, 16, 1, 3, "another key first"),
    "cancel": Kind("people", "key", 64, 1, 1, 3, "CANCEL first"),
    "away": Kind("people", "key", 64, 400_000, 1, 2, "{a} ms away before it"),
    "wrong password": Kind("people", "password", 6, 5, 1, 0, "wrong, and {a} more after it"),
    "no paper": Kind("printer", "paper", 100, 1, 1, 4, "the paper ends here"),
    "clock": Kind("clock", "key", 64, 1 << 21, 2, 3, "the clock jumps {a} s, back for {b} = 0"),
    "clock stops": Kind("clock", "off", 3, 1, 1, 2, "the clock stands still without power"),
}  # fmt: skip
# How often a group strikes, on average over all seeds.
GROUPS = {"wire": 9, "power": 3, "flash": 2, "host": 3, "keys": 2, "people": 3, "printer": 1,
          "clock": 1}
_OF_GROUP = {group: [name for name, row in KINDS.items() if row.group == group] for group in GROUPS}
WRONG_PASSWORDS = 0.15  # of all seeds have some, in a row
HARD = 0.55  # of all seeds have power cuts or crashes of the host, one for certain
_HARD = (*_OF_GROUP["power"], "crash")
_ONCE = ("bit", "full")  # the fault model has one flipped bit; a disk is filled once


def draw(rng: Random) -> list[Fault]:
    """Faults of one seed, at rates of its own."""
    rates = [often * rng.expovariate(1) for often in GROUPS.values()]
    faults = []
    hard = rng.random() < HARD
    if hard:
        faults.append(_fault(rng, rng.choice(("cut", "crash", "switch"))))
    seen = set()
    for _ in range(rng.randint(8, 30)):
        group = rng.choices(list(GROUPS), rates)[0]
        names = _OF_GROUP[group]
        kind = rng.choices(names, [KINDS[name].weight for name in names])[0]
        if kind not in seen and (hard or kind not in _HARD):
            faults.append(_fault(rng, kind))
        if kind in _ONCE:
            seen.add(kind)
    if rng.random() < WRONG_PASSWORDS:
        faults.append(_fault(rng, "wrong password"))
    return faults


def _fault(rng: Random, kind: str) -> Fault:
    row = KINDS[kind]
    return Fault(kind, rng.randrange(row.at), rng.randrange(row.a), rng.randrange(row.b))


class Book:
    """The faults of a run, by what they count; `happened` are those that took effect."""

    def __init__(self, faults):
        self.happened: list[Fault] = []
        self.counts = dict.fromkeys(COUNTERS, 0)
        self.healed = False
        self._waiting = defaultdict(list)
        for fault in faults:
            self._waiting[KINDS[fault.kind].counts, fault.at].append(fault)

    def due(self, counter: str):
        """Count one more of `counter`: the faults that strike now."""
        at = self.counts[counter]
        self.counts[counter] = at + 1
        if self.healed or (counter, at) not in self._waiting:
            return ()
        return self._waiting[counter, at]

    def of(self, counter: str):
        """The faults that `counter` counts and that may still come, next one first."""
        if self.healed:
            return []
        return sorted(fault for (name, _), faults in self._waiting.items() if name == counter
                      for fault in faults if fault not in self.happened)

    def note(self, fault: Fault) -> None:
        """It took effect."""
        self.happened.append(fault)

    def heal(self) -> None:
        """The faults stop."""
        self.healed = True
