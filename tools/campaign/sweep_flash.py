"""A power cut in every flash operation of every procedure, each with the four tears; then cuts in
the recovery from a cut.

How many operations there are is read off a sound run, and off the run with the first cut.
"""

from collections import Counter

from host_sim.bench.flash import TEARS
from tools.campaign.faults import Fault
from tools.campaign.procedures import (  # noqa: F401 - a sweep's own
    PROCEDURES,
    Case,
    play,
    sound,
    story,
)

OFF_MS = 1_000
# Of so many first cuts one is followed by a second; their tears take turns. 7 is prime to 4.
NESTED = 7


def cases() -> list[Case]:
    return [case for procedure in PROCEDURES
            for case in (*single_cuts(procedure), *nested_cuts(procedure))]


def single_cuts(procedure: str) -> list[Case]:
    """Every operation, every tear."""
    operations = sound(procedure).stage.device.flash.operations
    return [Case(procedure, (Fault("cut", at, tear, OFF_MS),))
            for at in range(operations) for tear in range(len(TEARS))]


def nested_cuts(procedure: str) -> list[Case]:
    """Of every NESTED-th first cut: every operation after the power came back, every tear."""
    found = []
    for at in range(0, sound(procedure).stage.device.flash.operations, NESTED):
        first = Fault("cut", at, at % len(TEARS), OFF_MS)
        operations = sound(procedure, first).stage.device.flash.operations - at - 1
        found += [Case(procedure, (first, Fault("cut again", again, tear, OFF_MS)))
                  for again in range(operations) for tear in range(len(TEARS))]
    return found


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    told = Counter(f"{verdict.case.procedure}, {_DEPTHS[verdict.faults]}" for verdict in verdicts)
    return dict(sorted(told.items()))


_DEPTHS = ("no cut", "one cut", "a cut in the recovery from a cut")
