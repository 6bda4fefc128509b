"""Every place where the power can go in a refund, one run each: is the money right afterwards?

A run is known by its case (order, operation, tear) alone and can be played again.
"""

from collections import Counter
from random import Random
from typing import NamedTuple

from firmware import refund_state as states
from host_sim.bench.flash import TEARS
from host_sim.core import prepare_flash
from host_sim.world import pico_board
from tools.campaign import operator
from tools.shop import given_back_fen, open_shop, wrong_in_ledger

OFF_MS = 1_000

# order: (fen to give back, None for all of it; what that comes to)
PROCEDURES = {
    "20260004": (1_000, 1_000),  # a part, a week later: refund
    "20260005": (None, 100_000),  # the whole, paid by QR code at another till: refund
    "20260001": (None, 12_800),  # the whole, same till and batch: void
}


class Case(NamedTuple):
    """The power goes in the `operation`-th program or erase after switching on, as `tear` says."""

    order: str
    operation: int
    tear: str


class Verdict(NamedTuple):
    """`faults`: how many took effect. `wrong`: what does not add up, in words; empty if everything
    does."""

    case: Case
    faults: int
    wrong: list[str]


def cases(step: int = 1, orders=tuple(PROCEDURES)) -> list[Case]:
    """All cases, or those of every `step`-th operation."""
    return [case for order in orders for case in _of_order(order, step)]


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    told = Counter(f"power cuts, order {verdict.case.order}" for verdict in verdicts
                   if verdict.faults)
    return dict(told)


def _of_order(order: str, step: int) -> list[Case]:
    shop = open_shop(language="en")
    before = shop.world.device.flash.operations
    operator.refund(shop.world, order, PROCEDURES[order][0])
    total = shop.world.device.flash.operations - before
    return [Case(order, at, tear) for at in range(0, total, step) for tear in TEARS]


def play(case: Case) -> Verdict:
    """Cut the power there, switch on again, finish what the screen asks for, and look."""
    shop = open_shop(language="en")
    world = shop.world
    world.device.flash.cut_at(case.operation, case.tear, Random(case.operation))
    wrong = []
    try:
        operator.refund(world, case.order, PROCEDURES[case.order][0])
    except operator.GoneAstray as astray:
        if not world.power_cuts:
            wrong.append(str(astray))
    try:
        if world.power_cuts:
            world.run_for(OFF_MS)
            world.power_on()
            operator.settle(world)
    except operator.GoneAstray as astray:
        wrong.append(str(astray))
    return Verdict(case, world.power_cuts, wrong + disagreements(shop, case.order))


def disagreements(shop, order: str) -> list[str]:
    """What terminal and acquirer hold different views of, read from flash image and ledger."""
    seen = []
    prepare_flash(shop.world.device.flash, lambda board: seen.append(_journal(board)), pico_board)
    journal = seen[0]
    finished = {record.key(): record for record in journal.finished()}
    approved_fen = sum(r.amount_fen for r in finished.values() if r.state == states.APPROVED)
    posted_fen = given_back_fen(shop, order)
    wrong = wrong_in_ledger(shop)
    if journal.open_records():
        wrong.append("the terminal still has an open record")
    if approved_fen != posted_fen:
        wrong.append(f"the terminal approved {approved_fen} fen, the ledger posted {posted_fen}")
    if posted_fen not in (0, PROCEDURES[order][1]):
        wrong.append(f"{posted_fen} fen went back")
    return wrong


def _journal(board):
    # the shims that firmware's files need are there only once a world was imported
    from firmware.journal import Journal
    from firmware.storage import Storage

    return Journal(Storage(board.data_flash()))
