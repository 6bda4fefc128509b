"""An operator who walks away: what is open goes on without anybody's key."""

import pytest

from firmware import refund_state as states
from host_sim.acquirer import faults
from tests.till import Till

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("order", "part_fen", "first", "again", "end"),
    [
        ("20260004", 1_000, "0220", "0221", states.APPROVED),
        ("20260001", None, "0200", "0400", states.ANNULLED),
    ],
    ids=("refund", "reversal of a void"),
)
def test_what_is_open_goes_on_while_its_message_stands_unread(order, part_fen, first, again, end):
    till = Till()
    till.log_in()
    till.faults.script(faults.DEAF, first)
    till.faults.script(faults.DEAF, again, times=6)
    till.send(order, part_fen)
    till.wait("In progress")
    till.world.run_for(HOUR_MS)
    assert "In progress" in till.world.screen()[0]
    assert [record.state for record in till.journal().open_records()] == [end]
    assert till.given_back_fen(order) == (part_fen or 0)
