"""The records: refunds by filter, page by page, exported row by row; the customer's own query.

A page goes on from the number of its last row, so the thousandth costs what the first does.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Row, and_, func, select, true

from host_sim.acquirer.money import yuan
from host_sim.acquirer.schema import order
from host_sim.office.schema import refund

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet may take for one begins so
COUNTED = 10_000  # more matches than that are "more than 10,000"

# What a list and an export show of a refund.
COLUMNS = ("id", "applied_at", "merchant_id", "order_no", "product", "amount_fen", "state", "type",
           "channel", "reason", "terminal_id", "card_tail", "applicant", "reviewer", "decided_at",
           "expected_on", "paid_at", "failure", "out_trade_no")  # fmt: skip
_SHOWN = select(*(refund.c[name] for name in COLUMNS))


@dataclass(frozen=True)
class Filter:
    """What a refund must be to be listed; None: anything. `first`, `last`: days of application,
    both included; `product`: how its name begins."""

    state: str | None = None
    merchant_id: str | None = None
    type: str | None = None
    channel: str | None = None
    order_no: str | None = None
    card_tail: str | None = None
    terminal_id: str | None = None
    applicant: str | None = None
    reason: str | None = None
    product: str | None = None
    least_fen: int | None = None
    most_fen: int | None = None
    first: date | None = None
    last: date | None = None

    def condition(self, many: bool = False):
        """As SQL. `many` fit: the newest are found sooner going back from the last one, so no
        index is to be of use for what begins with, or is between."""
        product, fen = refund.c.product, refund.c.amount_fen
        if many:
            product, fen = product + "", fen + 0  # type: ignore[assignment]
        equal = [refund.c[f.name] == getattr(self, f.name) for f in fields(self)
                 if f.name in _EQUAL and getattr(self, f.name) is not None]  # fmt: skip
        if self.product:
            equal.append(product >= self.product)
            equal.append(product < self.product + "\U0010ffff")
        if self.least_fen is not None and self.least_fen == self.most_fen:
            equal.append(refund.c.amount_fen == self.least_fen)
        elif self.least_fen is not None:
            equal.append(fen >= self.least_fen)
        if self.most_fen is not None and self.least_fen != self.most_fen:
            equal.append(fen <= self.most_fen)
        if self.first is not None:
            equal.append(refund.c.applied_at >= datetime.combine(self.first, time(0)))
        if self.last is not None:
            after = datetime.combine(self.last + timedelta(days=1), time(0))
            equal.append(refund.c.applied_at < after)
        return and_(true(), *equal)


_EQUAL = ("state", "merchant_id", "type", "channel", "order_no", "card_tail", "terminal_id",
          "applicant", "reason")  # fmt: skip


def page(
    connection: Connection, wanted: Filter, before: int | None = None, limit: int = 50,
    many: bool = False,
) -> Sequence[Row]:  # fmt: skip
    """Refunds (COLUMNS) that come after the one with the number `before`, newest first. `many`:
    more than COUNTED fit."""
    found = _SHOWN.where(wanted.condition(many)).limit(limit)
    if wanted.first is not None or wanted.last is not None:  # as the index of days has them
        found = found.order_by(refund.c.applied_at.desc(), refund.c.id.desc())
        if before is not None:
            at = select(refund.c.applied_at).where(refund.c.id == before).scalar_subquery()
            found = found.where(refund.c.applied_at <= at)
            found = found.where((refund.c.applied_at < at) | (refund.c.id < before))
        return connection.execute(found).all()
    if before is not None:
        found = found.where(refund.c.id < before)
    return connection.execute(found.order_by(refund.c.id.desc())).all()


def count(connection: Connection, wanted: Filter, most: int = COUNTED) -> int:
    """How many there are; `most` + 1 stands for any number above."""
    some = select(refund.c.id).where(wanted.condition()).limit(most + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def rows(connection: Connection, wanted: Filter) -> Iterator[tuple]:
    """All of them (COLUMNS, oldest first), read as they are asked for: amounts in yuan."""
    found = _SHOWN.where(wanted.condition()).order_by(refund.c.id)
    at = COLUMNS.index("amount_fen")
    for row in connection.execution_options(yield_per=1000).execute(found):
        yield (*row[:at], yuan(row[at]), *row[at + 1 :])


def as_csv(connection: Connection, wanted: Filter) -> Iterator[bytes]:
    """A CSV file of them, piece by piece: UTF-8 with its mark, as spreadsheets want it. What could
    be taken for a formula begins with a quote."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows(connection, wanted), 1):
        writer.writerow([_cell(value) for value in row])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def customer(connection: Connection, order_no: str, tail: str) -> Sequence[Row]:
    """What a customer sees who knows his order and four digits: state, amount and dates of its
    refunds, newest first. `tail`: the card's last four; of an order without a card the sale's
    reference number's, or those of the telephone number that was left with the refund."""
    if len(tail) != 4 or not (tail.isascii() and tail.isdigit()):
        return []
    shown = [refund.c[name] for name in ("id", "amount_fen", "state", "applied_at", "expected_on",
                                         "paid_at", "failure", "card_tail", "contact")]  # fmt: skip
    found = select(*shown, order.c.rrn.label("sale_rrn")).join(order)
    found = found.where(refund.c.order_no == order_no).order_by(refund.c.id.desc())
    return [row for row in connection.execute(found) if tail in _tails(row)]


def _tails(row):
    if row.card_tail is not None:
        return (row.card_tail,)
    digits = "".join(character for character in row.contact if character.isdigit())
    phone = digits if len(digits) >= 7 and "@" not in row.contact else ""
    return (row.sale_rrn[-4:], phone[-4:])


def _cell(value):
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA) else text


def _taken(buffer):
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
