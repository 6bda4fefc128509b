"""What this terminal is: firmware, board, numbers, MAC algorithm, check values of its keys.

A check value says which key there is; no key is ever shown.
"""

import gc
import sys

from firmware.screens import BODY_ROWS, Cancelled
from firmware.version import VERSION

_ENTRY = 20  # bytes of a key in F62 of an 0810, the last four its check value
_INSTALLED = "/tuidan/"  # where a board's loader keeps versions, each in a folder of its name


async def run(terminal):
    ui, params = terminal.ui, terminal.params
    rows = ["Tuidan " + VERSION]
    if __file__.startswith(_INSTALLED):
        rows += ui.wrap(__file__[len(_INSTALLED) :].split("/")[0])
    rows += ui.wrap(ui.text("version.terminal", terminal=params.terminal))
    rows += ui.wrap(ui.text("version.merchant", merchant=params.merchant))
    rows.append("MAC " + params.mac)
    rows += _check_values(terminal)
    rows += [""] * (-len(rows) % BODY_ROWS)  # what the interpreter says has a page to itself
    rows.append(terminal.board.NAME)
    rows += ui.wrap(sys.version.split("; ")[-1].split(" on ")[0].split(" (")[0])
    free = getattr(gc, "mem_free", None)
    rows += ui.wrap(ui.text("version.memory", count=free() if free else "-"))
    try:
        await ui.ask("pages", ui.text("version.title"), rows)
    except Cancelled:
        pass


def _check_values(terminal):
    """Of PIK and MAK; both stand beside the wrapped keys as the host sent them."""
    stored = terminal.storage.read("keys")
    if not stored or len(stored) < 1 + 2 * _ENTRY:
        return [terminal.ui.text("version.no_keys")]
    return ["%s %s" % (name, stored[1 + end - 4 : 1 + end].hex().upper())
            for name, end in (("PIK", _ENTRY), ("MAK", 2 * _ENTRY))]  # fmt: skip

