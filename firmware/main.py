"""Boot order: the board's parts, the journal with what is unfinished, the operator's day."""

from firmware import day, unfinished
from firmware.terminal import Terminal


def start(board, ciphers):
    """A Terminal whose tasks are ready to run: give it time with terminal.kernel.step()."""
    terminal = Terminal(board, ciphers)
    terminal.kernel.spawn(terminal.link.run())
    terminal.kernel.spawn(terminal.keypad.run())
    terminal.kernel.spawn(unfinished.keep_trying(terminal))
    terminal.kernel.spawn(day.run(terminal))
    return terminal


def run(board, ciphers):
    """A board's whole life. Returns never; raises the fault that killed a task, after which nobody
    feeds the watchdog: the chip restarts and finds its work in the journal, as after a power cut.
    """
    board.start_watchdog()
    kernel = start(board, ciphers).kernel
    kernel.on_crash = _give_up
    kernel.run(board.wait)


def _give_up(_task, error):
    raise error
