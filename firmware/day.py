"""The terminal's day: log in, stand idle, run what the operator chooses, come back to idle.

Whatever a procedure ends with, the operator reads what happened and the terminal is idle again.
"""

from firmware import overlay
from firmware import refund_state as states
from firmware.screens import Stopped

# (text id, procedure)
MENU = (
    ("menu.refund", "flows.refund.run"),
    ("menu.echo", "flows.echo.run"),
    ("menu.sign_on", "flows.sign_on.run"),
    ("menu.language", "flows.language.run"),
    ("menu.log_off", "flows.log_off.run"),
)
REFUND = "flows.refund.run"


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
    await overlay.run("flows.log_in.run", terminal)


async def _idle(terminal):
    owed = _owed(terminal)
    _show_idle(terminal, owed)
    terminal.news.clear()
    if await terminal.kernel.first(terminal.ui.keys, terminal.news) == 1:
        return
    key = terminal.ui.keys.get()
    if key == "1":
        await overlay.run(REFUND, terminal)
    elif key == "ENTER" and owed:
        await overlay.run("flows.complete.run", terminal, owed[0], True)
    elif key == "MENU":
        chosen = await terminal.ui.choose("menu.title", [entry[0] for entry in MENU])
        await overlay.run(MENU[chosen][1], terminal)


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
