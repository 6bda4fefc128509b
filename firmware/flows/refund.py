"""On-site refund: from the reason to the customer's copy, in the order of the operator's manual.

Nothing is sent before the second check is confirmed. Each step is in memory only while it runs.
"""

from firmware import overlay, unfinished
from firmware.screens import Stopped


async def run(terminal):
    if terminal.journal.damaged():  # what cannot be read may be an open refund of this very order
        raise Stopped("fault.title", "fault.body")
    await _get_online(terminal)
    order, reason, amount_fen = await overlay.run("flows.order.run", terminal)
    await overlay.run("flows.log_in.supervisor", terminal)
    record = await overlay.run("flows.check.run", terminal, order, reason, amount_fen)
    return ("flows.send.run", record)


async def _get_online(terminal):
    if not terminal.signed_on:
        terminal.ui.say("sign_on.title", "connecting")
        await overlay.run("flows.sign_on.or_stop", terminal)
    terminal.ui.say("refund.title", "connecting")
    if not await unfinished.reversals_first(terminal):
        raise Stopped("refused.title", "reversal_open.body")
    terminal.ui.keys.clear()
