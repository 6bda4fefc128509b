"""Self-test: the operator chooses a part, tries it, and has the results on the screen or on paper.

Each part gives a text that says how it went; what only eyes can judge, the operator answers.
"""

from firmware import overlay
from firmware.drivers.printer import BOLD, CENTRE, CUT, FEED, RULE, Printer
from firmware.screens import Cancelled

TITLE = "test.title"
PARTS = ("keypad", "screen", "paper", "flash", "clock", "link")
NOT_TRIED = "test.not_tried"


async def run(terminal):
    """Until CANCEL. A part that was left half-way counts as not tried."""
    ui = terminal.ui
    results = {part: ui.text(NOT_TRIED) for part in PARTS}
    entries = ["test." + part for part in PARTS] + ["test.results"]
    while True:
        try:
            at = await ui.ask("choose", TITLE, entries)
        except Cancelled:
            return
        try:
            if at == len(PARTS):
                await _show(terminal, results)
            else:
                results[PARTS[at]] = await _try(terminal, PARTS[at])
        except Cancelled:
            pass


async def _try(terminal, part):
    ui = terminal.ui
    room = "flows.test_parts." if part in ("keypad", "screen") else "flows.test_store."
    result = await overlay.run(room + part, terminal)
    ui.keys.clear()
    await ui.ask("pages", ui.text("test." + part), ui.wrap(result))
    return result


async def _show(terminal, results):
    """All results; ENTER prints them."""
    ui = terminal.ui
    rows = []
    for part in PARTS:
        rows += ui.wrap(ui.text("test." + part) + " " + results[part])
    await ui.ask("confirm", ui.text("test.results"), rows, ui.text("test.print"))
    ui.say(TITLE, "test.printing")
    lines = [(BOLD | CENTRE, ui.text(TITLE)), (RULE, "-")]
    lines += [(0, "%s %s" % terminal.date_and_time()), (0, terminal.params.terminal), (RULE, "-")]
    for part in PARTS:
        lines.append((BOLD, ui.text("test." + part)))
        lines += [(0, line) for line in results[part].split("\n")]
    lines += [(FEED, 2), (CUT, "")]
    printer = Printer(terminal.board.printer_uart, terminal.kernel, terminal.glyphs)
    result = await printer.print(lines)
    if result != "ok":
        await ui.ask("message", "printer.title", "printer." + result)
