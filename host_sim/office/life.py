"""A refund's life: its states, what may follow what, and its history.

Every move is one update that names the state it leaves, so of two at once one is refused; the step
and the audit's row are written with it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from host_sim.acquirer import ledger
from host_sim.acquirer import schema as books
from host_sim.office import audit
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import correction, dispute, evidence, payout, refund, step

# state: the states that may follow it
MOVES = {
    tables.APPLIED: {tables.IN_REVIEW, tables.MORE_ASKED, tables.APPROVED, tables.REJECTED,
                     tables.CANCELLED},
    tables.IN_REVIEW: {tables.MORE_ASKED, tables.APPROVED, tables.REJECTED, tables.CANCELLED},
    tables.MORE_ASKED: {tables.IN_REVIEW, tables.REJECTED, tables.CANCELLED},
    tables.APPROVED: {tables.PROCESSING, tables.CANCELLED},
    tables.PROCESSING: {tables.PAID, tables.FAILED},
    tables.PAID: {tables.DISPUTED},
    tables.FAILED: {tables.PROCESSING, tables.DISPUTED},
    tables.REJECTED: {tables.DISPUTED},
    tables.DISPUTED: {tables.PAID, tables.FAILED, tables.REJECTED},
    tables.CANCELLED: set(),
}  # fmt: skip

_FOUND = (
    select(
        refund,
        books.txn.c.rrn,
        books.txn.c.settled,
        books.txn.c.state.label("booked"),
        books.order.c.amount_fen.label("order_fen"),
        books.order.c.masked_card,
        books.order.c.sold_on,
        books.order.c.rrn.label("sale_rrn"),
        books.merchant.c.name.label("merchant"),
    )
    .join(books.txn, refund.c.txn_id == books.txn.c.id)
    .join(books.order, refund.c.order_no == books.order.c.order_no)
    .join(books.merchant, refund.c.merchant_id == books.merchant.c.merchant_id)
)


def find(connection: Connection, number: int, actor: Actor | None = None) -> Row:
    """The refund with its rrn, settled, booked (the ledger's state), order_fen, masked_card,
    sold_on, sale_rrn and merchant (name). Refused REFUND_UNKNOWN, also for another merchant's
    where the actor has one."""
    found = connection.execute(_FOUND.where(refund.c.id == number)).one_or_none()
    of = actor and actor.merchant_id
    if found is None or of not in (None, found.merchant_id):
        raise Refused("REFUND_UNKNOWN")
    return found


def key_of(connection: Connection, found: Row) -> ledger.Key:
    """The key of a refund's transaction in the ledger."""
    columns = [books.txn.c[name] for name in ledger.Key._fields]
    return ledger.Key._make(
        connection.execute(select(*columns).where(books.txn.c.id == found.txn_id)).one()
    )


def move(
    connection: Connection, actor: Actor, found: Row, after: str, now: datetime, said="", **values
) -> Row:
    """Move a refund on from the state in which it was found -> the row as it is now. `said`: for
    the history; `values`: of other columns that change with it. Raises Refused NOT_NOW, also where
    somebody was first."""
    if after not in MOVES[found.state]:
        raise Refused("NOT_NOW", f"{found.state} refunds cannot become {after}")
    moved = connection.execute(
        update(refund)
        .where(refund.c.id == found.id, refund.c.state == found.state)
        .values(state=after, **values)
    )
    if moved.rowcount != 1:
        raise Refused("NOT_NOW", "somebody else was first")
    note_step(connection, actor, found.id, found.state, after, now, said)
    old = {"state": found.state} | {name: getattr(found, name) for name in values}
    audit.append(connection, actor, f"refund {after}", f"refund {found.id}", now, old,
                 {"state": after, **values})  # fmt: skip
    return find(connection, found.id)


def note_step(connection, actor, number, before, after, now, said="") -> None:
    """Add a line to a refund's history."""
    connection.execute(insert(step).values(refund_id=number, at=now, who=actor.name, before=before,
                                           after=after, note=said))  # fmt: skip


def history(connection: Connection, number: int) -> Sequence[Row]:
    """Its steps (at, who, before, after, note), oldest first."""
    return _of(connection, step, number)


def payouts(connection: Connection, number: int) -> Sequence[Row]:
    """The attempts to bring the money to the customer, oldest first."""
    return _of(connection, payout, number)


def disputes(connection: Connection, number: int) -> Sequence[Row]:
    return _of(connection, dispute, number)


def corrections(connection: Connection, number: int) -> Sequence[Row]:
    """(field, old, new, why, who, at); contact data is in clear here: corrections.shown masks."""
    return _of(connection, correction, number)


def files(connection: Connection, number: int) -> Sequence[Row]:
    """What was handed in, without the content (evidence.read has it)."""
    columns = [column for column in evidence.c if column.name != "content"]
    return connection.execute(
        select(*columns).where(evidence.c.refund_id == number).order_by(evidence.c.id)
    ).all()


def _of(connection, table, number):
    return connection.execute(
        select(table).where(table.c.refund_id == number).order_by(table.c.id)
    ).all()
