"""Paper, until it is printed or the operator puts it off."""

from firmware import overlay
from firmware.drivers.printer import Printer
from firmware.screens import Cancelled


async def slip(terminal, path, *what):
    """Print the lines that a function gives, for example "voucher.lines", as often as it takes;
    False if it is put off. The last of `what` says whether this may be the second."""
    ui = terminal.ui
    printer = Printer(terminal.board.printer_uart, terminal.kernel, terminal.glyphs)
    while True:
        result = await printer.print(overlay.call(path, terminal, *what))
        if result == "ok":
            return True
        body = "printer." + result
        overlay.call("log.note", terminal, body)
        rows = ui.wrap(ui.text(body))
        try:
            await ui.ask("pages", ui.text("printer.title"), rows, timeout_ms=None, about=body)
        except Cancelled:
            return False
        ui.say("printer.title", "printer.again")
        what = what[:-1] + (True,)
