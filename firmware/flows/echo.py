"""Line test: an 0820/0830 echo, which moves nothing and takes no STAN."""

from firmware import host
from firmware.screens import Cancelled, Stopped


async def run(terminal):
    terminal.ui.say("echo.title", "connecting")
    stop = terminal.ui.cancel
    stop.clear()
    outcome = await terminal.host.exchange("echo", terminal.counters.batch, stop=stop)
    if outcome.kind == host.STOPPED:
        raise Cancelled()
    if outcome.kind != host.ANSWERED:
        raise Stopped("echo.failed", outcome.kind)
    if outcome.code != "00":
        raise Stopped("echo.failed", terminal.code_text(outcome.code), {"code": outcome.code})
    await terminal.ui.ask("message", "echo.title", "echo.done", timeout_ms=10000)
