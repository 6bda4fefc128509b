"""The terminal's day: stand idle, run what the operator chooses, come back to idle.

Whatever a procedure ends with, the operator reads what happened and the terminal is idle again.
"""

from firmware import overlay
from firmware.screens import Stopped


async def run(terminal):
    """For ever."""
    terminal.left_open.set()
    while True:
        try:
            chosen = await overlay.run("flows.idle.run", terminal)
            await overlay.run(chosen[0], terminal, *chosen[1:])
        except Stopped as stop:
            terminal.ui.keys.clear()
            await terminal.ui.ask("message", stop.title, stop.body, **stop.values)
        except Exception as error:
            terminal.crashes.append((None, error))
            await terminal.ui.ask("message", "fault.title", "fault.body")
