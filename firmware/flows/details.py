"""One record with all that it says, and what can be done with it.

What is not allowed is not offered; only a reprint is, and says why there is none.
"""

from firmware import overlay, words
from firmware import refund_state as states
from firmware.screens import Cancelled

TITLE = "details.title"
CORRECTED = (states.REFUND, states.VOID)  # a sale is taken back, and that is all


async def run(terminal, record):
    """The procedure chosen for it, as day.py wants it; None: back to where it came from."""
    ui = terminal.ui
    terminal.case = record
    waits = overlay.call("flows.correct.waits", record)
    after = overlay.call("flows.correct.successor", terminal, record) if waits else None
    actions = _actions(terminal, record, waits and after is None)
    try:
        await ui.ask("pages", ui.text(TITLE), _rows(terminal, record, waits, after))
        at = await ui.ask("choose", TITLE, [action[0] for action in actions])
    except Cancelled:
        return None
    path = actions[at][1]
    await overlay.run("flows.roles.allowed", terminal, path)
    return (path, record)


def _actions(terminal, record, anew):
    """[(text id, procedure that takes a record)]."""
    actions = [("action.reprint", "flows.reprint.run")]
    actions.append(("menu.status", "flows.status.run"))
    if overlay.call("flows.take_back.possible", terminal, record):
        actions.append(("menu.take_back", "flows.take_back.run"))
        if record.type in CORRECTED:
            actions.append(("menu.correct", "flows.correct.run"))
    if anew:
        actions.append(("action.anew", "flows.correct.run"))
    return actions


def _rows(terminal, record, waits, after):
    ui = terminal.ui
    rows = []

    def add(text_id, **values):
        rows.extend(ui.wrap(ui.text(text_id, **values)))

    add("details.result", state=ui.text(words.result(record)))
    if record.state == states.DECLINED:
        add(terminal.code_text(record.code), code=record.code)
    rows += overlay.call("flows.find.rows", ui, record)
    if record.corrects:
        add("check.corrects", voucher=words.corrected(record))
    if after is not None:
        add("details.corrected", voucher="%06d" % after.stan)
    elif waits:
        add("details.uncorrected")
    if record.product:
        add("order.product", product=record.product, quantity=int(record.quantity or "1"))
    if record.reason:
        add("check.reason", reason=ui.text(overlay.call("reasons.reason_text", record.reason)))
    if record.card:
        add("order.card", card=record.card)
    if record.rrn:
        add("details.rrn", rrn=record.rrn)
    if record.arrival:
        add("status.arrival", date=record.arrival)
    add("details.operator", number=record.operator or "--", batch="%06d" % record.batch)
    return rows
