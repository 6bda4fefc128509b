"""All pairs of single faults of a part refund, and of a sale: frames, flash, database, keys.

A pair strikes one run; two faults of one moment (the same frame, the same flash operation) are no
pair. What there is to strike is read off a sound run.
"""

from collections import Counter
from itertools import combinations

from tools.campaign.faults import KINDS, Fault
from tools.campaign.procedures import Case, play, sound, story

__all__ = ["cases", "counts", "play", "story"]

SWEPT = ("part refund", "sale")
DOUBLED_MS = 2_000  # before the link's next try
LATE_MS = 15_000  # the link has given up
DEAD_MS = 70_000  # past the first repeats
OFF_MS = 1_000
DOWN_MS = 5_000
# Two of the four tears: half a page or block, and all of it with nothing that follows. "before" is
# the "after" of the operation before it, "bits" another "half"; the flash sweep has all four.
TEARS = (1, 3)


def singles(procedure: str) -> list[Fault]:
    """Every single fault, each of which takes effect in a run of its own."""
    run = sound(procedure)
    counts = run.book.counts
    frames = [Fault(f"{kind} {way}", at, ms) for way in ("out", "in") for at in range(counts[way])
              for kind, ms in (("drop", 0), ("double", DOUBLED_MS), ("late", LATE_MS),
                               ("dead", DEAD_MS))]
    cuts = [Fault("cut", at, tear, OFF_MS) for at in range(run.stage.device.flash.operations)
            for tear in TEARS]
    crashes = [Fault("crash", at, 0, DOWN_MS) for at in range(run.stage.host.points.count)]
    keys = [Fault("rotate", at) for at in range(counts["request"])]
    # the sign-on, the first request, cannot be answered with "sign on again"
    keys += [Fault("sign on again", at) for at in range(1, counts["request"])]
    return frames + cuts + crashes + keys


def cases() -> list[Case]:
    return [Case(procedure, pair) for procedure in SWEPT
            for pair in combinations(singles(procedure), 2) if _moment(pair[0]) != _moment(pair[1])]


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    pairs = Counter(_groups(verdict.case) for verdict in verdicts)
    both = Counter(_groups(verdict.case) for verdict in verdicts if verdict.faults == 2)
    return {f"{pair} (both took effect: {both[pair]})": count
            for pair, count in sorted(pairs.items())}


def _moment(fault):
    return KINDS[fault.kind].counts, fault.at


def _groups(case):
    return " and ".join(sorted(_NAMES[KINDS[fault.kind].group] for fault in case.faults))


_NAMES = {"wire": "frame", "power": "flash", "host": "database", "keys": "keys"}
