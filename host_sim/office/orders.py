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


def of_origin(
    connection: Connection, merchant_id: str, order_no: str | None = None,
    trade_no: str | None = None, log_no: str | None = None, term_no: str | None = None,
) -> str:  # fmt: skip
    """The number of the order that an integrator names: by its own number, by the sale's reference
    number, or by terminal and log number (batch and STAN, 12 digits). What is given must agree.
    Refused ORDER_UNKNOWN, WRONG_VALUE."""
    told: list[ColumnElement[bool]] = []
    if order_no is not None:
        told.append(order.c.order_no == order_no)
    if trade_no is not None:
        told.append(order.c.rrn == trade_no)
    if log_no is not None:
        if term_no is None or len(log_no) != 12 or not (log_no.isascii() and log_no.isdigit()):
            raise Refused("WRONG_VALUE", "origin_log_no is batch and STAN, 12 digits, with term_no")
        told.append(
            (order.c.terminal_id == term_no)
            & (order.c.batch == int(log_no[:6]))
            & (order.c.stan == int(log_no[6:]))
        )
    if not told:
        raise Refused("WRONG_VALUE", "one of the origin_ fields must name the order")
    found = connection.execute(
        select(order.c.order_no).where(order.c.merchant_id == merchant_id, *told).limit(2)
    ).scalars().all()
    if len(found) != 1:
        raise Refused("ORDER_UNKNOWN")
    return found[0]
