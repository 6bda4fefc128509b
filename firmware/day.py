"""The terminal's day: log in, stand idle, run what the operator chooses, come back to idle.

Whatever a procedure ends with, the operator reads what happened and the terminal is idle again.
"""

from firmware import refund_state as states
from firmware.flows import complete, log_in
from firmware.screens import Stopped

# (text id, module of firmware/flows): a flow is loaded when it is entered
MENU = (
    ("menu.refund", "refund"),
    ("menu.echo", "echo"),
    ("menu.sign_on", "sign_on"),
    ("menu.language", "language"),
    ("menu.log_off", "log_off"),
)
REFUND = "refund"


async def run(terminal):
    """For ever."""
    terminal.left_open.set()
    while True:
        terminal.ui.keys.clear()
        try:
            if terminal.operator is None:
                await _welcome(terminal)
            else:
                await _idle(terminal)
        except Stopped as stop:
            terminal.ui.keys.clear()
            await terminal.ui.message(stop.title, stop.body, **stop.values)
        except Exception as error:
            terminal.crashes.append((None, error))
            await terminal.ui.message("fault.title", "fault.body")


async def _welcome(terminal):
    """Nobody is logged in: only ENTER does something."""
    ui = terminal.ui
    waiting = "idle.welcome" if terminal.params.enrolled() else "idle.not_enrolled"
    ui.show(_title(terminal), [ui.text(waiting)])
    while await ui.key(None) != "ENTER":
        pass
    await log_in.run(terminal)


async def _idle(terminal):
    owed = _owed(terminal)
    _show_idle(terminal, owed)
    terminal.news.clear()
    if await terminal.kernel.first(terminal.ui.keys, terminal.news) == 1:
        return
    key = terminal.ui.keys.get()
    if key == "1":
        await _run(terminal, REFUND)
    elif key == "ENTER" and owed:
        await complete.run(terminal, owed[0], True)
    elif key == "MENU":
        chosen = await terminal.ui.choose("menu.title", [entry[0] for entry in MENU])
        await _run(terminal, MENU[chosen][1])


async def _run(terminal, flow):
    module = __import__("firmware.flows." + flow, None, None, ("run",))
    await module.run(terminal)


def _owed(terminal):
    """Records with an outcome that the operator has not seen or printed yet."""
    return [r for r in terminal.journal.open_records() if r.state in states.FINAL]


def _show_idle(terminal, owed):
    ui = terminal.ui
    state = "idle.ready" if terminal.signed_on else "idle.offline"
    rows = [ui.text(state, number=terminal.operator), ui.text("idle.keys")]
    unfinished = len(terminal.journal.open_records()) - len(owed)
    if owed:
        rows.append(ui.text("idle.result"))
    elif unfinished:
        rows.append(ui.text("idle.open", count=unfinished))
    ui.show(_title(terminal), rows)


def _title(terminal):
    return terminal.params.merchant_name or "Tuidan"
