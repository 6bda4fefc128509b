"""What a seed stands for: three wishes of the operator or four, and the faults that befall them.

A plan is plain data: printed, shrunk, and played alike on any machine.
"""

from random import Random
from typing import NamedTuple

from tools.campaign import faults, shopfront
from tools.campaign.clerk import GIVES_BACK, WISHES, Wish
from tools.campaign.faults import Fault

PROCEDURES = 3
BY_CARD = 0.4  # of the seeds with a refund or void of a card's order: the card confirms one
# kind: how often
_WEIGHTS = {"refund": 10, "void": 5, "sale": 7, "take back": 5, "correct": 5, "reprint": 2,
            "status": 1, "sign on": 2, "line test": 1, "log off": 1, "settlement": 7}
# Amounts whose last two digits make the test shop's host answer with that code.
_TEST_CODES = (5, 51, 61, 68, 90, 91, 96, 98)
# What may befall a settlement, where there is one.
SETTLING = (Fault("miscount", 0), Fault("miscount", 1), Fault("late cancel", 0))
# And what a sale or void, with how often: the request comes behind its reversal, or something of
# the sale went back before the request that would undo it.
SELLING = ((Fault("sale queued", 0, 150_000), 0.1), (Fault("sale queued", 1, 150_000), 0.1),
           (Fault("built upon", 0), 0.3), (Fault("built upon", 1), 0.3))
VOIDING = ((Fault("refunded before", 0), 0.1), (Fault("refunded before", 1), 0.1))


class Plan(NamedTuple):
    seed: int
    wishes: tuple[Wish, ...]
    faults: tuple[Fault, ...]


def plan(seed: int) -> Plan:
    rng = Random(f"plan {seed}")
    kinds = [kind for kind in _WEIGHTS if kind in WISHES]
    wishes = [_wish(rng, "refund" if rng.random() < 0.7 else "void")]
    in_order = False
    while len(wishes) < PROCEDURES:
        kind = rng.choices(kinds, [_WEIGHTS[kind] for kind in kinds])[0]
        if wishes[-1].kind == "settlement" and rng.random() < 0.6:
            kind = "settlement"  # what the first left out is counted in the second
        wishes.append(_wish(rng, kind))
        if kind == "sale" and rng.random() < 0.5:
            wishes.append(_of_what_is_sold(rng, wishes[-1]))
            in_order = True
    if all(wish.kind == "settlement" for wish in wishes[1:]):
        wishes.append(Wish("settlement"))  # what two have counted is in no third
    if not in_order:
        rng.shuffle(wishes)
    if rng.random() < 0.7:  # at the day's end, or before the first customer
        last = rng.random() < 0.7
        wishes.sort(key=lambda wish: (wish.kind == "settlement") is last)
    drawn = faults.draw(rng)
    if any(wish.kind == "settlement" for wish in wishes):
        drawn += [fault for fault in SETTLING if rng.random() < 0.5]
    for kind, often in (("sale", SELLING), ("void", VOIDING)):
        if any(wish.kind == kind for wish in wishes):
            drawn += [fault for fault, share in often if rng.random() < share]
    by_card = [at for at, wish in enumerate(wishes)
               if wish.kind in GIVES_BACK and wish.order in shopfront.OF_CARD]
    if by_card and rng.random() < BY_CARD:
        wishes[by_card[0]] = wishes[by_card[0]]._replace(kind="card refund")
    return Plan(seed, tuple(wishes), tuple(drawn))


def _wish(rng: Random, kind: str) -> Wish:
    if kind == "void":
        return Wish(kind, rng.choice(shopfront.VOIDABLE))
    if kind == "sale":
        fen = rng.choice((rng.randrange(1, 500) * 100, shopfront.NO_PIN_FEN + 100))
        fen += rng.choice(_TEST_CODES) if rng.random() < 0.15 else 0
        return Wish(kind, rng.choice(shopfront.SOLD), fen, rng.choice("123"))
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


def _of_what_is_sold(rng: Random, sale: Wish) -> Wish:
    """What comes behind a sale: a part of it back, the whole of it, or the sale undone."""
    return rng.choice((
        Wish("refund", sale.order, rng.randrange(1, 50) * 100),
        Wish("refund", sale.order),
        Wish("void", sale.order),
        Wish("take back"),
    ))
