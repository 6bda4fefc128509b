"""Sign-on: fetch working keys, and what signed_on.py takes from the reply.

Nothing of an 0810 is taken unless its MAC is right under the MAK that it brings.
"""

from firmware import host, overlay
from firmware.screens import Cancelled, Stopped


async def run(terminal):
    """The operator's sign-on: says how it ended. A settlement that is not done yet follows."""
    terminal.ui.say("sign_on.title", "connecting")
    await or_stop(terminal)
    await terminal.ui.ask("message", "sign_on.title", "sign_on.done", timeout_ms=3000)
    return ("flows.settle.run",) if terminal.settling else None


async def or_stop(terminal):
    """Sign on; raises Stopped with what happened and what to do."""
    if not terminal.keys.injected or not terminal.params.enrolled():
        raise Stopped("sign_on.failed", "not_enrolled.body")
    terminal.ui.cancel.clear()
    outcome = await sign_on(terminal, terminal.ui.cancel)
    if outcome.kind == host.STOPPED:
        raise Cancelled()
    if outcome.kind != host.ANSWERED:
        raise Stopped("sign_on.failed", outcome.kind)
    if outcome.code != "00":
        raise Stopped("sign_on.failed", terminal.code_text(outcome.code), {"code": outcome.code})


async def sign_on(terminal, stop=None):
    """One 0800 and its 0810: the host.Outcome. With 00 the new keys are in use at return."""
    brought = []

    def mac_of(reply):
        if reply.fields.get(39) != "00" or 62 not in reply.fields:
            return None  # refused: nothing to take, nothing to check it with
        brought[:] = [terminal.keys.open(reply.fields[62])]  # the last one judged is the one taken
        return brought[0]

    batch, stan = terminal.counters.batch, terminal.counters.take_stan()
    outcome = await terminal.host.exchange(
        "sign_on", batch, stan, terminal.operator or "00", mac_of=mac_of, stop=stop
    )
    if outcome.code == "00" and brought:
        overlay.call("signed_on.take", terminal, outcome, brought[0])
    terminal.signed_on = outcome.code == "00"
    terminal.again = False  # whatever came of it: the next reply asks anew
    return outcome
