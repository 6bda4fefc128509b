"""What the acquirer remembers: keys and their outcomes, and the double entry behind them.

Every function works inside the caller's transaction, on the caller's connection, and commits
nothing. Balances and refunded totals are sums over postings; they are stored nowhere else.
"""

from collections import namedtuple
from datetime import datetime

from sqlalchemy import Connection, Row, and_, bindparam, case, func, insert, select, update

from host_sim.acquirer.schema import (
    OPEN,
    REVIEW,
    audit,
    merchant,
    order,
    posting,
    rrn_counter,
    terminal,
    txn,
)

# What makes a transaction the same one when it comes again. `dated` is DF0C, empty for a void.
Key = namedtuple("Key", "terminal_id batch stan dated")

SETTLEMENT = "settlement"  # what went out to merchants' banks and came in from them

# How many open transactions one inquiry may list: 48 would fill F62.
OPEN_LISTED = 40
_HALF_A_ROUND = 500_000  # of the 999,999 STANs


def merchant_account(merchant_id: str) -> str:
    return "merchant:" + merchant_id


def customer_account(order_no: str) -> str:
    return "customer:" + order_no


# Statements are built once: building them anew would cost more than running them.
_signed = case((posting.c.kind == "undo", -posting.c.amount_fen), else_=posting.c.amount_fen)


def _given_back(*kinds: str):
    """Net amount of an order's postings of these kinds, with what was undone taken off."""
    return (
        select(func.coalesce(func.sum(_signed), 0))
        .select_from(posting.join(txn, posting.c.txn_id == txn.c.id))
        .where(posting.c.order_no == order.c.order_no, txn.c.kind.in_(kinds))
        .correlate(order)
        .scalar_subquery()
    )


_held = (
    select(func.coalesce(func.sum(txn.c.amount_fen), 0))
    .where(txn.c.order_no == order.c.order_no, txn.c.state == REVIEW)
    .correlate(order)
    .scalar_subquery()
)
_order_facts = select(
    order,
    _given_back("refund").label("refunded_fen"),
    _given_back("void").label("voided_fen"),
    _held.label("held_fen"),
)
_BY_NUMBER = _order_facts.where(
    order.c.order_no == bindparam("order_no"), order.c.merchant_id == bindparam("merchant_id")
)
_BY_RRN = _order_facts.where(
    order.c.rrn == bindparam("rrn"), order.c.merchant_id == bindparam("merchant_id")
)
_TERMINAL = select(terminal, merchant.c.name, merchant.c.test_amounts).where(
    terminal.c.terminal_id == bindparam("terminal_id"),
    merchant.c.merchant_id == terminal.c.merchant_id,
)
_OF_KEY = and_(*(txn.c[name] == bindparam("of_" + name) for name in Key._fields))
_TXN = select(txn).where(_OF_KEY)
_NEW_TXN = insert(txn)
_CHANGE = update(txn).where(_OF_KEY)
_NEW_POSTING = insert(posting)
_balance = func.coalesce(
    func.sum(
        case(
            (posting.c.credit == bindparam("name"), posting.c.amount_fen),
            else_=-posting.c.amount_fen,
        )
    ),
    0,
)
_BALANCE = select(_balance).where(
    (posting.c.credit == bindparam("name")) | (posting.c.debit == bindparam("name"))
)
_OPEN_OF_TERMINAL = (
    select(txn)
    .where(
        txn.c.terminal_id == bindparam("terminal_id"),
        txn.c.kind == "refund",
        txn.c.state.in_((OPEN, REVIEW)),
    )
    .order_by(txn.c.id)
    .limit(OPEN_LISTED)
)
_STANS = (
    select(txn.c.stan)
    .where(txn.c.terminal_id == bindparam("terminal_id"), txn.c.batch == bindparam("batch"))
    .order_by(txn.c.id)
)
_PROVE = update(terminal).where(terminal.c.terminal_id == bindparam("of_terminal_id"))
_NEXT_RRN = update(rrn_counter).values(last=rrn_counter.c.last + 1).returning(rrn_counter.c.last)


def find_terminal(connection: Connection, terminal_id: str) -> Row | None:
    """The terminal's row with its merchant's name and test_amounts, or None."""
    return connection.execute(_TERMINAL, {"terminal_id": terminal_id}).one_or_none()


