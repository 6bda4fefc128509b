"""The supervisor sets the limits of risk.py, one at a time; 0 switches a rule off."""

from firmware import overlay
from firmware.risk import LIMITS
from firmware.screens import yuan
from firmware.storage import pack_lines

TITLE = "limit.title"
AMOUNT, NUMBER, CLOCK = "limit.fen", "limit.number", "limit.clock"
NONE, ALWAYS, NEVER = "limit.none", "limit.always", "limit.never"
# text id, name in risk.DEFAULTS, prompt, most digits, what 0 means
ROWS = (
    ("limit.supervisor", "supervisor_from_fen", AMOUNT, 8, ALWAYS),
    ("limit.per_hour", "per_hour", NUMBER, 2, NONE),
    ("limit.large", "large_fen", AMOUNT, 8, NONE),
    ("limit.most", "most_fen", AMOUNT, 8, NONE),
    ("limit.same_order", "same_order", NUMBER, 1, NONE),
    ("limit.opens", "opens", CLOCK, 4, None),
    ("limit.closes", "closes", CLOCK, 4, None),
    ("limit.batch", "batch", NUMBER, 3, NONE),
    ("limit.no_pin", "no_pin_fen", AMOUNT, 8, NEVER),
)


async def run(terminal):
    ui = terminal.ui
    row = ROWS[await ui.ask("choose", TITLE, [row[0] for row in ROWS])]
    text, name = row[:2]
    held = overlay.call("risk.limits", terminal.storage)
    held[name] = await _asked(ui, row, held)
    terminal.storage.write(LIMITS, pack_lines(held))
    shown = _shown(ui, row, held)
    await ui.ask("message", TITLE, "limit.done", timeout_ms=10000, name=ui.text(text), value=shown)


async def _asked(ui, row, held):
    """What stands there from now on: fen, a number, or HHMM."""
    title, _, prompt, longest, zero = row
    now = _shown(ui, row, held)
    off = ui.text(zero) if zero else ""
    while True:
        if prompt == AMOUNT:
            return await ui.ask("amount", title, prompt, least=0, value=now, off=off)
        typed = int(await ui.ask("digits", title, prompt, longest, value=now, off=off))
        if prompt == NUMBER or (typed < 2400 and typed % 100 < 60):
            return typed


def _shown(ui, row, held):
    _, name, prompt, _, zero = row
    value = held[name]
    if prompt == CLOCK and held["opens"] == held["closes"]:
        return ui.text("limit.all_day")
    if not value and zero:
        return ui.text(zero)
    if prompt == AMOUNT:
        return yuan(value)
    return "%04d" % value if prompt == CLOCK else str(value)
