"""The supervisor sets the limits of risk.py, one at a time; 0 switches a rule off."""

from firmware import overlay
from firmware.risk import LIMITS
from firmware.storage import pack_lines

TITLE = "limit.title"
# text id, name in risk.DEFAULTS, prompt, most digits
ROWS = (
    ("limit.supervisor", "supervisor_from_fen", "limit.fen", 8),
    ("limit.per_hour", "per_hour", "limit.number", 2),
    ("limit.large", "large_fen", "limit.fen", 8),
    ("limit.most", "most_fen", "limit.fen", 8),
    ("limit.same_order", "same_order", "limit.number", 1),
    ("limit.opens", "opens", "limit.clock", 4),
    ("limit.closes", "closes", "limit.clock", 4),
    ("limit.batch", "batch", "limit.number", 3),
    ("limit.no_pin", "no_pin_fen", "limit.fen", 8),
)


async def run(terminal):
    ui = terminal.ui
    text, name, prompt, longest = ROWS[await ui.ask("choose", TITLE, [row[0] for row in ROWS])]
    held = overlay.call("risk.limits", terminal.storage)
    clock = prompt == "limit.clock"
    while True:
        shown = "%04d" % held[name] if clock else held[name]
        typed = int(await ui.ask("digits", TITLE, prompt, longest, value=shown))
        if not clock or (typed < 2400 and typed % 100 < 60):
            break
    held[name] = typed
    terminal.storage.write(LIMITS, pack_lines(held))
    await ui.ask("message", TITLE, "limit.done", name=ui.text(text), value=typed)
