"""Between two customers: what there is to do, shown, until the operator chooses something.

Nothing polls here; a key or news of an open record ends the waiting.
"""

from micropython import const

from firmware import refund_state as states

REFUND = "flows.refund.run"
_COMPLETE = const("flows.complete.run")
_LOG_IN = const("flows.log_in.run")
_ACTIVATE = const("flows.activate.run")
_SIGN_ON = const("flows.sign_on.run")
_SETTLE = const("flows.settle.run")
MENU = "flows.menu.run"
_IF_ALLOWED = const("flows.roles.allowed")


async def run(terminal):
    """Path of the procedure chosen, and its arguments behind the terminal."""
    chosen = None
    while chosen is None:
        terminal.ui.keys.clear()
        chosen = await (_welcome(terminal) if terminal.operator is None else _wait(terminal))
    return chosen


async def _welcome(terminal):
    """Nobody is logged in: only ENTER does something."""
    ui = terminal.ui
    blank = not terminal.params.enrolled() or not terminal.keys.injected
    blank = blank or not terminal.storage.read("operators")
    rows = [ui.text("idle.not_enrolled"), ui.text("idle.activate")]
    if not blank:
        rows = [ui.text("idle.welcome")]
    ui.show(_title(terminal), rows)
    while await ui.key(None) != "ENTER":
        pass
    return (_ACTIVATE if blank else _LOG_IN,)


async def _wait(terminal):
    """The same, or None if the screen is out of date or the key means nothing."""
    if terminal.again:
        return (_SIGN_ON,)
    owed = _owed(terminal)
    _show_idle(terminal, owed)
    terminal.news.clear()
    if await terminal.kernel.first(terminal.ui.keys, terminal.news) == 1:
        return None
    key = terminal.ui.keys.get()
    if key == "1":
        return (_IF_ALLOWED, REFUND)
    if key == "ENTER" and owed:
        return (_COMPLETE, owed[0], True)
    if key == "ENTER" and terminal.settling:
        return (_SETTLE,)
    if key == "MENU":
        return (MENU,)
    return None


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
    elif terminal.settling:
        rows.append(ui.text("idle.settle"))
    elif unfinished:
        rows.append(ui.text("idle.open", count=unfinished))
    ui.show(_title(terminal), rows)


def _title(terminal):
    return terminal.params.merchant_name or "Tuidan"
