"""Planted bugs die, so the campaign is not blind. `tuidan campaign --mutants` hunts them all."""

import pytest

from firmware.journal import Journal
from host_sim.acquirer import ledger
from tests.campaign import in_host, mutants, planting
from tools.campaign import pool

SEEDS = 90
# Of every kind one that is soon found: make test has little time.
SOON_FOUND = (
    "retries with a new STAN",
    "sends before it syncs",
    "SENT treated as free at boot",
    "no answer means declined",
    "cancels before it syncs",
    "host posts again on 0221",
    "batch number not raised",
    "settled refund can be cancelled",
    "PIN block under the MAK",
    "settled and marked in two commits",
    "keeps a clear key in flash",
)


def test_what_is_planted_is_found_and_the_sound_firmware_passes_the_same_seeds():
    fates = list(mutants.hunt(0, SEEDS, 2, SOON_FOUND))
    assert [fate.name for fate in fates if fate.seeds is None] == []
    sound = list(pool.on_processes(pool.slices(0, SEEDS), 2))
    assert [part.failing for part in sound if part.failing] == []


def test_there_are_enough_of_them_and_each_says_what_is_wrong():
    assert len(mutants.MUTANTS) >= 25
    assert len({mutant.plant for mutant in mutants.MUTANTS.values()}) == len(mutants.MUTANTS)
    assert all(mutant.wrong for mutant in mutants.MUTANTS.values())


def test_each_of_them_can_be_planted():
    for mutant in mutants.MUTANTS.values():
        with planting.planted(mutant.plant):
            pass


@pytest.mark.parametrize("owner, name", [(ledger, "find_terminal"), (Journal, "prepare")])
def test_a_mistake_of_the_planting_is_not_taken_for_a_kill(owner, name, monkeypatch):
    """At the host as at the terminal: what it changes is no longer what it was."""
    outlived = mutants.Mutant("in_host.outlived", "nothing: it raises an AttributeError")
    monkeypatch.setitem(mutants.MUTANTS, "outlived", outlived)
    monkeypatch.setattr(in_host, "outlived", lambda patch: patch.set(owner, name, _outlived),
                        raising=False)  # fmt: skip
    with pytest.raises(mutants.Stale, match="AttributeError"):
        list(mutants.hunt(0, 9, 1, ("outlived",)))


def _outlived(*_given, **_named):
    raise AttributeError("no such thing any more")


@pytest.mark.parametrize("plant", ["in_host.any_mac", "in_terminal.any_reply"])
def test_nothing_stays_planted(plant):
    from host_sim.acquirer.keys import Keyring
    from protocol import session

    sound = Keyring.verify, session.MUST_EQUAL
    with planting.planted(plant):
        assert (Keyring.verify, session.MUST_EQUAL) != sound
    assert (Keyring.verify, session.MUST_EQUAL) == sound
