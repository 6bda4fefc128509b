"""Every place where the host can die in what a till asks for: at each database operation, and in
each write.

Two kinds of run. `crash`: the acquirer dies at one point, is started again on what the kernel had
of its files, and the terminal asks again. `power`: every image of the ledger that a power cut may
leave between two syncs is opened. A run is known by its case alone and can be played again.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tools.campaign.host_till import PROCEDURES, Host, Till, play_through
from tools.campaign.recorded import CHECKPOINT, look, moments, recorded, wrong_in_books

CRASH, POWER = "crash", "power"
FAULTS = (CRASH, POWER, CHECKPOINT)


class Case(NamedTuple):
    """`at`: the point at which the acquirer dies, from 1; or the sync before which the power goes,
    from 0 (the last one is the end)."""

    procedure: str
    fault: str
    at: int


class Verdict(NamedTuple):
    """`faults`: crashes that happened, or images looked at; `wrong`: what does not add up, in
    words; empty if everything does."""

    case: Case
    faults: int
    wrong: list[str]


def cases() -> list[Case]:
    """All of them."""
    return [case for procedure in PROCEDURES for case in of_procedure(procedure)]


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    told: Counter = Counter()
    for verdict in verdicts:
        what = "crashes of the host" if verdict.case.fault == CRASH else "images looked at"
        told[f"{what}, {verdict.case.procedure}"] += verdict.faults
    return dict(told)


def of_procedure(
    procedure: str, step: int = 1, faults: Iterable[str] = FAULTS
) -> list[Case]:
    """All cases of one procedure, or every `step`-th of each fault."""
    found = []
    for fault in faults:
        every = _points(procedure) if fault == CRASH else moments(recorded(procedure, fault))
        found += [Case(procedure, fault, at) for at in every[::step]]
    return found


def _points(procedure):
    with TemporaryDirectory(prefix="tuidan-") as folder:
        host = Host(Path(folder))
        _attempt(Till(host), procedure)
        return range(1, host.points.count + 1)


def play(case: Case) -> Verdict:
    """Let the host die there, go on, and look."""
    if case.fault != CRASH:
        seen, wrong, _ = look(recorded(case.procedure, case.fault), case.at)
        return Verdict(case, seen, wrong)
    with TemporaryDirectory(prefix="tuidan-") as folder:
        host = Host(Path(folder))
        till = Till(host)
        host.points.at(case.at)
        wrong = _attempt(till, case.procedure)
        with closing(sqlite3.connect(host.path)) as books:
            wrong += wrong_in_books(books) + till.disagreements(books)
        return Verdict(case, host.crashes, wrong)


def story(case: Case) -> tuple[Verdict, list[str]]:
    """The same; there is no terminal that could tell more."""
    return play(case), []


def _attempt(till, procedure) -> list[str]:
    """The whole exchange; what it stumbles over."""
    try:
        play_through(till, procedure)
        till.late_copies()
    except Exception as reason:  # whatever it is, it must not happen
        return [f"{type(reason).__name__}: {reason}"]
    return []
