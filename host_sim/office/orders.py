"""Finding the order that a refund is about: by its number, or by card, amount and day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Row, literal_column, select

from host_sim.acquirer import ledger
from host_sim.acquirer.schema import order
from host_sim.office.refusals import Refused
from host_sim.office.schema import CARD_TAIL

MOST = 50
_tail = literal_column(CARD_TAIL)


def find(connection: Connection, order_no: str, merchant_id: str | None = None) -> Row:
    """The order with refunded_fen, voided_fen, sold_fen and held_fen. `merchant_id`: whose it must
    be. Refused ORDER_UNKNOWN."""
    found = ledger.find_number(connection, order_no)
    if found is None or merchant_id not in (None, found.merchant_id):
        raise Refused("ORDER_UNKNOWN")
    return found


def search(
    connection: Connection,
    number: str | None = None,
    card_tail: str | None = None,
    amount_fen: int | None = None,
    sold_on: date | None = None,
    merchant_id: str | None = None,
) -> Sequence[Row]:
    """Orders that fit everything that is given, newest first, 50 at most; none where nothing is
    given but the merchant. `number`: the order's, or the sale's reference number."""
    told: list[ColumnElement[bool]] = []
    if number is not None:
        told.append((order.c.order_no == number) | (order.c.rrn == number))
    if card_tail is not None:
        told.append(_tail == card_tail)
    if amount_fen is not None:
        told.append(order.c.amount_fen == amount_fen)
    if sold_on is not None:
        told.append(order.c.sold_on == f"{sold_on:%Y%m%d}")
    if not told:
        return []
    if merchant_id is not None:
        told.append(order.c.merchant_id == merchant_id)
    newest = select(order).where(*told).order_by(order.c.sold_on.desc(), order.c.order_no.desc())
    return connection.execute(newest.limit(MOST)).all()
