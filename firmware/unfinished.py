"""Brings every open record to its end: once in the operator's hands, then again and again behind.

What each state owes is told in owing.py.
"""

from micropython import const

from firmware import overlay
from firmware import refund_state as states

_WAITS_MS = const((5000, 10000, 20000, 40000, 60000))  # between tries, the last one for ever


async def wait(terminal, record, path="owing.again"):
    """An attempt in the operator's hands, until it is over or he presses CANCEL: it goes on behind
    then, and its answer counts all the same."""
    terminal.ui.keys.clear()
    terminal.ui.cancel.clear()
    task = terminal.kernel.spawn(attempt(terminal, record, path))
    await terminal.kernel.first(task, terminal.ui.cancel)
    return task.result


async def attempt(terminal, record, path="owing.again"):
    """One exchange that may bring an open record on; its state tells whether it did. Returns the
    OSError where the flash did not take it: the record is as it was, and its turn comes again."""
    state = record.state
    await terminal.turn.take()
    try:
        await overlay.run(path, terminal, record, state)
    except OSError as error:
        return error
    finally:
        terminal.turn.give()
        if record.state != state:
            terminal.news.set()


def work(terminal):
    """What is open, voids and sales first."""
    records = [r for r in terminal.journal.open_records() if r.state in states.OPEN]
    first = [r for r in records if r.type != states.REFUND]
    return first + [r for r in records if r.type == states.REFUND]


async def keep_trying(terminal):
    """The background task: works on what is open and not in the operator's hands."""
    tries = 0
    while True:
        if not work(terminal):
            tries = 0
            await terminal.kernel.first(terminal.left_open)
            terminal.left_open.clear()
            continue
        await terminal.kernel.sleep(_WAITS_MS[min(tries, len(_WAITS_MS) - 1)])
        tries += 1
        for record in work(terminal):
            if record is not terminal.in_hand and record.state in states.OPEN:
                before = record.state
                await attempt(terminal, record)
                if record.state != before:
                    tries = 0
