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
