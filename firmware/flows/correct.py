"""Corrects a wrong refund or void: takes it back while its batch is open, then it is entered anew.

Nothing new is entered before the old one is ANNULLED, net zero for good; until then it goes on
being taken back, and the correction is taken up again from the idle screen or from its record. The
new one keeps the key of the old one; that is the link, both ways.
"""

from firmware import overlay
from firmware import refund_state as states
from firmware.screens import Cancelled, Stopped

TITLE = "correct.title"
# What was wrong: as it is stored, text id.
REASONS = (
    ("01", "correct.amount"),
    ("02", "correct.order"),
    ("03", "correct.double"),
    ("04", "reason.other"),
)
NET_ZERO = (states.DECLINED, states.ANNULLED)


async def run(terminal, record=None):
    ui = terminal.ui
    if record is None:
        record = await overlay.run("flows.find.run", terminal, TITLE)
    if record.type == states.SALE:
        raise Stopped(TITLE, "correct.sale")
    if waits(record):
        return ("flows.correct.anew", record)
    overlay.call("flows.take_back.check", terminal, record, TITLE)
    at = await ui.ask("choose", "correct.reason", [reason[1] for reason in REASONS])
    return ("flows.take_back.run", record, REASONS[at][0])


async def anew(terminal, record):
    """The second half, once `record` is annulled: the order is known, the rest is asked anew."""
    await overlay.run("flows.roles.allowed", terminal, "flows.correct.anew")
    ui = terminal.ui
    after = successor(terminal, record)
    if after is not None:
        raise Stopped(TITLE, "correct.already", {"voucher": "%06d" % after.stan})
    ui.keys.clear()
    try:
        at = await ui.ask("choose", "correct.anew", ("correct.same", "correct.another"))
    except Cancelled:
        raise Stopped(TITLE, "correct.later", {"voucher": "%06d" % record.stan})
    return ("flows.refund.run", record.order if at == 0 else "", record.key())


def waits(record):
    """Whether it was taken back to be entered anew, and that is certain."""
    return record.state == states.ANNULLED and record.correction != ""


def successor(terminal, record):
    """The Record that was entered in its place, or None. What ended at net zero does not count,
    unless it was corrected in its turn."""
    key = record.key()
    found = {}
    for records in (terminal.journal.finished(), terminal.journal.open_records()):
        for one in records:
            if one.corrects == key:
                found[one.key()] = one
    for one in found.values():
        if one.state not in NET_ZERO or one.correction:
            return one
    return None
