"""The paper of a settlement: totals by type, debit and credit, the host's verdict.

Everything on it comes from the settlement's file, so what is printed is what was settled.
"""

from firmware.drivers.printer import BOLD, CENTRE, COLUMNS, CUT, DOUBLE, FEED, RULE
from firmware.screens import yuan
from firmware.settlement import TYPES, debit_and_credit
from protocol.batch import EQUAL, split_totals


def lines(terminal, book, duplicate):
    """[(style, text)] for drivers.printer."""
    text = terminal.ui.texts
    out = [(CENTRE | DOUBLE, text["slip.heading"])]
    stamp = [] if terminal.training is None else [(CENTRE | BOLD, text["voucher.training"])]
    out += stamp
    if duplicate:
        out.append((CENTRE | BOLD, text["voucher.duplicate"]))
    out.append((RULE, "-"))
    for label, value in (
        ("voucher.merchant", terminal.params.merchant_name),
        ("voucher.merchant_no", terminal.params.merchant),
        ("voucher.terminal", terminal.params.terminal),
        ("voucher.operator", book.operator),
        ("voucher.batch", "%06d" % book.batch),
        ("voucher.number", "%06d" % book.stan),
        ("voucher.time", _moment(book)),
    ):
        out.append(_both(terminal, text[label], value))
    out.append((RULE, "-"))
    rows = book.rows()
    counted = {row[0]: row[1:] for row in rows}
    for type_, label, _ in TYPES:
        out.append(_total(terminal, text[label], *counted.get(type_, (0, 0))))
    out.append((RULE, "-"))
    out += _sums(terminal, text, debit_and_credit(rows))
    out.append((BOLD, text["slip.equal" if book.result == EQUAL else "slip.differ"]))
    if book.result != EQUAL:
        out.append((0, text["slip.host"]))
        out += _sums(terminal, text, split_totals(book.host))
        out.append(_both(terminal, text["slip.uploaded"], "%d" % book.uploaded))
    if book.open:
        out.append(_both(terminal, text["slip.open"], "%d" % len(book.left_open())))
    return out + stamp + [(FEED, 2), (CUT, "")]


def _sums(terminal, text, sums):
    return [
        _total(terminal, text["slip.debit"], sums[1], sums[0]),
        _total(terminal, text["slip.credit"], sums[3], sums[2]),
    ]


def _total(terminal, label, count, fen):
    return _both(terminal, label, "%d%16s" % (count, yuan(fen)))


def _both(terminal, label, value):
    """Label left, value right."""
    room = COLUMNS - terminal.glyphs.width(label) - terminal.glyphs.width(value)
    return 0, label + " " * max(1, room) + value


def _moment(book):
    date, time = book.date, book.time
    return "%s-%s-%s %s:%s:%s" % (
        date[:4], date[4:6], date[6:], time[:2], time[2:4], time[4:],
    )  # fmt: skip
