"""What a seed stands for: three wishes of the operator, and the faults that befall them.

A plan is plain data: printed, shrunk, and played alike on any machine.
"""

from random import Random
from typing import NamedTuple

from tools.campaign import faults, shopfront
from tools.campaign.clerk import WISHES, Wish
from tools.campaign.faults import Fault

PROCEDURES = 3
# kind: how often
_WEIGHTS = {"refund": 10, "void": 5, "take back": 5, "correct": 5, "reprint": 2, "status": 1,
            "sign on": 2, "line test": 1, "log off": 1}
# Amounts whose last two digits make the test shop's host answer with that code.
_TEST_CODES = (5, 51, 61, 68, 90, 91, 96, 98)


class Plan(NamedTuple):
    seed: int
    wishes: tuple[Wish, ...]
    faults: tuple[Fault, ...]


def plan(seed: int) -> Plan:
    rng = Random(f"plan {seed}")
    kinds = [kind for kind in _WEIGHTS if kind in WISHES]
    wishes = [_wish(rng, "refund" if rng.random() < 0.7 else "void")]
    while len(wishes) < PROCEDURES:
        wishes.append(_wish(rng, rng.choices(kinds, [_WEIGHTS[kind] for kind in kinds])[0]))
    rng.shuffle(wishes)
    return Plan(seed, tuple(wishes), tuple(faults.draw(rng)))


def _wish(rng: Random, kind: str) -> Wish:
    if kind == "void":
        return Wish(kind, rng.choice(shopfront.VOIDABLE))
    if kind == "correct":
        return Wish(kind, "", rng.choice((None, rng.randrange(1, 50) * 100)))
    if kind != "refund":
        return Wish(kind)
    pick = rng.random()
    if pick < 0.15:
        return Wish(kind, rng.choice(shopfront.HELD), rng.choice((None, 1_000, 20_000)))
    if pick < 0.20:
        return Wish(kind, "41" if rng.random() < 0.5 else "99")
    order = rng.choice(shopfront.REFUNDABLE + shopfront.VOIDABLE)
    if pick < 0.40:
        return Wish(kind, order, None, rng.choice("123"))
    fen = rng.randrange(1, 50) * 100
    if pick < 0.60:
        fen += rng.choice(_TEST_CODES)
    return Wish(kind, order, fen)
