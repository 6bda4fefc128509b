"""The terminal's day: stand idle, run what the operator chooses, come back to idle.

Whatever a procedure ends with, the operator reads what happened and the terminal is idle again. It
may name the one that follows it, as (path, arguments behind the terminal): the first is out of
memory before the second is loaded.
"""

from firmware import overlay
from firmware.screens import Stopped

IDLE = ("flows.idle.run",)


async def run(terminal):
    """For ever."""
    terminal.left_open.set()
    following = None
    while True:
        step = following or IDLE
        following = None
        if step is IDLE:
            terminal.case = None
        try:
            following = await overlay.run(step[0], terminal, *step[1:])
        except Stopped as stop:
            terminal.ui.keys.clear()
            await terminal.ui.ask("message", stop.title, stop.body, **stop.values)
        except OSError as error:  # of the flash: each record is as it last was, and goes on behind
            overlay.call("log.crash", terminal, error)
            terminal.ui.keys.clear()
            await terminal.ui.ask("message", "memory.title", "memory.body")
        except Exception as error:
            terminal.crashes.append((None, error))
            overlay.call("log.crash", terminal, error)
            await terminal.ui.ask("message", "fault.title", "fault.body")
