"""What the operator can choose: the menus, as they stand in the manual. By whom: roles.py.

CANCEL leads back to the menu before, and from the first one to the idle screen.
"""

from firmware import overlay
from firmware.screens import Cancelled

# menu: its title, the menu before it, and (text id, the procedure or the menu that it leads to)
MENUS = {
    "main": (
        "menu.title", None, (
            ("menu.refund", "flows.refund.run"),
            ("menu.by_card", "flows.by_card.run"),
            ("menu.sale", "flows.sale.run"),
            ("menu.records", "records"),
            ("menu.till", "till"),
            ("menu.service", "service"),
        ),
    ),
    "records": (
        "menu.records", "main", (
            ("menu.status", "flows.status.run"),
            ("menu.take_back", "flows.take_back.run"),
            ("menu.correct", "flows.correct.run"),
            ("menu.browse", "flows.records.run"),
            ("menu.search", "flows.search.run"),
            ("menu.reprint", "flows.reprint.last"),
            ("menu.office", "flows.from_office.run"),
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
            ("menu.settle", "flows.settle.run"),
            ("menu.settle_slip", "flows.settle_slip.run"),
            ("menu.sign_off", "flows.sign_off.run"),
        ),
    ),
    "operators": (
        "operators.title", "till", (
            ("menu.op_list", "flows.operators.show"),
            ("menu.op_add", "flows.operators.add"),
            ("menu.op_delete", "flows.operators.delete"),
            ("menu.op_reset", "flows.operators.reset"),
            ("menu.op_unlock", "flows.operators.unlock"),
            ("menu.limits", "flows.limits.run"),
        ),
    ),
    "service": (
        "menu.service", "main", (
            ("menu.self_test", "flows.self_test.run"),
            ("menu.version", "flows.version.run"),
            ("menu.training", "flows.training.run"),
            ("menu.log", "flows.show_log.run"),
            ("menu.wipe", "flows.wipe.run"),
            ("menu.phone", "flows.phone.run"),
        ),
    ),
}  # fmt: skip


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
            return await overlay.run("flows.roles.allowed", terminal, chosen)
        name = chosen
    return None
