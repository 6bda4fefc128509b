"""Vouchers that are to be printed again at a terminal: sent by the back office, asked for by the
terminal, told until the terminal says that it has printed them.

To a terminal they are a status inquiry about batch 0, which no terminal ever has: F61 names the
number of the last one that it printed, and the reply's the next one's.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from host_sim.acquirer.schema import APPROVED, reprint, terminal, txn

NO_BATCH = 0  # batches begin at 1
MOST_WAITING = 20  # at one terminal


class NotPrintable(Exception):
    """Only a refund that stands has a voucher, and only a terminal of its shop prints it."""


def send(
    connection: Connection, txn_id: int, terminal_id: str, asked_by: str, now: datetime
) -> int:
    """Have the voucher of a refund printed at a terminal -> its number there; one that waits there
    already is the same one. Raises NotPrintable."""
    found = connection.execute(select(txn).where(txn.c.id == txn_id)).one()
    if found.kind != "refund" or found.state != APPROVED:
        raise NotPrintable("only a refund that stands has a voucher")
    shops = select(terminal.c.merchant_id).where(
        terminal.c.terminal_id.in_((terminal_id, found.terminal_id))
    )
    if len(set(connection.execute(shops).scalars())) != 1:
        raise NotPrintable("the terminal is another shop's")
    there = _waiting(connection, terminal_id)
    same = [row.number for row in there if row.txn_id == txn_id]
    if same:
        return same[0]
    if len(there) >= MOST_WAITING:
        raise NotPrintable(f"{MOST_WAITING} vouchers wait at that terminal already")
    last = select(func.max(reprint.c.number)).where(reprint.c.terminal_id == terminal_id)
    number = (connection.execute(last).scalar_one() or 0) + 1
    connection.execute(insert(reprint).values(terminal_id=terminal_id, number=number,
                                              txn_id=txn_id, asked_by=asked_by,
                                              asked_at=now))  # fmt: skip
    return number


def next_of(connection: Connection, terminal_id: str, printed: int, now: datetime):
    """The terminal has printed number `printed` (0: none) -> (number, row of txn) of the next one
    that waits for it, None where none does. One that was taken back meanwhile is passed over."""
    said = (reprint.c.terminal_id == terminal_id) & (reprint.c.number == printed)
    connection.execute(
        update(reprint).where(said, reprint.c.printed_at.is_(None)).values(printed_at=now)
    )
    for row in _waiting(connection, terminal_id):
        return row.number, connection.execute(select(txn).where(txn.c.id == row.txn_id)).one()
    return None


def of(connection: Connection, txn_id: int) -> Sequence[Row]:
    """(terminal_id, number, asked_by, asked_at, printed_at) of a refund's, oldest first."""
    return connection.execute(
        select(reprint).where(reprint.c.txn_id == txn_id).order_by(reprint.c.id)
    ).all()


def _waiting(connection, terminal_id):
    """What was taken back meanwhile waits no more."""
    return connection.execute(
        select(reprint)
        .join(txn, reprint.c.txn_id == txn.c.id)
        .where(reprint.c.terminal_id == terminal_id, reprint.c.printed_at.is_(None))
        .where(txn.c.state == APPROVED)
        .order_by(reprint.c.number)
    ).all()
