"""Boot order: the board's parts, the journal with what is unfinished, the operator's day."""

from micropython import const

from firmware import day, overlay, unfinished
from firmware.terminal import Terminal

_SETTLED_MS = const(3000)  # boot, recovery and the first screen take less


def start(board, ciphers, glyph_file=None):
    """A Terminal whose tasks are ready to run: give it time with terminal.kernel.step()."""
    terminal = Terminal(board, ciphers, glyph_file)
    overlay.call("log.booted", terminal)
    terminal.kernel.spawn(terminal.link.run())
    terminal.kernel.spawn(terminal.keypad.run())
    terminal.kernel.spawn(unfinished.keep_trying(terminal))
    terminal.kernel.spawn(day.run(terminal))
    return terminal


def run(board, ciphers, settled, glyph_file=None):
    """A board's whole life. Returns never; raises the fault that killed a task, after which nobody
    feeds the watchdog: the chip restarts and finds its work in the journal, as after a power cut.
    Calls settled() once it has run for a while without a fault.
    """
    board.start_watchdog()
    terminal = start(board, ciphers, glyph_file)
    terminal.kernel.on_crash = lambda _task, error: _give_up(terminal, error)
    terminal.kernel.spawn(_tell(terminal, settled))
    terminal.kernel.run(board.wait)


async def _tell(terminal, settled):
    await terminal.kernel.sleep(_SETTLED_MS)
    if not terminal.crashes:
        settled()


def _give_up(terminal, error):
    overlay.call("log.crash", terminal, error)
    raise error
