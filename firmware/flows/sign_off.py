"""Sign-off (签退): the host is told, and the operator is logged off. The keys stay: what is open
needs them.
"""

from firmware import host
from firmware.screens import Cancelled, Stopped


async def run(terminal):
    terminal.ui.say("sign_off.title", "connecting")
    stan = terminal.counters.take_stan()
    stop = terminal.ui.cancel
    stop.clear()
    outcome = await terminal.host.exchange("sign_off", terminal.counters.batch, stan, stop=stop)
    terminal.signed_on = False  # the host may have heard it all the same
    if outcome.kind == host.STOPPED:
        raise Cancelled()
    terminal.operator = None
    if outcome.kind != host.ANSWERED:
        raise Stopped("sign_off.failed", outcome.kind)
    if outcome.code != "00":
        raise Stopped("sign_off.failed", terminal.code_text(outcome.code), {"code": outcome.code})
    await terminal.ui.ask("message", "sign_off.title", "sign_off.done", timeout_ms=10000)
