"""The power goes in the middle of any flash operation: one credit or none, and both ends agree.

`make test` takes every seventh operation; `make soak` (TUIDAN_SOAK=1) takes them all.
"""

import os
from random import Random

import pytest

from firmware import refund_state as states
from host_sim.bench.flash import TEARS
from tests.patient import settle
from tests.till import Till

STEP = 1 if os.environ.get("TUIDAN_SOAK") else 7
# order: (amount in fen or None for all of it, what it comes to)
PROCEDURES = {"20260004": 1000, "20260001": None}
FULL_FEN = {"20260004": 1000, "20260001": 12_800}


def refund(till, order):
    till.send(order, PROCEDURES[order])
    till.sign_and_finish()


def operations(order):
    """How many programs and erases the whole procedure takes, log-in included."""
    till = Till()
    before = till.world.device.flash.operations
    till.log_in()
    refund(till, order)
    return till.world.device.flash.operations - before


def run_with_cut(order, operation, tear):
    till = Till()
    till.world.device.flash.cut_at(operation, tear, Random(operation))
    try:
        till.log_in()
        refund(till, order)
    except AssertionError:
        assert till.world.power_cuts == 1, "the till went astray with the power on"
    if till.world.power_cuts:
        till.world.run_for(1_000)
        till.world.power_on()
    settle(till)
    return till


def check(till, order):
    given_back = till.given_back_fen(order)
    finished = {record.key(): record for record in till.journal().finished()}
    approved = [r for r in finished.values() if r.state == states.APPROVED]
    assert till.journal().open_records() == []
    assert given_back == sum(r.amount_fen for r in approved)
    assert given_back in (0, FULL_FEN[order])


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("order", PROCEDURES)
def test_cut_in_any_flash_operation_leaves_both_ends_agreed(order, tear):
    total = operations(order)
    assert total > 20
    for operation in range(0, total, STEP):
        till = run_with_cut(order, operation, tear)
        try:
            check(till, order)
        except AssertionError as error:
            raise AssertionError(f"cut {tear} operation {operation} of {total}") from error
