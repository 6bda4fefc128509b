"""What became of a refund, void or sale: what this till has of it, and what the host says.

Moves nothing, whatever it hears.
"""

from firmware import host, overlay, words
from firmware import refund_state as states
from firmware.screens import Cancelled, Stopped

TITLE = "status.title"
# By the number of DF08 at the host.
THERE = (
    "", "state.open", "state.review", "state.approved", "state.declined", "state.annulled",
    "state.unknown",
)  # fmt: skip


async def run(terminal, record=None):
    """`record`: where it was chosen already."""
    ui = terminal.ui
    if record is None:
        record = await overlay.run("flows.find.run", terminal, TITLE)
    if terminal.keys.mac is None:
        await overlay.run("flows.sign_on.or_stop", terminal)
    ui.cancel.clear()
    ui.say(TITLE, "connecting")
    outcome = await _inquire(terminal, record)
    if outcome.code in ("77", "A0"):
        await overlay.run("flows.sign_on.or_stop", terminal)
        outcome = await _inquire(terminal, record)
    ui.keys.clear()
    if outcome.kind == host.STOPPED:
        raise Stopped("cancelled.title", "cancelled.body")
    rows = ui.wrap(ui.text("status.here", state=ui.text(words.result(record))))
    rows += _told(terminal, record, outcome)
    if record.conflict and record.state in states.OPEN:
        rows += ui.wrap(ui.text("conflict.body"))
    rows += overlay.call("flows.find.rows", ui, record)
    try:
        await ui.ask("pages", ui.text(TITLE), rows)
    except Cancelled:
        pass


async def _inquire(terminal, record):
    stan = terminal.counters.take_stan()
    batch = terminal.counters.batch
    return await terminal.host.exchange("status", batch, stan, record, stop=terminal.ui.cancel)


def _told(terminal, record, outcome):
    """What the host says, or why it says nothing, in rows."""
    ui = terminal.ui
    if outcome.kind != host.ANSWERED:
        return ui.wrap(ui.text(outcome.kind))
    if outcome.code != "00":
        return ui.wrap(ui.text(terminal.code_text(outcome.code), code=outcome.code))
    told = overlay.call("messages.tags", outcome.field(62, b""))
    state = int(told.get("DF08", "0"))
    if not 0 < state < len(THERE):
        return ui.wrap(ui.text("bad_reply.body"))
    rows = ui.wrap(ui.text("status.there", state=ui.text(words.at_host(record, THERE[state]))))
    if told.get("DF09"):
        rows += ui.wrap(ui.text("status.arrival", date=told["DF09"]))
    if told.get("DF0A"):
        rows += ui.wrap(ui.text("status.note", note=told["DF0A"]))
    return rows
