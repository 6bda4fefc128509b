"""What the acquirer keeps of batches: settlements, uploaded entries, and which transaction was
counted where.

As in ledger.py, every function works inside the caller's transaction. A transaction is counted in
one settlement, for good: `txn.settled` is the number of that settlement.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from host_sim.acquirer import ledger
from host_sim.acquirer.schema import APPROVED, settlement, terminal, txn, upload

LAST_BATCH = 999_999

_OF_KEY = (
    (settlement.c.terminal_id == bindparam("of_terminal_id"))
    & (settlement.c.batch == bindparam("of_batch"))
    & (settlement.c.stan == bindparam("of_stan"))
)
_FIND = select(settlement).where(_OF_KEY)
_NEWEST = (
    select(settlement)
    .where(
        settlement.c.terminal_id == bindparam("of_terminal_id"),
        settlement.c.batch == bindparam("of_batch"),
        settlement.c.result != 3,
    )
    .order_by(settlement.c.id.desc())
    .limit(1)
)
_UNSETTLED = (
    select(txn.c.id, txn.c.batch, txn.c.stan, txn.c.dated, txn.c.kind, txn.c.amount_fen)
    .where(
        txn.c.terminal_id == bindparam("of_terminal_id"),
        txn.c.state == APPROVED,
        txn.c.settled.is_(None),
    )
    .order_by(txn.c.id)
)
_COUNTED = (
    select(txn.c.stan, txn.c.amount_fen)
    .where(txn.c.settled == bindparam("of_settlement"))
    .order_by(txn.c.id)
)
_NEW = insert(settlement)
_MARK = update(txn).where(txn.c.id == bindparam("of_txn"))
_CHANGE = update(settlement).where(settlement.c.id == bindparam("of_settlement"))
_NEW_UPLOAD = insert(upload)
_UPLOADS = (
    select(upload).where(upload.c.settlement_id == bindparam("of_settlement")).order_by(upload.c.at)
)
_RAISE = update(terminal).where(
    terminal.c.terminal_id == bindparam("of_terminal_id"),
    terminal.c.batch == bindparam("of_batch"),
)


def find(connection: Connection, key: ledger.Key) -> Row | None:
    """The settlement that was asked for under a key."""
    return connection.execute(_FIND, _of(key)).one_or_none()


def newest(connection: Connection, key: ledger.Key) -> Row | None:
    """The last settlement of a key's batch that the host took, None where it took none."""
    return connection.execute(_NEWEST, _of(key)).one_or_none()


def unsettled(connection: Connection, terminal_id: str) -> Sequence[Row]:
    """A terminal's posted transactions that no settlement has counted, of all batches."""
    return connection.execute(_UNSETTLED, {"of_terminal_id": terminal_id}).all()


def record(connection: Connection, key: ledger.Key, **values) -> int:
    """Write a new settlement; its number. The key must be new."""
    values |= {"terminal_id": key.terminal_id, "batch": key.batch, "stan": key.stan}
    result = connection.execute(_NEW, values)
    return result.inserted_primary_key[0]  # type: ignore[index]


def mark(connection: Connection, number: int, rows) -> None:
    """Count these rows of `unsettled` in settlement `number`."""
    if rows:
        connection.execute(_MARK, [{"of_txn": row.id, "settled": number} for row in rows])


def counted(connection: Connection, number: int) -> list[tuple[int, int]]:
    """[(STAN, amount_fen)] of what settlement `number` has counted."""
    rows = connection.execute(_COUNTED, {"of_settlement": number})
    return [(row.stan, row.amount_fen) for row in rows]


def uploads(connection: Connection, number: int) -> Sequence[Row]:
    """The portions that were uploaded for settlement `number`."""
    return connection.execute(_UPLOADS, {"of_settlement": number}).all()


def add_upload(connection: Connection, number: int, stan: int, entries: str, at: datetime) -> None:
    """Keep one portion: `entries` is its F48."""
    values = {"settlement_id": number, "stan": stan, "entries": entries, "at": at}
    connection.execute(_NEW_UPLOAD, values)


def end(connection: Connection, found, key: ledger.Key, merchant_id: str, at: datetime) -> None:
    """The batch of settlement `found` is over: the next one is open, and what sales brought above
    what went back is paid out, as far as the merchant's balance reaches."""
    connection.execute(
        _CHANGE, {"of_settlement": found.id, "ended_at": at, "end_stan": key.stan}
    )
    connection.execute(_RAISE, _of(key) | {"batch": key.batch % LAST_BATCH + 1})
    account = ledger.merchant_account(merchant_id)
    net_fen = found.debit_fen - found.credit_fen
    if net_fen > 0:
        net_fen = min(net_fen, ledger.balance_fen(connection, account))
    if net_fen > 0:
        ledger.transfer(connection, "payout", account, ledger.SETTLEMENT, net_fen, at)


def _of(key):
    names = ("terminal_id", "batch", "stan")
    return {"of_" + name: getattr(key, name) for name in names}
