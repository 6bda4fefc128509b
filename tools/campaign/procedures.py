"""The procedures that the sweeps lay their faults on: every way a refund or void goes by itself.

A case is a procedure and the faults that befall it, plain data, so that it can be played again.
"""

from typing import NamedTuple

from tools.campaign.clerk import Wish
from tools.campaign.faults import Fault
from tools.campaign.plan import Plan
from tools.campaign.run import Run
from tools.campaign.shopfront import FACTORY_FRESH

PART = Wish("refund", "21", 1_000)
VOID = Wish("void", "11")
HELD = Wish("refund", "31", 1_000)
TAKE_BACK = Wish("take back")
SALE = Wish("sale", "51", 8_800)
CORRECT = Wish("correct", "", 2_000)
BY_CARD = Wish("card refund", "23", 1_000)
SETTLEMENT = Wish("settlement")
# The host hears the third request and every repeat of it by the link; its answers are lost.
UNANSWERED = Fault("dead in", 2, 21_000)
SALE_UNANSWERED = Fault("dead in", 1, 21_000)  # a sale comes without a query before it

# name: (seed, wishes, faults that belong to it); the seed is a used till's where nothing is said
PROCEDURES = {
    "part refund": (1, (PART,), ()),
    "whole refund": (1, (Wish("refund", "21"),), ()),
    "refund of a QR payment": (1, (Wish("refund", "22"),), ()),
    "void": (1, (VOID,), ()),
    "refund declined": (1, (Wish("refund", "21", 1_051),), ()),
    "refund held, approved": (4, (HELD,), ()),
    "refund held, declined": (2, (HELD,), ()),
    "refund held, taken back": (1, (HELD, TAKE_BACK), ()),
    "refund taken back": (1, (PART, TAKE_BACK), ()),
    "void taken back": (1, (VOID, TAKE_BACK), ()),
    "refund corrected": (1, (PART, CORRECT), ()),
    "refund repeated": (1, (PART,), (UNANSWERED,)),
    "void reversed": (1, (VOID,), (UNANSWERED,)),
    "refund by card": (6, (BY_CARD,), ()),
    "refund by another card": (1, (BY_CARD,), ()),
    "void by card": (6, (Wish("card refund", "11"),), ()),
    "sale": (1, (SALE,), ()),
    "sale with a PIN": (7, (Wish("sale", "51", 100_100),), ()),
    "sale reversed": (1, (SALE,), (SALE_UNANSWERED,)),
    "sale that stands": (1, (SALE,), (SALE_UNANSWERED, Fault("built upon", 0))),
    "sale voided": (1, (SALE, Wish("void", "51")), ()),
    "sale taken back": (1, (SALE, TAKE_BACK), ()),
    "new keys before a refund": (1, (Wish("sign on"), PART), ()),
    "new keys in a refund": (1, (PART,), (Fault("sign on again", 2),)),
    "first day of a till": (FACTORY_FRESH, (PART,), ()),
    "settlement": (1, (PART, SETTLEMENT), ()),
    "settlement with upload": (1, (PART, SETTLEMENT), (Fault("miscount", 0),)),
}


class Case(NamedTuple):
    """A procedure with these faults."""

    procedure: str
    faults: tuple[Fault, ...] = ()

    def __str__(self):
        return f"{self.procedure}: {'; '.join(str(fault) for fault in self.faults) or 'no fault'}"


class Verdict(NamedTuple):
    """`faults`: how many of the case's took effect. `wrong`: violations, in words."""

    case: Case
    faults: int
    wrong: list[str]


def plan(case: Case) -> Plan:
    seed, wishes, own = PROCEDURES[case.procedure]
    return Plan(seed, wishes, own + case.faults)


def play(case: Case) -> Verdict:
    return judged(case, Run(plan(case)).play())


def story(case: Case) -> tuple[Verdict, list[str]]:
    """The same, and line by line what happened."""
    verdict, lines = Run(plan(case)).story()
    return judged(case, verdict), lines


def judged(case: Case, verdict) -> Verdict:
    """What a sweep keeps of a run's verdict."""
    happened = sum(fault in verdict.faults for fault in case.faults)
    return Verdict(case, happened, verdict.wrong)


def sound(procedure: str, *faults: Fault) -> Run:
    """A run to be measured, played: how many of everything there is for a fault to strike."""
    run = Run(plan(Case(procedure, faults)))
    run.play()
    return run
