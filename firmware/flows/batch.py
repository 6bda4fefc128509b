"""Before a transaction begins: a settlement under way comes first, and the batch must have room.

Said before anything is typed, for nobody likes to hear it behind the second check.
"""

from micropython import const

from firmware import overlay, settlement
from firmware.journal import SLOTS
from firmware.screens import Stopped

_MOST = const(900)  # F48 counts to 999, and what was carried over comes on top
_STANS = const(200)  # kept for the settlement itself
_SETTLE = const("flows.settle.run")


async def first(terminal):
    """What has to go before, as day.py wants it; None where a transaction may begin. Raises
    Cancelled where the operator puts that off, Stopped where there is no way."""
    ui = terminal.ui
    going_on = await settlement_first(terminal)
    if going_on is not None:
        return going_on
    if is_full(terminal):
        await ui.ask("confirm", ui.text("batch_full.title"), ui.wrap(ui.text("batch_full.settle")))
        return ("flows.roles.allowed", _SETTLE)
    if len(terminal.journal.open_records()) >= SLOTS or not terminal.storage.has_room():
        raise Stopped("refused.title", "journal_full.body")
    return None


async def settlement_first(terminal):
    """The same for a settlement that is not through yet; a slip that is owed stops nobody."""
    ui = terminal.ui
    if not terminal.settling:
        return None
    if settlement.Settlement(terminal.storage).step not in settlement.UNDER_WAY:
        return None
    await ui.ask("confirm", ui.text("settle.title"), ui.wrap(ui.text("settle.first")))
    return (_SETTLE,)


def is_full(terminal):
    """Whether the batch takes no more; a settlement helps."""
    counters = terminal.counters
    limit = min(_MOST, overlay.call("risk.limits", terminal.storage)["batch"] or _MOST)
    if counters.used >= limit or counters.left() < _STANS:
        return True
    return counters.used > 0 and not terminal.storage.has_room()
