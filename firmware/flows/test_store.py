"""Self-test of what has no face: printer, flash, clock and line.

The flash test writes a file of its own and takes it away again; nothing else on it is touched.
"""

from firmware import host
from firmware.drivers.printer import BOLD, CENTRE, COLUMNS, CUT, DOUBLE, FEED, RULE, Printer
from firmware.storage import get

FILE = "selftest"
_BYTES = 512
DAMAGED = ("bad_lrc", "bad_etx", "bad_length", "oversize", "abandoned")


async def paper(terminal):
    """A slip with every style, and a ruler as wide as the paper."""
    ui = terminal.ui
    ui.say("test.paper", "test.printing")
    words = ui.text("test.sample")
    lines = [(style, words) for style in (0, BOLD, CENTRE, DOUBLE, DOUBLE | CENTRE | BOLD)]
    lines += [(RULE, "-"), (0, ("1234567890" * 4)[:COLUMNS]), (RULE, "_"), (FEED, 2), (CUT, "")]
    printer = Printer(terminal.board.printer_uart, terminal.kernel, terminal.glyphs)
    result = await printer.print(lines)
    return ui.text("test.well" if result == "ok" else "printer." + result)


async def flash(terminal):
    """Both volumes take a file and give it back; how much room they have, what was mended."""
    ui, storage = terminal.ui, terminal.storage
    ui.say("test.flash", "test.working")
    data = bytes((at * 7 + at // 256) & 0xFF for at in range(_BYTES))
    result = "test.well"
    try:
        storage.write(FILE, data)
        for volume in storage.volumes:
            if get(volume, FILE)[4:-4] != data:
                result = "test.fault"
        storage.remove(FILE)
    except (OSError, TypeError):
        result = "test.fault"
    free = []
    for volume in storage.volumes:
        blocks, left = volume.statvfs("/")[2:4]
        free.append(left if left <= blocks else 0)  # below zero, of a full one, comes out huge
    return ui.text(result) + "\n" + ui.text(
        "test.room", first=free[0], second=free[1], count=storage.mended
    )


async def clock(terminal):
    """Date and time here, whether a host has set them since the power came, and how far the host's
    clock is away."""
    ui = terminal.ui
    outcome = await _echo(terminal, "test.clock")
    date, time = terminal.date_and_time()
    rows = [
        "%s-%s-%s" % (date[:4], date[4:6], date[6:]),
        "%s:%s:%s" % (time[:2], time[2:4], time[4:]),
        ui.text("test.by_host" if terminal.signed_on else "test.by_nobody"),
    ]
    told = outcome.field(12)
    if len(told) == 6:
        away = (_seconds(told) - _seconds(time) + 43200) % 86400 - 43200
        rows.append(ui.text("test.drift", count=away))
        if outcome.field(13) not in ("", date[4:]):
            rows.append(ui.text("test.other_day", date=outcome.field(13)))
    else:
        rows.append(ui.text("test.no_host"))
    return "\n".join(rows)


async def link(terminal):
    """An echo, how long it took, and what the line has done to frames since the power came."""
    ui = terminal.ui
    began = terminal.kernel.now()
    outcome = await _echo(terminal, "test.link")
    took = terminal.kernel.elapsed(began)
    if outcome.kind == host.ANSWERED:
        rows = [ui.text("test.answered", count=took)]
    else:
        rows = [ui.text("test.fault") if outcome.kind == host.STOPPED else ui.text(outcome.kind)]
    counters = terminal.link.counters
    damaged = sum([counters[name] for name in DAMAGED])
    rows.append(ui.text("test.counted", first=counters["retransmissions"], second=damaged,
                        count=terminal.host.refused))  # fmt: skip
    return "\n".join(rows)


async def _echo(terminal, title):
    """CANCEL ends the waiting."""
    terminal.ui.say(title, "connecting")
    terminal.ui.cancel.clear()
    return await terminal.host.exchange("echo", terminal.counters.batch, stop=terminal.ui.cancel)


def _seconds(hhmmss):
    return int(hhmmss[:2]) * 3600 + int(hhmmss[2:4]) * 60 + int(hhmmss[4:])
