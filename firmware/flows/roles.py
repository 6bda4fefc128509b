"""Who may do what, by how the path of a procedure in flows/menu.py begins; the rest is anybody's.

Who applies is not who approves: the supervisor moves no money himself. What is his takes him, or
his password at an operator's till.
"""

from micropython import const

from firmware import overlay
from firmware.screens import Stopped

SUPERVISOR = "00"
_OPERATORS_ONLY = const((
    "flows.refund.", "flows.sale.", "flows.take_back.", "flows.correct.", "flows.by_card.",
))  # fmt: skip
_SUPERVISORS_ONLY = const((
    "flows.operators.", "flows.limits.", "flows.settle.", "flows.training.", "flows.wipe.",
    "flows.phone.",
))  # fmt: skip
# What changes the real terminal, or tells its host of it.
NOT_IN_TRAINING = (
    "flows.operators.", "flows.password.", "flows.limits.", "flows.self_test.",
    "flows.wipe.", "flows.sign_off.", "flows.activate.", "flows.phone.", "flows.from_office.",
)  # fmt: skip


async def allowed(terminal, path):
    """(path,), as day.py wants it, if who is logged in may do it."""
    if terminal.training is not None and _among(path, NOT_IN_TRAINING):
        raise Stopped("training.title", "training.not_here")
    by_supervisor = terminal.operator == SUPERVISOR
    if by_supervisor and _among(path, _OPERATORS_ONLY):
        raise Stopped("refused.title", "role.operators_only")
    if not by_supervisor and _among(path, _SUPERVISORS_ONLY):
        await overlay.run("flows.log_in.supervisor", terminal)
    return (path,)


def _among(path, starts):
    return any(path.startswith(start) for start in starts)
