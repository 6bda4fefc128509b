"""What can be learned from the refunds of a span of days: reasons, rates, time to money.

Figures only, by shop, product, operator or reason; the pages draw them and say them in words.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Float, Row, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from host_sim.office import schema as tables
from host_sim.office.schema import refund

GROUPS = {
    "reason": refund.c.reason,
    "shop": refund.c.merchant_id,
    "product": refund.c.product,
    "operator": refund.c.applicant,
    "terminal": refund.c.terminal_id,
    "state": refund.c.state,
}


class days_between(GenericFunction):
    """Days from the first to the second time, as a fraction."""

    type = Float()
    inherit_cache = True


@compiles(days_between, "sqlite")
def _of_sqlite(element, compiler, **how):
    first, second = (compiler.process(one, **how) for one in element.clauses)
    return f"(julianday({second}) - julianday({first}))"


@compiles(days_between, "postgresql")
def _of_postgresql(element, compiler, **how):
    first, second = (compiler.process(one, **how) for one in element.clauses)
    return f"(extract(epoch from {second} - {first})::float8 / 86400)"


def _count(*states):
    return func.coalesce(func.sum(case((refund.c.state.in_(states), 1), else_=0)), 0)


_FIGURES = (
    func.count().label("refunds"),
    func.coalesce(func.sum(refund.c.amount_fen), 0).label("amount_fen"),
    _count(tables.PAID).label("paid"),
    _count(tables.REJECTED).label("rejected"),
    _count(tables.FAILED).label("failed"),
    _count(tables.DISPUTED).label("disputed"),
    func.avg(days_between(refund.c.applied_at, refund.c.paid_at)).label("days_to_money"),
    func.avg(days_between(refund.c.applied_at, refund.c.decided_at)).label("days_to_decision"),
)


def by(
    connection: Connection, what: str, first: date, last: date, merchant_id: str | None = None,
    limit: int = 20,
) -> Sequence[Row]:  # fmt: skip
    """(name, refunds, amount_fen, paid, rejected, failed, disputed, days_to_money,
    days_to_decision) of the refunds applied for on these days, grouped by `what` of GROUPS, the
    most first."""
    name = GROUPS[what].label("name")
    found = select(name, *_FIGURES).where(*_within(first, last, merchant_id)).group_by(name)
    return connection.execute(found.order_by(func.count().desc(), name).limit(limit)).all()


def total(
    connection: Connection, first: date, last: date, merchant_id: str | None = None
) -> Row:
    """The same figures of all of them; days are None where nothing was paid or decided."""
    return connection.execute(select(*_FIGURES).where(*_within(first, last, merchant_id))).one()


def sold(connection: Connection, first: date, last: date, merchant_id: str | None = None) -> Row:
    """(orders, amount_fen) of the orders of these days: what a refund's rate is a rate of."""
    order = tables.metadata.tables["sold_order"]
    days = order.c.sold_on.between(f"{first:%Y%m%d}", f"{last:%Y%m%d}")
    found = select(
        func.count().label("orders"),
        func.coalesce(func.sum(order.c.amount_fen), 0).label("amount_fen"),
    ).where(days)
    if merchant_id is not None:
        found = found.where(order.c.merchant_id == merchant_id)
    return connection.execute(found).one()


def _within(first, last, merchant_id):
    told = [
        refund.c.applied_at >= datetime.combine(first, time(0)),
        refund.c.applied_at < datetime.combine(last + timedelta(days=1), time(0)),
    ]
    return told if merchant_id is None else [*told, refund.c.merchant_id == merchant_id]


def by_day(
    connection: Connection, first: date, last: date, merchant_id: str | None = None
) -> list[tuple[date, int, int]]:
    """[(day, refunds, amount_fen)] of the days on which there was one."""
    day = func.date(refund.c.applied_at).label("day")
    found = select(day, func.count(), func.sum(refund.c.amount_fen))
    rows = connection.execute(found.where(*_within(first, last, merchant_id)).group_by(day))
    return sorted((date.fromisoformat(str(day)), count, int(fen)) for day, count, fen in rows)
