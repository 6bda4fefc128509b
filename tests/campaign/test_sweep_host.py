"""The host's sweep: what it must find in order, and the planted faults that it must see."""

import pytest

from host_sim.acquirer import batches, ledger, review, schema
from tools.campaign import recorded, sweep_host

STEP = 6  # of the cases one in so many: the whole sweep is `tuidan campaign --sweep host`


@pytest.mark.parametrize("procedure", sweep_host.PROCEDURES)
def test_host_dies_here_and_there_and_the_money_is_right(procedure):
    cases = sweep_host.of_procedure(procedure, STEP)
    assert {case.fault for case in cases} == set(sweep_host.FAULTS)
    for verdict in map(sweep_host.play, cases):
        assert verdict.wrong == []
        assert verdict.faults


def test_a_case_can_be_played_again():
    for case in sweep_host.of_procedure("part refund", 20):
        assert sweep_host.play(case) == sweep_host.play(case)


@pytest.mark.parametrize(
    "journal, synchronous, loses",
    [("WAL", "FULL", False), ("WAL", "NORMAL", True), ("DELETE", "FULL", True),
     ("DELETE", "OFF", True)],
)  # fmt: skip
def test_harness_sees_acknowledged_commits_that_a_power_cut_loses(journal, synchronous, loses):
    recording = recorded.record("part refund", journal=journal, synchronous=synchronous)
    looks = (recorded.look(recording, at) for at in recorded.moments(recording))
    assert any(lost and wrong for _, wrong, lost in looks) is loses


def crashes(procedure):
    """One at every point of a host without fault: to be asked for before a fault is planted."""
    return sweep_host.of_procedure(procedure, faults=[sweep_host.CRASH])


def wrong(cases):
    """What the sweep finds, one case after the other."""
    for case in cases:
        yield from sweep_host.play(case).wrong


def test_sweep_sees_key_and_posting_in_two_commits(monkeypatch):
    cases, post = crashes("part refund"), ledger.post

    def commit_first(connection, *arguments):
        driver = connection.connection.connection.driver_connection
        driver.execute("commit")
        driver.execute("begin immediate")
        post(connection, *arguments)

    monkeypatch.setattr(ledger, "post", commit_first)
    assert any("were posted" in told for told in wrong(cases))


@pytest.mark.parametrize(
    "procedure, seen",
    [("fence", "was answered 00"), ("void reversal", "late copy"), ("sale reversal", "late copy")],
)
def test_sweep_sees_a_closed_key_that_is_forgotten(monkeypatch, procedure, seen):
    """No tombstone for a key that never came: what arrives late posts."""
    cases, record = crashes(procedure), ledger.record

    def forget(connection, key, **values):
        if values["state"] != schema.CANCELLED:
            return record(connection, key, **values)

    monkeypatch.setattr(ledger, "record", forget)
    assert any(seen in told for told in wrong(cases))


def test_sweep_sees_a_review_that_is_taken_twice(monkeypatch):
    cases, find_txn = crashes("held refund"), ledger.find_txn

    def still_held(connection, key):
        found = find_txn(connection, key)
        return found and type("Row", (), {**found._asdict(), "state": schema.REVIEW})

    monkeypatch.setattr(review.ledger, "find_txn", still_held)
    assert any("UNIQUE" in told for told in wrong(cases))


def test_sweep_sees_a_settlement_whose_count_is_in_another_commit(monkeypatch):
    cases, mark = crashes("settlement"), batches.mark

    def commit_first(connection, *arguments):
        driver = connection.connection.connection.driver_connection
        driver.execute("commit")
        driver.execute("begin immediate")
        mark(connection, *arguments)

    monkeypatch.setattr(batches, "mark", commit_first)
    assert any("counted otherwise" in told for told in wrong(cases))
