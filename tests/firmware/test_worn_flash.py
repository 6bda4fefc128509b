"""A flash that takes no write for a while, or on one volume only: the screen is honest, and both
ends agree."""

import pytest

from firmware import refund_state as states
from host_sim.acquirer import faults
from tests.till import Till
from tools.campaign import operator

SOLD_TODAY = "20260001"  # at this till, in the open batch: a full refund is a void
SOLD_LAST_WEEK = "20260004"
TOLD = ("Memory fault", "No refund", "No answer", "In progress")
READ = (("Memory fault", ("ENTER",)), ("No refund", ("ENTER",)))


class Worn:
    """A volume that refuses what is written to it from its `good`-th writing on, while `worn`."""

    def __init__(self, volume, good, wear):
        self._volume = volume
        self._good = good
        self._wear = wear

    def __getattr__(self, name):
        return getattr(self._volume, name)

    def open(self, path, mode):
        if mode != "rb":
            self._write()
        return self._volume.open(path, mode)

    def rename(self, old, new):
        self._write()
        self._volume.rename(old, new)

    def _write(self):
        self._good -= 1
        if self._good < 0 and self._wear["worn"]:
            self._wear["refused"] += 1
            raise OSError(28)


def wear_out(till, volumes=(0, 1), good=0):
    """The terminal's volumes refuse to be written, until worn is False."""
    wear = {"worn": True, "refused": 0}
    storage = till.world.device.terminal.storage
    worn = list(storage.volumes)
    for number in volumes:
        worn[number] = Worn(worn[number], good, wear)
    storage.volumes = worn
    return wear


def settle_while_worn(till, wear):
    """Answer the screens until a write was refused and its screen stands, or all is done."""
    operator._answer_until(till.world, lambda: wear["refused"] or operator._idle(till.world))
    till.world.run_for(5_000)


@pytest.fixture
def till(monkeypatch):
    monkeypatch.setattr(operator, "ANSWERS", READ + operator.ANSWERS)
    till = Till()
    till.log_in()
    return till


def test_background_goes_on_after_writes_that_failed(till):
    till.faults.script(faults.MUTE, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    wear = wear_out(till)
    till.press("CANCEL")
    till.wait("Do not enter")
    till.press("ENTER")
    till.world.run_for(300_000)
    assert wear["refused"] > 3
    assert [r.state for r in till.journal().open_records()] == [states.SENT]
    wear["worn"] = False
    till.wait("ENTER = result")
    till.press("ENTER")
    till.sign_and_finish()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


@pytest.mark.parametrize("volumes", [(0, 1), (1,)], ids=("both volumes", "the second"))
@pytest.mark.parametrize("order, part_fen, came", [(SOLD_LAST_WEEK, 1000, 1000),
                                                   (SOLD_TODAY, None, 12_800)])
def test_write_that_fails_in_mid_refund_leaves_an_honest_screen_and_a_record_that_ends(
    monkeypatch, order, part_fen, came, volumes
):
    monkeypatch.setattr(operator, "ANSWERS", READ + operator.ANSWERS)
    refused = 1
    good = len(volumes) - 1  # every second writing, the others with the other volumes
    while refused:
        till = Till()
        till.log_in()
        till.to_second_check(order, part_fen)
        wear = wear_out(till, volumes, good)
        before = len(till.world.trace)
        till.press("ENTER")
        settle_while_worn(till, wear)
        if wear["refused"]:
            shown = [e.value.rows for e in till.world.trace[before:] if e.kind == "screen"]
            assert any(text in " ".join(rows) for rows in shown for text in TOLD), shown[-1]
        wear["worn"] = False
        operator.settle(till.world)
        till.world.power_off()  # the copies may differ: the newer one counts from now on
        till.world.power_on()
        operator.settle(till.world)
        refused = wear["refused"]
        good += 2
        ends = {r.key(): r.state for r in till.journal().finished()}
        approved = list(ends.values()).count(states.APPROVED)
        assert till.journal().open_records() == []
        assert till.given_back_fen(order) == approved * came
        assert approved <= 1 and (approved or refused)
    assert good > 12
