"""A blank terminal becomes somebody's: code, what the host says of it, first password, keys.

The code is in memory for as long as it takes to make a key of it, and nowhere else.
"""

from firmware import host, overlay
from firmware.drivers.printer import Printer
from firmware.operators import SUPERVISOR, Operators
from firmware.screens import Cancelled, Stopped

TITLE = "activate.title"
FAILED = "activate.failed"
# F39 of a refusal: what the operator reads.
REFUSALS = {
    "25": "activate.unknown",
    "55": "activate.wrong",
    "54": "activate.expired",
    "75": "activate.locked",
    "94": "activate.used",
}
CODE_DIGITS = 16


async def run(terminal):
    if not terminal.params.enrolled() or not terminal.keys.injected:
        await _activate(terminal)
    if not Operators(terminal.storage).known(SUPERVISOR):
        ui, about = terminal.ui, "activate.password"
        await ui.ask("pages", ui.text(TITLE), ui.wrap(ui.text(about)), about=about)
        await overlay.run("flows.password.new", terminal, SUPERVISOR)
    return ("flows.sign_on.run",)


async def _activate(terminal):
    ui = terminal.ui
    code = await ui.ask("digits", TITLE, "activate.code", CODE_DIGITS, least=CODE_DIGITS)
    if not overlay.call("protocol.activation.well_formed", code):
        raise Stopped(FAILED, "activate.typo")
    ui.say(TITLE, "connecting")
    enrolled = await _asked(terminal, code)
    if terminal.params.enrolled() and terminal.params.terminal != enrolled["terminal"]:
        raise Stopped(FAILED, "activate.other", {"terminal": terminal.params.terminal})
    rows = [enrolled["name"]] + ui.wrap(ui.text("version.terminal", terminal=enrolled["terminal"]))
    rows += ui.wrap(ui.text("version.merchant", merchant=enrolled["merchant"]))
    rows += ui.wrap(ui.text("activate.kcv") + " " + enrolled["kcv"])
    await ui.ask("confirm", ui.text(TITLE), rows, ui.text("activate.confirm"))
    overlay.call("enrolment.take", terminal, enrolled)
    await _print(terminal, enrolled)


async def _asked(terminal, code):
    """What the host says of the code; Stopped where it is not good."""
    own = overlay.call("enrolment.nonce", terminal)
    key, proof = overlay.call("protocol.activation.keys", code, own)
    batch, stan = terminal.counters.batch, terminal.counters.take_stan()
    stop = terminal.ui.cancel
    stop.clear()
    outcome = await terminal.host.exchange(
        "enrolment.request", batch, stan, code, own, proof, stop=stop
    )
    if outcome.kind == host.STOPPED:
        raise Cancelled()
    if outcome.kind != host.ANSWERED:
        raise Stopped(FAILED, outcome.kind)
    if outcome.code != "00":
        text = REFUSALS.get(outcome.code) or terminal.code_text(outcome.code)
        raise Stopped(FAILED, text, {"code": outcome.code})
    enrolled = overlay.call("enrolment.opened", outcome.fields, key, terminal.keys.ciphers)
    if enrolled is None:
        raise Stopped(FAILED, "activate.bad_key")
    return enrolled


async def _print(terminal, enrolled):
    """The slip; CANCEL goes on without it."""
    ui = terminal.ui
    printer = Printer(terminal.board.printer_uart, terminal.kernel, terminal.glyphs)
    result = await printer.print(overlay.call("enrolment.slip", terminal, enrolled))
    while result != "ok":
        body = "printer." + result
        try:
            await ui.ask("pages", ui.text("printer.title"), ui.wrap(ui.text(body)), about=body)
        except Cancelled:
            return
        result = await printer.print(overlay.call("enrolment.slip", terminal, enrolled))
