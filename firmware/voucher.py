"""The paper of a refund, void or sale: the lines of its merchant and customer copy.

Everything on it comes from the journal's record, so what is printed is what is stored.
"""

from firmware import overlay
from firmware.drivers.printer import BOLD, CENTRE, COLUMNS, CUT, DOUBLE, FEED, RULE
from firmware.sales import words
from firmware.screens import yuan

MERCHANT = "voucher.merchant_copy"
CUSTOMER = "voucher.customer_copy"
MARKS = {"02": "/S"}  # entry mark, by F22: a card that was swiped; "/N": neither swiped nor tapped
KINDS = ("", "voucher.kind_refund", "voucher.kind_void", "voucher.kind_sale")


def lines(terminal, record, which, duplicate):
    """[(style, text)] for drivers.printer: one copy, cut included. `which`: MERCHANT, CUSTOMER."""
    text = terminal.ui.texts
    glyphs = terminal.glyphs
    out = [
        (CENTRE | DOUBLE, text["voucher.heading"]),
        (CENTRE, text[which]),
    ]
    stamp = [] if terminal.training is None else [(CENTRE | BOLD, text["voucher.training"])]
    out += stamp
    if duplicate:
        out.append((CENTRE | BOLD, text["voucher.duplicate"]))
    out.append((RULE, "-"))
    for label, value in _facts(terminal, record, text):
        out += _fact(glyphs, text[label], value)
    out += _amount(text, record)
    if record.original:  # a sale is its own
        out += _note(glyphs, text, record)
    if which == MERCHANT:
        out += [(0, text["voucher.signature"]), (FEED, 3), (RULE, "_")]
        promise = words(terminal.ui, record, "voucher.promise")
        out += [(0, line) for line in text[promise].split("\n")]
    out += stamp + [(FEED, 2), (CUT, "")]
    return out


def _facts(terminal, record, text):
    card = record.card + MARKS.get(record.entry_mode[:2], "/N")
    facts = [
        ("voucher.merchant", terminal.params.merchant_name),
        ("voucher.merchant_no", terminal.params.merchant),
        ("voucher.terminal", record.terminal),
        ("voucher.operator", record.operator),
        ("voucher.issuer", record.parties[:11].strip()),
        ("voucher.acquirer", record.parties[11:22].strip()),
        ("voucher.card", card if record.card else text["voucher.no_card"]),
        ("voucher.type", text[KINDS[record.type]]),
        ("voucher.batch", "%06d" % record.batch),
        ("voucher.number", "%06d" % record.stan),
        ("voucher.rrn", record.rrn),
        ("voucher.time", _moment(record)),
        ("voucher.order", record.order),
    ]
    if record.product:
        facts.append(("voucher.product", "%s x%d" % (record.product, int(record.quantity))))
    return facts


def _amount(text, record):
    return [
        (BOLD, text["voucher.amount"]),
        (DOUBLE | CENTRE, "RMB " + yuan(record.amount_fen)),
        (RULE, "-"),
    ]


def _note(glyphs, text, record):
    """The original's reference and date, so that anyone can find the payment, and the number of the
    voucher that this one corrects."""
    mmdd = record.original[-4:]
    out = [(0, text["voucher.note"])]
    out += _fact(glyphs, text["voucher.original"], record.original_rrn)
    out += _fact(glyphs, text["voucher.original_date"], "%s-%s" % (mmdd[:2], mmdd[2:]))
    if record.corrects:
        out += _fact(glyphs, text["voucher.corrects"], overlay.call("words.corrected", record))
    return out


def _moment(record):
    """The host's time where it told one, else the terminal's: "2026-03-16 09:30:00"."""
    time = record.host_time or record.time
    mmdd = record.host_date or record.date[4:]
    year = int(record.date[:4])
    if (record.date[4:6], mmdd[:2]) == ("12", "01"):  # answered after midnight of New Year's Eve
        year += 1
    elif (record.date[4:6], mmdd[:2]) == ("01", "12"):  # the terminal's clock was ahead
        year -= 1
    return "%04d-%s-%s %s:%s:%s" % (
        year, mmdd[:2], mmdd[2:], time[:2], time[2:4], time[4:],
    )  # fmt: skip


def _fact(glyphs, label, value):
    """Label left, value right, on one line where both fit, else on two."""
    room = COLUMNS - glyphs.width(label) - glyphs.width(value)
    if room >= 1:
        return [(0, label + " " * room + value)]
    return [(0, label), (0, value)]
