"""Records: every refund, void and sale that this till has, one a page, the newest first.

UP and DOWN turn the pages, ENTER opens one, CANCEL leaves. Nothing here moves a record.
"""

from firmware import overlay, words
from firmware.screens import COLUMNS, Cancelled, Stopped, yuan

TITLE = "records.title"
MARK_CELLS = 5  # behind the time


async def run(terminal):
    terminal.ui.say(TITLE, "find.looking")
    history = overlay.call("history.gather", terminal)
    terminal.ui.keys.clear()
    if not len(history):
        raise Stopped(TITLE, "records.none")
    return await browse(terminal, history)


async def browse(terminal, history):
    """`history`: not empty. The procedure chosen for one of them, as day.py wants it, or None."""
    ui = terminal.ui
    at = 0
    while True:
        record = history.record(at)
        _show(ui, record, at + 1, len(history))
        try:
            key = await ui.key()
        except Cancelled:  # he went away
            key = "CANCEL"
        if key == "CANCEL":
            return None
        if key == "DOWN" and at + 1 < len(history):
            at += 1
        elif key == "UP" and at > 0:
            at -= 1
        elif key == "ENTER":
            chosen = await overlay.run("flows.details.run", terminal, record)
            if chosen is not None:
                return chosen


def _show(ui, record, number, most):
    """Time and place; voucher number and result; amount and kind; the end of the order's number."""
    date, time = record.date, record.time
    moment = date[4:6] + "-" + date[6:]
    if time:  # else the record was lost, and its amount too
        moment += " %s:%s" % (time[:2], time[2:4])
    mark = "%d/%d" % (number, most)
    if len(mark) > MARK_CELLS:
        mark = "%d" % number
    rows = [
        "%06d %s" % (record.stan, ui.text(words.result(record))),
        (yuan(record.amount_fen) + " " if record.amount_fen else "")
        + ui.text(words.SHORT_KINDS[record.type]),
        record.order[-COLUMNS:],
    ]
    ui.show(moment, rows, mark)
