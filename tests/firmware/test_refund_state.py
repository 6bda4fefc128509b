"""The table of refund states: complete, and obeyed."""

import itertools
from pathlib import Path

import pytest

from firmware import refund_state as states
from firmware import transitions as steps
from host_sim.show.states import NAMES, transitions
from tools.state_diagram import diagram

EVENTS = (
    states.PREPARE, states.SEND, states.APPROVE, states.DECLINE, states.HOLD, states.FORGET,
    states.CANCEL, states.REFUSE, states.REVERSE, states.ANNUL, states.ARCHIVE,
)  # fmt: skip
ALL = range(len(NAMES))
TRANSITIONS = transitions()


def test_stored_numbers_never_change():
    assert [getattr(states, name) for name in NAMES] == list(range(10))


def test_every_step_outside_the_table_is_an_error():
    for kind, state, event in itertools.product((states.REFUND, states.VOID), ALL, EVENTS):
        if (kind, state, event) in TRANSITIONS:
            assert steps.after(kind, state, event) == TRANSITIONS[kind, state, event]
        else:
            with pytest.raises(steps.IllegalStep):
                steps.after(kind, state, event)


def test_every_row_of_the_table_is_a_step_of_its_own():
    rows = steps.TRANSITIONS.strip().splitlines()
    assert len(TRANSITIONS) == len(rows) == 40
    assert {event for _, _, event in TRANSITIONS} == set(EVENTS)


@pytest.mark.parametrize("kind", [states.REFUND, states.VOID])
def test_every_open_state_can_reach_an_end_and_every_end_frees_its_slot(kind):
    steps = {}
    for (k, state, _), target in TRANSITIONS.items():
        if k == kind:
            steps.setdefault(state, set()).add(target)

    def reachable(state):
        seen, todo = set(), [state]
        while todo:
            for target in steps.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    used = {state for (k, state, _) in TRANSITIONS if k == kind}
    for state in used - {states.FREE}:
        assert reachable(state) & set(states.FINAL) or state in states.FINAL
        assert states.FREE in reachable(state)


def test_no_request_leaves_before_sent_is_reached():
    """SENT is entered from PREPARED by SEND alone, so it is durable before the first byte."""
    for kind in (states.REFUND, states.VOID):
        into = {
            (state, event)
            for (k, state, event), target in TRANSITIONS.items()
            if k == kind and target == states.SENT
        }
        assert (states.PREPARED, states.SEND) in into
        barred = (states.FREE, states.LOST, states.DECLINED, states.ANNULLED)
        assert all(state not in barred for state, _ in into)


@pytest.mark.parametrize(
    "earlier, then",
    [
        (states.APPROVED, states.APPROVED),
        (states.PENDING_REVIEW, states.PENDING_REVIEW),
        (states.SENT, states.SENT),
        (states.PREPARED, states.SENT),
    ],
)
def test_refused_cancel_returns_to_where_it_was_asked_from(earlier, then):
    assert steps.after(states.REFUND, states.CANCELLING, states.REFUSE, earlier) == then


def test_a_refund_is_never_reversed_and_a_void_never_cancelled():
    for (kind, _, event), target in TRANSITIONS.items():
        if kind == states.REFUND:
            assert event != states.REVERSE and target != states.REVERSING
        else:
            assert event != states.CANCEL and target not in (
                states.CANCELLING, states.PENDING_REVIEW,
            )  # fmt: skip


def test_readme_shows_the_table():
    readme = Path(states.__file__).with_name("README.md").read_text()
    assert diagram() in readme
