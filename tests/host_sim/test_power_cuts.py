"""The power goes in the middle of a flash operation: one credit or none, and both ends agree.

A part of the operations; `make soak` takes them all.
"""

import pytest

from host_sim.bench.flash import TEARS
from tools.campaign import sweep_flash as sweep

STEP = 23  # a prime, so that the operations taken are of all kinds


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("order", sweep.PROCEDURES)
def test_power_cut_in_a_flash_operation_leaves_both_ends_agreed(order, tear):
    played = [sweep.play(case) for case in sweep.cases(STEP, (order,)) if case.tear == tear]
    assert all(verdict.faults for verdict in played) and len(played) > 3
    assert [verdict for verdict in played if verdict.wrong] == []


def test_a_terminal_that_forgets_what_it_sent_is_found_out(monkeypatch):
    """The sweep can see: a journal that loses its open records at boot does not pass."""
    from firmware.journal import Journal

    take = Journal._take

    def forget(journal, name, record):
        if record is not None:
            record.state = 0
        take(journal, name, record)

    monkeypatch.setattr(Journal, "_take", forget)
    played = [sweep.play(case) for case in sweep.cases(3, ("20260004",)) if case.tear == "after"]
    assert any(verdict.wrong for verdict in played)
