"""What the acquirer remembers: keys and their outcomes, and the double entry behind them.

Every function works inside the caller's transaction, on the caller's connection, and commits
nothing. Balances and refunded totals are sums over postings; they are stored nowhere else.
"""

from collections import namedtuple
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    update,
)

from host_sim.acquirer.schema import (
    OPEN,
    REVIEW,
    account,
    audit,
    card,
    key_set,
    merchant,
    order,
    posting,
    rrn_counter,
    terminal,
    txn,
)

# What makes a transaction the same one when it comes again. `dated` is DF0C, empty for a void.
Key = namedtuple("Key", "terminal_id batch stan dated")

# What a refund or void is judged by: the key's row in txn, the merchant's order (as find_order has
# it), each None where there is none, and the merchant's balance.
Facts = namedtuple("Facts", "known order balance_fen")

SETTLEMENT = "settlement"  # what went out to merchants' banks and came in from them

# How many open transactions one inquiry may list: 48 would fill F62.
OPEN_LISTED = 40
_HALF_A_ROUND = 500_000  # of the 999,999 STANs


def merchant_account(merchant_id: str) -> str:
    return "merchant:" + merchant_id


def customer_account(order_no: str) -> str:
    return "customer:" + order_no


# Statements are built once: building them anew would cost more than running them. What is the same
# in every run stands in their text, for every value that is bound costs its share.
_NOTHING = literal_column("0")
_UNDONE = literal_column("'undo'")
_signed = case((posting.c.kind == _UNDONE, -posting.c.amount_fen), else_=posting.c.amount_fen)


def _moved(kind: str):
    """Net amount of an order's postings of this kind, with what was undone taken off."""
    return (
        select(func.coalesce(func.sum(_signed), _NOTHING))
        .select_from(posting.join(txn, posting.c.txn_id == txn.c.id))
        .where(posting.c.order_no == order.c.order_no, txn.c.kind == literal_column(f"'{kind}'"))
        .correlate(order)
        .scalar_subquery()
    )


_held = (
    select(func.coalesce(func.sum(txn.c.amount_fen), _NOTHING))
    .where(txn.c.order_no == order.c.order_no, txn.c.state == literal_column(str(REVIEW)))
    .correlate(order)
    .scalar_subquery()
)
_order_facts = select(
    order,
    _moved("refund").label("refunded_fen"),
    _moved("void").label("voided_fen"),
    _moved("sale").label("sold_fen"),  # nothing once the sale was reversed
    _held.label("held_fen"),
)
_OF_MERCHANT = order.c.merchant_id == bindparam("merchant_id")
_NAMED = {name: order.c[name] == bindparam("of_order") for name in ("order_no", "rrn")}
_ORDER = _order_facts.where(_NAMED["order_no"], _OF_MERCHANT)
_NUMBER = _order_facts.where(_NAMED["order_no"])
_NEW_ORDER = insert(order)
_RESELL = update(order).where(_NAMED["order_no"])
_NEW_ACCOUNT = insert(account)
_CARD = select(card).where(card.c.token == bindparam("of_token"))
_COUNT_TRIES = update(card).where(card.c.token == bindparam("of_token"))
_TERMINAL = (
    select(
        terminal,
        merchant.c.name,
        merchant.c.test_amounts,
        merchant.c.risk,
        key_set.c.number,
        key_set.c.wrapped,
    )
    .join_from(terminal, merchant)
    .outerjoin(key_set)
    .where(terminal.c.terminal_id == bindparam("terminal_id"))
    .order_by(key_set.c.number.desc())
)
_OF_KEY = and_(*(txn.c[name] == bindparam("of_" + name) for name in Key._fields))
_TXN = select(txn).where(_OF_KEY)
_NEW_TXN = insert(txn)
_CHANGE = update(txn).where(_OF_KEY)
_NEW_POSTING = insert(posting)
_UNDO = insert(posting).from_select(
    ["txn_id", "order_no", "kind", "debit", "credit", "amount_fen", "posted_at"],
    select(
        posting.c.txn_id,
        posting.c.order_no,
        _UNDONE,
        posting.c.credit,
        posting.c.debit,
        posting.c.amount_fen,
        bindparam("at", type_=posting.c.posted_at.type),
    ).where(posting.c.txn_id == bindparam("of_txn")),
)
_POSTED_AT = select(func.min(posting.c.posted_at)).where(posting.c.txn_id == bindparam("of_txn"))
_credited, _debited = (
    select(func.coalesce(func.sum(posting.c.amount_fen), _NOTHING))
    .where(side == bindparam("name"))
    .scalar_subquery()
    for side in (posting.c.credit, posting.c.debit)
)
_BALANCE = select(_credited - _debited)


def _facts(named):
    """One row, whatever of it there is: a key's txn, an order, a balance."""
    return select(
        *txn.c, *_order_facts.selected_columns, _BALANCE.scalar_subquery().label("balance_fen")
    ).select_from(
        select(literal_column("1"))
        .subquery()
        .outerjoin(txn, _OF_KEY)
        .outerjoin(order, and_(named, _OF_MERCHANT))
    )


