"""Operator log-in, and the supervisor's consent to a refund: number, password, three tries."""

from firmware import overlay
from firmware.operators import SUPERVISOR, TRIES, Operators
from firmware.screens import Stopped


async def run(terminal):
    """Returns with terminal.operator set, signed on if the line allows it."""
    number = await terminal.ui.ask("digits", "log_in.title", "log_in.number", 2)
    number = "0" * (2 - len(number)) + number
    await _password(terminal, number, "log_in.title", "log_in.password", "log_in.refused")
    terminal.operator = number
    if not terminal.signed_on:
        await overlay.run("flows.sign_on.run", terminal)


async def supervisor(terminal):
    """Returns only if the supervisor's password was entered."""
    await _password(
        terminal, SUPERVISOR, "supervisor.title", "supervisor.password", "supervisor.refused"
    )


async def _password(terminal, number, title, prompt, refused):
    operators = Operators(terminal.storage)
    for tries_left in range(TRIES - 1, -1, -1):
        password = await terminal.ui.ask("digits", title, prompt, 8, secret=True, number=number)
        if operators.check(number, password):
            return
        if tries_left:
            await terminal.ui.ask("message", title, "password.wrong", tries=tries_left)
    raise Stopped("password.title", refused)
