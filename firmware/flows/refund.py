"""On-site refund: from the reason to the customer's copy, in the order of the operator's manual.

Nothing is sent before the second check is confirmed. Each step is in memory only while it runs.
"""

from firmware import overlay
from firmware import refund_state as states
from firmware.screens import Stopped


async def run(terminal, number="", corrects=""):
    """`number`: of an order that is known already. `corrects`: key of the one that it replaces."""
    first = await overlay.run("flows.batch.first", terminal)
    if first is not None:
        return first
    await get_online(terminal, "refund.title", "refused.title")
    order, reason, amount_fen = await overlay.run("flows.order.run", terminal, number)
    rules, held = await overlay.run("risk.clear", terminal, order, amount_fen)
    if held:
        await overlay.run("flows.log_in.supervisor", terminal)
    checked = terminal, order, reason, amount_fen, corrects
    record = await overlay.run("flows.check.run", *checked)
    record.rules = rules
    return ("flows.send.run", record)


async def get_online(terminal, title, refused):
    """Raises Stopped, under the title `refused`, where nothing new may go out yet."""
    if not terminal.signed_on:
        terminal.ui.say("sign_on.title", "connecting")
        await overlay.run("flows.sign_on.or_stop", terminal)
    terminal.ui.say(title, "connecting")
    left = await overlay.run("obstacles.clear", terminal)
    if left is not None:
        reversal = left.type != states.REFUND and left.amount_fen
        body = "reversal_open.body" if reversal else "lost.open"
        raise Stopped(refused, "conflict.body" if left.conflict else body)
    terminal.ui.keys.clear()