_FACTS = {name: _facts(named) for name, named in _NAMED.items()}
_Txn = namedtuple("_Txn", txn.c.keys())  # type: ignore[misc]
_Order = namedtuple("_Order", _order_facts.selected_columns.keys())  # type: ignore[misc]
_OPEN_OF_TERMINAL = (
    select(txn)
    .where(
        txn.c.terminal_id == bindparam("terminal_id"),
        txn.c.kind == "refund",
        txn.c.state.in_([literal_column(str(state)) for state in (OPEN, REVIEW)]),
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
_NEW_LINE = insert(audit)
_NEXT_RRN = update(rrn_counter).values(last=rrn_counter.c.last + 1).returning(rrn_counter.c.last)


def find_terminal(connection: Connection, terminal_id: str) -> Sequence[Row]:
    """The terminal's row with its merchant's name and test_amounts, once with each of its key sets
    (number, wrapped), newest first; once with None where it has none; empty if it is unknown."""
    return connection.execute(_TERMINAL, {"terminal_id": terminal_id}).all()


def facts(connection: Connection, key: Key, merchant_id: str, named: str, value: str) -> Facts:
    """What there is under a key, and of the order whose "order_no" or "rrn" is `value`."""
    row = connection.execute(
        _FACTS[named],
        _of(key)
        | {"of_order": value, "merchant_id": merchant_id, "name": merchant_account(merchant_id)},
    ).one()
    known, found = row[: len(_Txn._fields)], row[len(_Txn._fields) : -1]
    return Facts(
        None if known[0] is None else _Txn._make(known),
        None if found[0] is None else _Order._make(found),
        row[-1],
    )


def find_order(connection: Connection, order_no: str, merchant_id: str) -> Row | None:
    """The merchant's order with refunded_fen, voided_fen, sold_fen (posted, net), held_fen."""
    return connection.execute(
        _ORDER, {"of_order": order_no, "merchant_id": merchant_id}
    ).one_or_none()


def find_number(connection: Connection, order_no: str) -> Row | None:
    """The order of this number, whosever it is."""
    return connection.execute(_NUMBER, {"of_order": order_no}).one_or_none()


def sell(connection: Connection, holder: Row | None, values: dict) -> None:
    """Write the order that a sale makes; `holder` is the one that had its number before and whose
    sale was reversed, None where there is none."""
    if holder is None:
        connection.execute(_NEW_ORDER, values)
        connection.execute(_NEW_ACCOUNT, {"name": customer_account(values["order_no"])})
    else:
        connection.execute(_RESELL, values | {"of_order": values["order_no"]})


def find_card(connection: Connection, token: bytes) -> Row | None:
    """The card that a token stands for."""
    return connection.execute(_CARD, {"of_token": token}).one_or_none()


def count_tries(connection: Connection, token: bytes, tries: int) -> None:
    """So many wrong PINs one after the other."""
    connection.execute(_COUNT_TRIES, {"of_token": token, "tries": tries})


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
    """Post a sale, void or refund of an order."""
    values = posted(kind, sold.merchant_id, sold.order_no, amount_fen, at, txn_id)
    connection.execute(_NEW_POSTING, values)


def posted(
    kind: str, merchant_id: str, order_no: str, amount_fen: int, at: datetime, txn_id: int
) -> dict:
    """The posting of a sale, void or refund: customer to merchant for a sale, else back."""
    pair = (merchant_account(merchant_id), customer_account(order_no))
    debit, credit = pair[::-1] if kind == "sale" else pair
    return {"txn_id": txn_id, "order_no": order_no, "kind": kind, "debit": debit, "credit": credit,
            "amount_fen": amount_fen, "posted_at": at}  # fmt: skip


def undo(connection: Connection, txn_id: int, at: datetime) -> None:
    """Post the counter-entry of what a transaction has posted."""
    connection.execute(_UNDO, {"of_txn": txn_id, "at": at})


def posted_at(connection: Connection, txn_id: int) -> datetime | None:
    """When a transaction was posted, None for one that never was."""
    return connection.execute(_POSTED_AT, {"of_txn": txn_id}).scalar_one()


def transfer(
    connection: Connection, kind: str, debit: str, credit: str, amount_fen: int, at: datetime
) -> None:
    """Move `amount_fen` from the account `debit` to the account `credit`, for no transaction."""
    connection.execute(
        _NEW_POSTING,
        {
            "txn_id": None,
            "order_no": None,
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
    return rrn_of(connection.execute(_NEXT_RRN).scalar_one(), at)


def rrn_of(number: int, at: datetime) -> str:
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
        _NEW_LINE, {"at": at, "terminal_id": terminal_id, "event": event, "detail": detail}
    )


def _of(key: Key) -> dict:
    return {"of_" + name: value for name, value in zip(Key._fields, key, strict=True)}
