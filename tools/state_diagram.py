"""Draws the refund's states from firmware/transitions.py, as the Mermaid text in its README.

`python -m tools.state_diagram` prints it; a test holds firmware/README.md to it.
"""

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


def diagram() -> str:
    """One Mermaid state diagram; an edge says its event, and for whom where it is not for both."""
    edges: dict[tuple[int, int, str], list[str]] = {}
    for name, kind in KINDS.items():
        for (owner, state, event), target in transitions().items():
            if owner == kind:
                edges.setdefault((state, target, event), []).append(name)
    lines = ["stateDiagram-v2"]
    for (state, target, event), names in sorted(edges.items()):
        whose = "" if len(names) == len(KINDS) else f" ({names[0]})"
        lines.append(f"    {NAMES[state]} --> {NAMES[target]}: {event.lower()}{whose}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
