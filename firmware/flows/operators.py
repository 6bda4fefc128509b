"""The supervisor's book of operators: list, add, delete, new first password, unlock.

There is always an operator left, and never is one deleted who is logged in.
"""

from micropython import const

from firmware import overlay
from firmware.operators import SUPERVISOR, TRIES, Operators
from firmware.screens import Cancelled, Stopped

TITLE = "operators.title"
_HELD_MS = const(10000)


async def show(terminal):
    ui = terminal.ui
    operators = Operators(terminal.storage)
    rows = []
    for number in sorted(operators.numbers()):
        left = operators.tries_left(number)
        text = "operators.row"
        if operators.to_be_changed(number):
            text = "operators.row_first"
        if left < TRIES:
            text = "operators.row_wrong" if left else "operators.row_locked"
        rows.append(ui.text(text, number=number, tries=left))
    try:
        await ui.ask("pages", ui.text(TITLE), rows)
    except Cancelled:
        pass


async def add(terminal):
    number = await terminal.ui.ask("digits", TITLE, "log_in.number", 2)
    number = "0" * (2 - len(number)) + number
    if Operators(terminal.storage).known(number):
        raise Stopped(TITLE, "operators.exists", {"number": number})
    await overlay.run("flows.password.new", terminal, number, True, TITLE)
    _note(terminal, number, "added")


async def delete(terminal):
    ui = terminal.ui
    number = await _other(terminal)
    operators = Operators(terminal.storage)
    if number == terminal.operator:
        raise Stopped(TITLE, "operators.logged_in", {"number": number})
    if len(operators.numbers()) <= 2:
        raise Stopped(TITLE, "operators.last", {"number": number})
    await ui.ask("confirm", ui.text(TITLE), ui.wrap(ui.text("operators.sure", number=number)))
    operators.remove(number)
    _note(terminal, number, "deleted")
    await ui.ask("message", TITLE, "operators.deleted", timeout_ms=_HELD_MS, number=number)


async def reset(terminal):
    number = await _other(terminal)
    await overlay.run("flows.password.new", terminal, number, True, TITLE)
    _note(terminal, number, "new password")


async def unlock(terminal):
    number = await _other(terminal)
    Operators(terminal.storage).count(number, True)
    _note(terminal, number, "unlocked")
    await terminal.ui.ask(
        "message", TITLE, "operators.unlocked", timeout_ms=_HELD_MS, number=number
    )


async def _other(terminal):
    """The number of an operator who is not the supervisor."""
    number = await overlay.run("flows.log_in.number", terminal, TITLE)
    if number == SUPERVISOR:
        raise Stopped(TITLE, "operators.supervisor")
    return number


def _note(terminal, number, what):
    """Into the diagnostic log: whom, what, and by whom. At an operator's till the supervisor gave
    his password."""
    by = SUPERVISOR if terminal.operator == SUPERVISOR else SUPERVISOR + " at " + terminal.operator
    overlay.call("log.note", terminal, "operator", "%s %s by %s" % (number, what, by))
