"""The diagnostic log on the screen, the newest line first, and on paper."""

from firmware import overlay
from firmware.drivers.printer import BOLD, CENTRE, CUT, FEED, RULE, Printer
from firmware.screens import Cancelled

TITLE = "log.title"
MOST_ROWS = 27  # nine pages on the screen; all of it on paper


async def run(terminal):
    ui = terminal.ui
    lines = overlay.call("log.lines", terminal.storage)
    rows = []
    for line in reversed(lines):
        date, said = line[:15], line[16:]
        rows.append("%s-%s %s:%s" % (date[4:6], date[6:8], date[9:11], date[11:13]))
        rows += ui.wrap(said)
        rows += [""] * (-len(rows) % 3)
    if not rows:
        rows = ui.wrap(ui.text("log.empty"))
    try:
        await ui.ask("confirm", ui.text(TITLE), rows[:MOST_ROWS], ui.text("test.print"))
    except Cancelled:
        return
    ui.say(TITLE, "test.printing")
    out = [(BOLD | CENTRE, ui.text(TITLE)), (0, terminal.params.terminal), (RULE, "-")]
    out += [(0, line) for line in lines] + [(FEED, 2), (CUT, "")]
    printer = Printer(terminal.board.printer_uart, terminal.kernel, terminal.glyphs)
    result = await printer.print(out)
    if result != "ok":
        await ui.ask("message", "printer.title", "printer." + result)

