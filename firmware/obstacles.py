"""What must end before anything new goes online: a void or sale without an answer, what was LOST.

What was lost may be a refund of the very order that is asked for next.
"""

from micropython import const

from firmware import refund_state as states
from firmware import unfinished
from firmware.screens import Cancelled

_STEPS = const(3)  # the most that lie between an open record and its end: ask, cancel, ask again


async def clear(terminal):
    """Each gets its try: a record that is still open then, or None. Raises Cancelled."""
    left = None
    for record in unfinished.work(terminal):
        for _ in range(_STEPS):
            before = record.state
            if _stands_in_the_way(record):
                await unfinished.wait(terminal, record)
                if terminal.ui.cancel.ready:
                    raise Cancelled()
            if record.state == before:
                break
        if _stands_in_the_way(record):
            left = record
    return left


def _stands_in_the_way(record):
    lost = record.state == states.LOST or not record.amount_fen
    return record.state in states.OPEN and (lost or record.type != states.REFUND)
