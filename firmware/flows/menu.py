"""What can be chosen, and by whom: the menus as they stand in the manual, and the roles.

CANCEL leads back to the menu before, and from the first one to the idle screen.
"""

from firmware import overlay
from firmware.operators import SUPERVISOR
from firmware.screens import Cancelled, Stopped

# menu: its title, the menu before it, and (text id, the procedure or the menu that it leads to)
MENUS = {
    "main": (
        "menu.title", None, (
            ("menu.refund", "flows.refund.run"),
            ("menu.records", "records"),
            ("menu.till", "till"),
            ("menu.service", "service"),
        ),
    ),
    "records": (
        "menu.records", "main", (
            ("menu.status", "flows.status.run"),
            ("menu.take_back", "flows.take_back.run"),
        ),
    ),
    "till": (
        "menu.till", "main", (
            ("menu.sign_on", "flows.sign_on.run"),
            ("menu.echo", "flows.echo.run"),
            ("menu.language", "flows.language.run"),
            ("menu.log_off", "flows.log_off.run"),
            ("menu.password", "flows.password.run"),
            ("menu.operators", "operators"),
        ),
    ),
    "operators": (
        "operators.title", "till", (
            ("menu.op_list", "flows.operators.show"),
            ("menu.op_add", "flows.operators.add"),
            ("menu.op_delete", "flows.operators.delete"),
            ("menu.op_reset", "flows.operators.reset"),
            ("menu.op_unlock", "flows.operators.unlock"),
        ),
    ),
    "service": (
        "menu.service", "main", (
            ("menu.self_test", "flows.self_test.run"),
            ("menu.version", "flows.version.run"),
        ),
    ),
}  # fmt: skip

# What not everybody may do, by how its path begins. Who applies is not who approves: the supervisor
# moves no money himself, and what is his takes him, or his password at an operator's till.
OPERATORS_ONLY = ("flows.refund.", "flows.take_back.")
SUPERVISORS_ONLY = ("flows.operators.",)


async def run(terminal):
    """The procedure chosen, as day.py wants it; None where the operator went back to idle."""
    name = "main"
    while name is not None:
        title, before, entries = MENUS[name]
        try:
            at = await terminal.ui.ask("choose", title, [entry[0] for entry in entries])
        except Cancelled:
            name = before
            continue
        chosen = entries[at][1]
        if chosen not in MENUS:
            return await allowed(terminal, chosen)
        name = chosen
    return None


async def allowed(terminal, path):
    """(path,), if who is logged in may do it."""
    by_supervisor = terminal.operator == SUPERVISOR
    if by_supervisor and _among(path, OPERATORS_ONLY):
        raise Stopped("refused.title", "role.operators_only")
    if not by_supervisor and _among(path, SUPERVISORS_ONLY):
        await overlay.run("flows.log_in.supervisor", terminal)
    return (path,)


def _among(path, starts):
    return any(path.startswith(start) for start in starts)
