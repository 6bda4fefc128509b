"""Wiping (清除): the supervisor makes the terminal blank, for its return or for another merchant.

What would be lost is named, and costs a second confirmation. Then the host is told, by a sign-off:
where it does not hear, the supervisor decides once more. Until the last key nothing is touched.
"""

from firmware import overlay
from firmware.screens import Cancelled, Stopped

TITLE = "wipe.title"


async def run(terminal):
    ui, number = terminal.ui, terminal.params.terminal
    await ui.ask("confirm", ui.text(TITLE), ui.wrap(ui.text("wipe.what")))
    await _typed(ui, number, "wipe.number")
    ui.cancel.clear()
    if not await terminal.turn.take(ui.cancel):  # nobody is in the middle of a record now
        raise Cancelled()
    try:
        opened, used = len(terminal.journal.open_records()), terminal.counters.used
        if opened or used or terminal.settling:
            lost = ui.text("wipe.lost", count=opened, used=used)
            await ui.ask("confirm", ui.text(TITLE), ui.wrap(lost))
            await _typed(ui, number, "wipe.again")
        told = await _tell(terminal)
        ui.say(TITLE, "wipe.running")
        for _ in overlay.call("wiping.steps", terminal.board):
            await terminal.kernel.sleep(1)
        overlay.call("wiping.blank", terminal)
    finally:
        terminal.turn.give()
    if not told:
        await ui.ask("message", TITLE, "wipe.alone", terminal=number)
    else:
        await ui.ask("message", TITLE, "wipe.done", timeout_ms=10000)


async def _tell(terminal):
    """Whether the host heard the sign-off; CANCEL does not wait for that."""
    ui, stan = terminal.ui, terminal.counters.take_stan()
    ui.say(TITLE, "wipe.telling")
    ui.cancel.clear()
    outcome = await terminal.host.exchange(
        "sign_off", terminal.counters.batch, stan, stop=ui.cancel
    )
    if outcome.code == "00":
        return True
    ui.keys.clear()  # a CANCEL that came while the line was tried decides nothing
    try:
        await ui.ask("confirm", ui.text(TITLE), ui.wrap(ui.text("wipe.untold")))
    except Cancelled:
        raise Stopped(TITLE, "wipe.kept")
    return False


async def _typed(ui, number, prompt):
    """Returns only if the terminal's own number was typed."""
    typed = await ui.ask("digits", TITLE, prompt, 8, terminal=number)
    if typed != number:
        raise Stopped(TITLE, "wipe.other_number")
