"""Settlement: totals shown and confirmed, compared by the host, the batch uploaded where they
differ, the next one open.

It is durable before the first byte leaves and then seen through, whatever happens: the operator may
put it off, but no transaction begins before it is through.
"""

from firmware import host, overlay, settlement
from firmware import refund_state as states
from firmware.screens import Cancelled, Stopped, yuan
from firmware.settling import REFUSED

TITLE = "settle.title"
TRIES = 6
WAIT_MS = (2000, 4000, 8000, 16000, 30000)
SAID = ("", "settle.sending", "settle.uploading", "settle.ending", "settle.ending")


async def run(terminal):
    """Goes on with the one that is under way, or begins one."""
    book = settlement.Settlement(terminal.storage)
    first = book.step == settlement.DONE
    if first:
        await _begin(terminal, book)
        terminal.settling = True
    if await _seen_through(terminal, book, first):
        return ("flows.settle_slip.run",)
    return None


async def _begin(terminal, book):
    """Returns once it is durable. Stopped or Cancelled: nothing was begun."""
    ui = terminal.ui
    if not terminal.signed_on:
        ui.say("sign_on.title", "connecting")
        await overlay.run("flows.sign_on.or_stop", terminal)
    ui.say(TITLE, "connecting")
    left = await overlay.run("obstacles.clear", terminal)
    if left is not None and not left.conflict:
        void = left.type != states.REFUND and left.amount_fen
        raise Stopped(TITLE, "reversal_open.body" if void else "lost.open")
    shown = None
    while True:
        batch = terminal.counters.batch
        counted = batch, overlay.call("totals.count", terminal, book)
        if counted == shown:
            break
        shown = counted  # what is behind the questions may bring a record on meanwhile
        ui.keys.clear()
        await ui.ask("confirm", ui.text(TITLE), _rows(ui, *counted), ui.text("settle.check"))
    book.begin(terminal, *counted[1])


def _rows(ui, batch, counted):
    rows, left_open = counted
    shown = ui.wrap(ui.text("settle.batch", batch="%06d" % batch))
    for type_, label, _ in settlement.TYPES:
        for _, count, fen in [row for row in rows if row[0] == type_]:
            kind = ui.text(label)
            shown += ui.wrap(ui.text("settle.line", kind=kind, count=count, amount=yuan(fen)))
    if not rows:
        shown += ui.wrap(ui.text("settle.empty"))
    if left_open:
        shown += ui.wrap(ui.text("settle.open", count=len(left_open)))
    return shown


async def _seen_through(terminal, book, first):
    """True once the host has settled and the next batch is open, False where that has to wait."""
    ui = terminal.ui
    tries = 0
    while book.step in settlement.UNDER_WAY:
        if book.step == settlement.CLOSING:
            overlay.call("settling.close", terminal, book)
            return True
        ui.cancel.clear()
        ui.say(TITLE, SAID[book.step], count=book.uploaded)
        before = book.step, book.uploaded
        outcome = await overlay.run("settling.attempt", terminal, book, first and tries == 0)
        if outcome == REFUSED:
            terminal.settling = False
            raise Stopped(TITLE, "settle.refused")
        if before != (book.step, book.uploaded):
            first, tries = False, 0
            continue
        tries += 1
        if tries == TRIES or _is_over(outcome) or await _put_off(terminal, tries):
            await _tell(terminal, outcome)
            return False
    return True


def _is_over(outcome):
    """Whether asking again at once brings nothing."""
    return outcome is not None and (outcome.kind == host.STOPPED or outcome.final)


async def _put_off(terminal, tries):
    """Wait a little; True where the operator will not."""
    ui = terminal.ui
    ui.keys.clear()
    ui.cancel.clear()
    ui.say("again.title", "settle.again", tries=tries, most=TRIES)
    wait_ms = WAIT_MS[min(tries, len(WAIT_MS)) - 1]
    return await terminal.kernel.first(ui.cancel, timeout_ms=wait_ms) == 0


async def _tell(terminal, outcome):
    """Why it has to wait, and that nothing is lost."""
    ui = terminal.ui
    body = "bad_keys.body"  # none to sign the request with
    if outcome is not None:
        body = outcome.kind
        if outcome.kind == host.ANSWERED:
            body = "bad_reply.body" if outcome.code == "00" else terminal.code_text(outcome.code)
    rows = []
    if body != host.STOPPED:
        rows = ui.wrap(ui.text(body, code=outcome and outcome.code))
    ui.keys.clear()
    try:
        await ui.ask("pages", ui.text(TITLE), rows + ui.wrap(ui.text("settle.later")))
    except Cancelled:
        pass
