"""The life of a refund as firmware/transitions.py has it, its states by their names."""
from firmware import refund_state as states
from firmware.transitions import NAMES as _NAMES
from firmware.transitions import TRANSITIONS

KINDS = {"refund": states.REFUND, "void": states.VOID}
NAMES = _NAMES.split()


def transitions() -> dict[tuple[int, int, str], int]:
    """The table as a dict: (what a record is, its state, the event) -> the state after it."""
    rows = (line.split() for line in TRANSITIONS.strip().splitlines())
    return {(KINDS[kind], NAMES.index(state), event): NAMES.index(target)
            for kind, state, event, target in rows}
