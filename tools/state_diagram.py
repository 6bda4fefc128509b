"""Draws the refund's states from firmware/transitions.py, as the Mermaid text in its README.

`python -m tools.state_diagram` prints it; a test holds firmware/README.md to it.
"""

from host_sim.show.states import KINDS, NAMES, transitions


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
