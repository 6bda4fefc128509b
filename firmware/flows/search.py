"""Finds records by voucher number, by the end of the order's number, by amount, date or result."""

from firmware import overlay
from firmware import refund_state as states
from firmware.screens import Cancelled

TITLE = "search.title"
# what is asked: its entry, its question, the most and the fewest digits
BY = (
    ("search.voucher", "search.by_voucher", 6, 1),
    ("search.order", "search.by_order", 20, 1),
    ("search.amount", "search.by_amount", 0, 0),
    ("search.date", "search.by_date", 8, 4),
    ("search.result", "", 0, 0),
)
VOUCHER, ORDER, AMOUNT, DATE, RESULT = range(len(BY))
RESULTS = (
    ("search.approved", (states.APPROVED,)),
    ("state.declined", (states.DECLINED,)),
    ("state.annulled", (states.ANNULLED,)),
    ("state.open", states.OPEN),
)


async def run(terminal):
    """The procedure chosen for a record that was found, as day.py wants it, or None."""
    ui = terminal.ui
    chosen = None
    while chosen is None:
        try:
            by = await ui.ask("choose", TITLE, [row[0] for row in BY])
        except Cancelled:
            break
        try:
            chosen = await _search(terminal, by)
        except Cancelled:
            pass  # back to what he may search by
    return chosen


async def _search(terminal, by):
    ui = terminal.ui
    wanted = await _wanted(ui, by)
    ui.say(TITLE, "find.looking")
    history = overlay.call("history.gather", terminal, wanted)
    ui.keys.clear()
    body = "search.found" if len(history) else "search.nothing"
    await ui.ask("pages", ui.text(TITLE), ui.wrap(ui.text(body, found=len(history))))
    if not len(history):
        return None
    return await overlay.run("flows.records.browse", terminal, history)


async def _wanted(ui, by):
    """What tells of a Record whether it is one of those that he means."""
    _, question, longest, least = BY[by]
    if by == RESULT:
        found = RESULTS[await ui.ask("choose", "search.result", [row[0] for row in RESULTS])][1]
        return lambda record: record.state in found
    if by == AMOUNT:
        fen = await ui.ask("amount", TITLE, question)
        return lambda record: record.amount_fen == fen
    typed = await ui.ask("digits", TITLE, question, longest, least=least)
    if by == VOUCHER:
        stan = int(typed)
        return lambda record: record.stan == stan
    if by == DATE:
        return lambda record: record.date.endswith(typed)
    return lambda record: record.order.endswith(typed)
