"""The supervisor's book of operators: list, add, delete, new first password, unlock.

There is always an operator left, and never is one deleted who is logged in.
"""

from firmware import overlay
from firmware.operators import SUPERVISOR, TRIES, Operators
from firmware.screens import Cancelled, Stopped

TITLE = "operators.title"


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
    await ui.ask("message", TITLE, "operators.deleted", number=number)


async def reset(terminal):
    await overlay.run("flows.password.new", terminal, await _other(terminal), True, TITLE)


async def unlock(terminal):
    number = await _other(terminal)
    Operators(terminal.storage).count(number, True)
    await terminal.ui.ask("message", TITLE, "operators.unlocked", number=number)


async def _other(terminal):
    """The number of an operator who is not the supervisor."""
    number = await overlay.run("flows.log_in.number", terminal, TITLE)
    if number == SUPERVISOR:
        raise Stopped(TITLE, "operators.supervisor")
    return number
