"""A merchant's account: its balance, money put in, and the statement of a span of days.

Money moves by a posting between two accounts and a line in the audit, in the caller's transaction;
a statement only reads, and its closing balance is the opening one plus its lines.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, case, func, or_, select

from host_sim.acquirer import ledger
from host_sim.acquirer.money import yuan
from host_sim.acquirer.schema import merchant, posting, txn

TOP_UP = "top-up"
MOST_FEN = 100_000_000_000  # of one top-up: a slip of the finger beyond it


class NoSuchMerchant(Exception):
    """The ledger has no merchant of that number; `there` are those it has."""

    def __init__(self, number, there):
        super().__init__(f"no merchant {number}; there are {', '.join(there) or 'none'}")


@dataclass(frozen=True)
class Entry:
    """One line of a statement: `amount_fen` is above zero for what came in."""

    at: datetime
    kind: str
    order_no: str | None
    terminal: str | None
    reference: str | None
    amount_fen: int
    balance_fen: int


@dataclass(frozen=True)
class Statement:
    opening_fen: int
    entries: tuple[Entry, ...]

    @property
    def closing_fen(self) -> int:
        return self.entries[-1].balance_fen if self.entries else self.opening_fen


def name(connection: Connection, number: str) -> str:
    """The merchant's name. Raises NoSuchMerchant."""
    rows = connection.execute(select(merchant.c.merchant_id, merchant.c.name)).all()
    names: dict[str, str] = {row.merchant_id: row.name for row in rows}
    if number not in names:
        raise NoSuchMerchant(number, sorted(names))
    return names[number]


def balance_fen(connection: Connection, number: str) -> int:
    return ledger.balance_fen(connection, ledger.merchant_account(number))


def top_up(connection: Connection, number: str, amount_fen: int, now: datetime) -> int:
    """Move money from the settlement account to the merchant's; the balance now. ValueError for an
    amount that nobody means."""
    if not 0 < amount_fen <= MOST_FEN:
        raise ValueError(f"{yuan(amount_fen)} yuan is no top-up; 0.01 to {yuan(MOST_FEN)} is")
    account = ledger.merchant_account(number)
    ledger.transfer(connection, "payout", ledger.SETTLEMENT, account, amount_fen, now)
    ledger.note(connection, now, "", TOP_UP, f"merchant {number}: {yuan(amount_fen)} yuan")
    return balance_fen(connection, number)


def statement(connection: Connection, number: str, first: date, last: date) -> Statement:
    """The postings of these days, both included, in the order in which they were made."""
    account = ledger.merchant_account(number)
    begin = datetime.combine(first, time(0))
    end = datetime.combine(last + timedelta(days=1), time(0))
    came_in = case((posting.c.credit == account, posting.c.amount_fen), else_=-posting.c.amount_fen)
    own = or_(posting.c.credit == account, posting.c.debit == account)
    opening = connection.execute(
        select(func.coalesce(func.sum(came_in), 0)).where(own, posting.c.posted_at < begin)
    ).scalar_one()
    rows = connection.execute(
        select(posting, came_in.label("fen"), txn.c.terminal_id, txn.c.rrn)
        .outerjoin(txn, posting.c.txn_id == txn.c.id)
        .where(own, posting.c.posted_at >= begin, posting.c.posted_at < end)
        .order_by(posting.c.posted_at, posting.c.id)
    )
    running = opening
    entries = []
    for row in rows:
        running += row.fen
        kind = TOP_UP if row.kind == "payout" and row.fen > 0 else row.kind
        entries.append(Entry(row.posted_at, kind, row.order_no, row.terminal_id, row.rrn, row.fen,
                             running))
    return Statement(opening, tuple(entries))
