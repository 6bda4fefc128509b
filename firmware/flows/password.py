"""A new password, typed twice: one's own, or the first one of an operator.

It is stored, salted anew, only when both were alike and good.
"""

from firmware import overlay
from firmware.operators import SALT_BYTES, Operators, least_digits

TITLE = "password.change"


async def run(terminal):
    """The operator, or the supervisor, changes his own; the old one is asked for and counted."""
    number = terminal.operator
    await overlay.run("flows.log_in.password", terminal, number, TITLE, "password.old")
    await new(terminal, number)


async def new(terminal, number, to_be_changed=False, title=TITLE):
    """Of operator `number`, who may be new. `to_be_changed`: at his first log-in."""
    ui = terminal.ui
    operators = Operators(terminal.storage)
    least = least_digits(number)
    while True:
        typed = await ui.ask("digits", title, "password.new", 8, secret=True, least=least,
                             digits=least)  # fmt: skip
        if not operators.good(number, typed):
            await ui.ask("message", title, "password.bad")
        elif typed != await ui.ask("digits", title, "password.again", 8, secret=True):
            await ui.ask("message", title, "password.differ")
        else:
            break
    operators.put(number, typed, terminal.board.random(SALT_BYTES), to_be_changed)
    await ui.ask("message", title, "password.done", timeout_ms=10000, number=number)
