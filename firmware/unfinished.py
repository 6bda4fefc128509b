"""Brings every open record to its end: once in the operator's hands, then again and again behind.

What each state owes is told in owing.py.
"""

from micropython import const

from firmware import overlay
from firmware import refund_state as states

_WAITS_MS = const((5000, 10000, 20000, 40000, 60000))  # between tries, the last one for ever


async def send(terminal, record):
    """The first request of a PREPARED record: SENT is durable before its first byte."""
    await overlay.run("sending.first", terminal, record)


async def attempt(terminal, record):
    """One exchange that may bring an open record on; its state tells whether it did."""
    state = record.state
    await terminal.turn.take()
    try:
        await overlay.run("owing.again", terminal, record, state)
    except OSError:
        pass  # the flash did not take it: the record is as it was, and its turn comes again
    finally:
        terminal.turn.give()


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
                    terminal.news.set()
