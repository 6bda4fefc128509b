"""Training on and off: the same procedures, but nothing leaves and nothing is kept.

It begins only where nothing is open; a power cut ends it, as nothing of it is stored.
"""

from firmware import overlay
from firmware import refund_state as states
from firmware.screens import Cancelled, Stopped

TITLE = "training.title"


async def run(terminal):
    ui = terminal.ui
    begins = terminal.training is None
    body = "training.begin" if begins else "training.end"
    await ui.ask("confirm", ui.text(TITLE), ui.wrap(ui.text(body)))
    ui.cancel.clear()
    if not await terminal.turn.take(ui.cancel):  # nobody is in the middle of a record now
        raise Cancelled()
    try:
        if not begins:
            overlay.call("training.end", terminal, states.FREE)
        elif terminal.settling or terminal.journal.open_records():
            raise Stopped(TITLE, "training.open")
        else:
            overlay.call("training.begin", terminal)
    finally:
        terminal.turn.give()
    terminal.speak(terminal.params.language)
    ui.badge = ui.text("training.mark") if begins else ""
    await ui.ask("message", TITLE, "training.on" if begins else "training.off", timeout_ms=10000)
