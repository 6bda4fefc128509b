"""The help page behind any message that waits to be read: what to do, what to have at hand, whom
to call.

Every failure that an operator can read has its line here; what has none is service's business.
"""

from firmware.screens import Cancelled

SERVICE, ISSUER, SUPERVISOR = "help.service", "help.issuer", "help.supervisor"

# (what to do, whom to call, the text ids that this helps with: whole, or how they begin)
HELP = (
    ("help.network", SERVICE, "no_reply.body no_line.body code.68 code.92"),
    ("help.busy", SERVICE, "code.90 code.91 code.96 code.98"),
    ("help.sign_on", SERVICE, "sale.code.12 bad_mac.body code.77 code.A0 code.99"),
    ("help.keys", SERVICE, "bad_keys.body not_enrolled.body activate.bad_key"),
    ("help.wiped", SERVICE, "wipe.alone"),
    ("help.activate", SERVICE, "activate."),
    ("help.permit", SERVICE, "code.03 code.58 code.97"),
    ("help.balance", SERVICE, "code.51"),
    ("help.window", SERVICE, "code.22"),
    ("help.back_office", SERVICE, "code.40 code.54 code.61 risk.most"),
    ("help.amount", SERVICE, "code.13 code.64 amount.above order.refunded sale.above"),
    ("help.order", SERVICE, "code.12 code.25 order.unknown by_card.none find.unknown find.nothing"),
    ("help.bank", ISSUER, "code.01 code.14 sale.code.05 sale.code.14 sale.code.51 sale.code.54"
     " sale.code.61 pay.number_wrong pay.expiry_wrong by_card.other"),
    ("help.pin", ISSUER, "code.55 code.75 sale.code.55 sale.code.75"),
    ("help.number", SERVICE, "sale.code.94"),
    ("help.held", SERVICE, "code.09 held.body"),
    ("help.undone", SERVICE, "code.C9 code.CA annulled.body annulled.printed take_back.declined"
     " take_back.annulled sale.annulled.body sale.annulled.printed"),
    ("help.duplicate", SERVICE, "code.94 conflict.body"),
    ("help.refused", SERVICE, "code.05 code.30 code.other bad_reply.body settle.refused"),
    ("help.in_progress", SERVICE, "in_progress.body cancelling.body reversing.body lost.open"
     " reversal_open.body journal_full.body take_back.begun correct.waits"
     " sale.reversing.body sale.cancelling.body"),
    ("help.settled", SERVICE, "take_back.refused take_back.closed correct.refused"
     " sale.take_back.refused"),
    ("help.settle", SERVICE, "batch_full.body settle.no_slip settle.slip_later"),
    ("help.correct", SERVICE, "correct.already correct.later correct.sale"),
    ("help.reprint", SERVICE, "reprint.none reprint.declined reprint.annulled reprint.open"),
    ("help.records", SERVICE, "records.none"),
    ("help.lost", SERVICE, "lost.approved lost.annulled reprint.lost sale.lost.approved"
     " sale.lost.annulled"),
    ("help.paper", SERVICE, "printer.no_paper reprint.left office.left"),
    ("help.cover", SERVICE, "printer.open"),
    ("help.printer", SERVICE, "printer.silent printer.cutter printer.hot printer.broken"),
    ("help.memory", SERVICE, "memory.body fault.body"),
    ("help.password", SUPERVISOR, "password. log_in. supervisor. operators. role. limit."),
    ("help.training", SUPERVISOR, "training."),
    ("help.cancelled", SUPERVISOR, "cancelled.body wipe.other_number wipe.kept"),
)  # fmt: skip


async def run(ui, about, values):
    """Shown until ENTER or CANCEL lead back to the message. `about`: its text id and `values`."""
    step, whom = _found(about)
    terminal = ui.terminal
    rows = ui.wrap(ui.text(step)) + ui.wrap(ui.text("help.have"))
    for text_id, named in _facts(terminal, values):
        rows += ui.wrap(ui.text(text_id, **named))
    rows += ui.wrap(ui.text(whom, service=terminal.params.service))
    try:
        await ui.ask("pages", ui.text("help.title"), rows)
    except Cancelled:
        pass


def _found(about):
    for step, whom, ids in HELP:
        for one in ids.split():
            if about == one or one[-1] == "." and about.startswith(one):
                return step, whom
    return "help.refused", SERVICE


def _facts(terminal, values):
    """[(text id, its values)]: the numbers that whoever is called will ask for."""
    record, order = terminal.case, values.get("order", "")
    if isinstance(record, str):
        record, order = None, record
    date, time = terminal.date_and_time()
    facts = []
    if record is not None:
        order = record.order
        if record.stan:
            facts.append(("find.voucher", {"voucher": "%06d" % record.stan}))
        if record.rrn:
            facts.append(("help.rrn", {"rrn": record.rrn}))
        if record.date:
            date, time = record.date, record.time
    if order:
        facts.insert(0, ("order.number", {"order": order}))
    if values.get("code"):
        facts.append(("help.code", {"code": values["code"]}))
    day, clock = date[4:6] + "-" + date[6:], time and time[:2] + ":" + time[2:4]
    facts.append(("help.time", {"date": day, "time": clock}))
    if terminal.params.terminal:
        facts.append(("help.terminal", {"terminal": terminal.params.terminal}))
    return facts
