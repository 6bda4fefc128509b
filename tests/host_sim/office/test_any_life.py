"""A refund's life in any order, as `make soak` runs it for 50,000 steps; and planted bugs in it."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from host_sim.office import clearing, life, refunds, review
from host_sim.office import schema as tables
from tests.host_sim.office.machine import AnyLife

TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=20, stateful_step_count=40, deadline=None,
                                derandomize=True, database=None)  # fmt: skip


def _approval_is_not_posted(monkeypatch):
    monkeypatch.setattr(review, "_post", lambda *_: None)


def _form_sent_twice_is_two(monkeypatch):
    monkeypatch.setattr(refunds, "_sent_before", lambda *_: None)


def _approved_is_withdrawn(monkeypatch):
    """As it was until this machine found it."""
    monkeypatch.setattr(tables, "WAITING", (*tables.WAITING, tables.APPROVED))


def _applicant_decides(monkeypatch):
    monkeypatch.setattr(review, "_mine", lambda connection, actor, number: life.find(
        connection, number, actor))  # fmt: skip


def _retry_in_any_state(monkeypatch):
    monkeypatch.setattr(clearing, "retry", lambda connection, actor, number, now: life.find(
        connection, number))  # fmt: skip


@pytest.mark.parametrize("planted", [_approval_is_not_posted, _form_sent_twice_is_two,
                                     _approved_is_withdrawn, _applicant_decides,
                                     _retry_in_any_state])  # fmt: skip
def test_planted_bug_is_found(planted, monkeypatch):
    planted(monkeypatch)
    small = settings(max_examples=60, stateful_step_count=40, deadline=None, database=None,
                     phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
                     report_multiple_bugs=False)  # fmt: skip
    with pytest.raises(Exception):  # noqa: B017 - whatever it says
        run_state_machine_as_test(seed(3)(AnyLife), settings=small)