def find_order(connection: Connection, order_no: str, merchant_id: str) -> Row | None:
    """The merchant's order with refunded_fen and voided_fen (posted, net) and held_fen."""
    return connection.execute(
        _BY_NUMBER, {"order_no": order_no, "merchant_id": merchant_id}
    ).one_or_none()


def find_order_by_rrn(connection: Connection, rrn: str, merchant_id: str) -> Row | None:
    """As find_order, by the reference number of the sale."""
    return connection.execute(_BY_RRN, {"rrn": rrn, "merchant_id": merchant_id}).one_or_none()


def find_txn(connection: Connection, key: Key) -> Row | None:
    """What is recorded under a key."""
    return connection.execute(_TXN, _of(key)).one_or_none()


def record(connection: Connection, key: Key, **values) -> int:
    """Write a new key with its outcome; its row number. The key must be new."""
    result = connection.execute(_NEW_TXN, key._asdict() | values)
    return result.inserted_primary_key[0]  # type: ignore[index]


def change(connection: Connection, key: Key, **values) -> None:
    """Move a recorded key on. Its key and fingerprint stay; its postings are apart."""
    connection.execute(_CHANGE, _of(key) | values)


def post(connection: Connection, txn_id: int, kind: str, sold, amount_fen: int, at: datetime):
    """Post a sale, void or refund of an order: customer to merchant for a sale, else back."""
    accounts = (merchant_account(sold.merchant_id), customer_account(sold.order_no))
    if kind == "sale":
        accounts = accounts[::-1]
    transfer(connection, kind, *accounts, amount_fen, at, txn_id, sold.order_no)


def undo(connection: Connection, txn_id: int, at: datetime) -> None:
    """Post the counter-entry of everything that a transaction has posted."""
    done = connection.execute(select(posting).where(posting.c.txn_id == txn_id)).one()
    transfer(
        connection, "undo", done.credit, done.debit, done.amount_fen, at, txn_id, done.order_no
    )


def transfer(
    connection: Connection,
    kind: str,
    debit: str,
    credit: str,
    amount_fen: int,
    at: datetime,
    txn_id: int | None = None,
    order_no: str | None = None,
) -> None:
    """Move `amount_fen` from the account `debit` to the account `credit`."""
    connection.execute(
        _NEW_POSTING,
        {
            "txn_id": txn_id,
            "order_no": order_no,
            "kind": kind,
            "debit": debit,
            "credit": credit,
            "amount_fen": amount_fen,
            "posted_at": at,
        },
    )


def balance_fen(connection: Connection, name: str) -> int:
    """Credits less debits of an account."""
    return connection.execute(_BALANCE, {"name": name}).scalar_one()


def next_rrn(connection: Connection, at: datetime) -> str:
    """A reference number that no other transaction has: year digit, day, hour, running number."""
    number = connection.execute(_NEXT_RRN).scalar_one()
    return f"{at:%Y%j%H}"[3:] + f"{number % 1_000_000:06d}"


def open_refunds(connection: Connection, terminal_id: str) -> list[Row]:
    """A terminal's refunds without a final state, of all batches, oldest first, 40 at most."""
    return list(connection.execute(_OPEN_OF_TERMINAL, {"terminal_id": terminal_id}))


def last_stan(connection: Connection, terminal_id: str, batch: int) -> int:
    """The latest STAN recorded in a batch, modulo the wrap; 0 in an empty batch."""
    latest = 0
    stans = connection.execute(_STANS, {"terminal_id": terminal_id, "batch": batch}).scalars()
    for stan in stans:
        if latest == 0 or 0 < (stan - latest) % 999_999 < _HALF_A_ROUND:
            latest = stan
    return latest


def prove_key_set(connection: Connection, terminal_id: str, number: int) -> None:
    """Note that the terminal holds this key set."""
    connection.execute(_PROVE, {"of_terminal_id": terminal_id, "proved_set": number})


def note(connection: Connection, at: datetime, terminal_id: str, event: str, detail: str) -> None:
    """Append a line to the audit."""
    connection.execute(
        insert(audit), {"at": at, "terminal_id": terminal_id, "event": event, "detail": detail}
    )


def _of(key: Key) -> dict:
    return {"of_" + name: value for name, value in zip(Key._fields, key, strict=True)}
