"""A lost voucher again, at a terminal of the shop: sent from here, printed when the terminal asks.

Who sent what where is in the trail; what is printed says that it is a duplicate.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from host_sim.acquirer import reprints
from host_sim.acquirer import schema as books
from host_sim.office import audit, life
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused


def has_voucher(found) -> bool:
    """Whether it stands in the ledger. `found`: a refund as life.find has it."""
    return found.booked == books.APPROVED


def printers(connection: Connection, merchant_id: str) -> Sequence[str]:
    """The numbers of a shop's terminals that have signed on."""
    column = books.terminal.c.terminal_id
    own = (books.terminal.c.merchant_id == merchant_id) & (books.terminal.c.proved_set > 0)
    found = select(column).where(own, column.not_like(tables.BACK_OFFICE + "%"))
    return connection.execute(found.order_by(column)).scalars().all()


def send(
    connection: Connection, actor: Actor, number: int, terminal_id: str, now: datetime
) -> None:
    """Send a refund's voucher to a terminal's printer; one that waits there stays one. Raises
    Refused."""
    actor.must_be_allowed("reprint")
    found = life.find(connection, number, actor)
    if not has_voucher(found):
        raise Refused("NOT_NOW", "no voucher")
    if terminal_id not in printers(connection, found.merchant_id):
        raise Refused("WRONG_VALUE", "terminal")
    try:
        there = reprints.send(connection, found.txn_id, terminal_id, actor.name, now)
    except reprints.NotPrintable as reason:
        raise Refused("NOT_NOW", str(reason)) from None
    audit.append(connection, actor, "voucher reprinted", f"refund {number}", now,
                 new={"at": terminal_id, "number": there})  # fmt: skip
