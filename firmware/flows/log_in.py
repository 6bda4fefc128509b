"""Operator log-in, and the supervisor's consent: number, password, three tries, then locked.

Each wrong password is counted in the flash before the operator reads that it was wrong.
"""

from micropython import const

from firmware import overlay
from firmware.operators import SUPERVISOR, Operators
from firmware.screens import Stopped

_MINUTE_MS = const(60000)
_TICKS = const(0x3FFFFFFF)  # a tick counter's period, less one


async def run(terminal):
    """Sets terminal.operator; the sign-on follows, where there was none since the power came. A
    terminal that knows no supervisor asks for his password first."""
    if not Operators(terminal.storage).known(SUPERVISOR):
        return ("flows.activate.run",)
    title = "log_in.title"
    number = await overlay.run("flows.log_in.number", terminal, title)
    await password(terminal, number, title, "log_in.password")
    if Operators(terminal.storage).to_be_changed(number):
        ui, about = terminal.ui, "password.must_change"
        await ui.ask("pages", ui.text(title), ui.wrap(ui.text(about)), about=about)
        await overlay.run("flows.password.new", terminal, number)
    terminal.operator = number
    return None if terminal.signed_on else ("flows.sign_on.run",)


async def supervisor(terminal):
    """Returns only if the supervisor's password was entered."""
    await password(terminal, SUPERVISOR, "supervisor.title", "supervisor.password")


async def number(terminal, title):
    """The number of an operator whom this terminal knows; else Stopped."""
    typed = await terminal.ui.ask("digits", title, "log_in.number", 2)
    typed = "0" * (2 - len(typed)) + typed
    if not Operators(terminal.storage).known(typed):
        raise Stopped(title, "operators.unknown", {"number": typed})
    return typed


async def password(terminal, number, title, prompt):
    """Returns only if the password of operator `number` was entered."""
    operators = Operators(terminal.storage)
    while True:
        _stop_if_locked(terminal, operators, number)
        typed = await terminal.ui.ask("digits", title, prompt, 8, secret=True, number=number)
        right = operators.check(number, typed)
        operators.count(number, right)
        if right:
            return
        if number == SUPERVISOR:
            terminal.waiting_since = terminal.kernel.now()
        left = operators.tries_left(number)
        if left:
            await terminal.ui.ask("message", title, "password.wrong", tries=left)


def _stop_if_locked(terminal, operators, number):
    """An operator stays locked until the supervisor unlocks him. The supervisor waits, with the
    power on: by ticks, which no set clock moves, and from the start again after a power cut."""
    if operators.tries_left(number):
        return
    overlay.call("log.note", terminal, "locked", number)
    if number != SUPERVISOR:
        raise Stopped("password.title", "log_in.locked", {"number": number})
    # Past half its period the tick counter's difference is negative; what counts is that it wraps.
    waited_ms = terminal.kernel.elapsed(terminal.waiting_since) & _TICKS
    left_ms = operators.wait_min() * _MINUTE_MS - waited_ms
    if left_ms > 0:
        minutes = (left_ms + _MINUTE_MS - 1) // _MINUTE_MS
        raise Stopped("supervisor.title", "supervisor.locked", {"minutes": minutes})
