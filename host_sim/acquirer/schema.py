"""The acquirer's tables, and how its database is opened.

A posting moves an amount between two accounts in one row, so double entry cannot fail to
balance. Postings and audit lines are never changed or removed: triggers refuse it.
"""

import sqlite3
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    StaticPool,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    insert,
)

from host_sim.acquirer import postgres, triggers, versions
from host_sim.acquirer.witness import CountedConnection, PutBack, Witness

# The states of a transaction, numbered as tag DF08 has them. A reversed void is CANCELLED.
OPEN, REVIEW, APPROVED, DECLINED, CANCELLED, UNKNOWN = 1, 2, 3, 4, 5, 6

metadata = MetaData()
Fen = BigInteger().with_variant(Integer, "sqlite")

merchant = Table(
    "merchant",
    metadata,
    Column("merchant_id", String(15), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("test_amounts", Boolean, nullable=False),
    Column("risk", String(200), nullable=False, default="{}"),  # risk.Limits, as JSON
    CheckConstraint("length(merchant_id) = 15"),
)

terminal = Table(
    "terminal",
    metadata,
    Column("terminal_id", String(8), primary_key=True),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("mac", String(16), nullable=False),
    Column("batch", Integer, nullable=False),
    # The highest key set under which a request of this terminal has verified.
    Column("proved_set", Integer, nullable=False, default=0),
    CheckConstraint("length(terminal_id) = 8"),
    CheckConstraint("mac in ('unionpay-ecb', 'x9.19', 'aes-cmac', 'sm4')"),
    CheckConstraint("batch between 1 and 999999"),
)

# Working keys as they went out: encrypted under the terminal's TMK, which is not in this database.
key_set = Table(
    "key_set",
    metadata,
    Column("terminal_id", ForeignKey("terminal.terminal_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)

# A code that staff gave out for a blank terminal. `code` is emptied when nobody needs it any more;
# `nonce` is the device that used it, `proved_before` the newest key set that there was by then.
activation = Table(
    "activation",
    metadata,
    Column("name", String(4), primary_key=True),
    Column("code", String(16), nullable=False),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    Column("entered_at", DateTime, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("nonce", LargeBinary(8)),
    Column("proved_before", Integer, nullable=False, default=0),
)

account = Table(
    "account",
    metadata,
    Column("name", String(48), primary_key=True),
)

# What was sold. The card is named by its token and its first six and last four digits only.
order = Table(
    "sold_order",
    metadata,
    Column("order_no", String(32), primary_key=True),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("product", String(60), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("amount_fen", Fen, nullable=False),
    Column("sold_on", String(8), nullable=False),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("stan", Integer, nullable=False),
    Column("rrn", String(12), nullable=False, unique=True),
    Column("issuer", String(11), nullable=False),
    Column("token", LargeBinary(8), nullable=False),
    Column("masked_card", String(19)),
    Column("hold_refunds", Boolean, nullable=False),
    UniqueConstraint("terminal_id", "batch", "stan", "sold_on"),
    CheckConstraint("amount_fen > 0 and quantity > 0"),
    CheckConstraint("length(token) = 8"),
)

# One row a settlement that was asked for: the host's own totals, the result of F48 (3: nothing was
# settled), and once the batch is over the STAN that ended it.
settlement = Table(
    "settlement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("stan", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("debit_fen", Fen, nullable=False),
    Column("debit_count", Integer, nullable=False),
    Column("credit_fen", Fen, nullable=False),
    Column("credit_count", Integer, nullable=False),
    Column("result", Integer, nullable=False),
    Column("settled_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("end_stan", Integer),
    UniqueConstraint("terminal_id", "batch", "stan"),
    CheckConstraint("result between 1 and 3"),
)

# What a terminal uploaded of a batch whose totals differ: F48 of each portion, by its STAN.
upload = Table(
    "upload",
    metadata,
    Column("settlement_id", ForeignKey("settlement.id"), primary_key=True),
    Column("stan", Integer, primary_key=True, autoincrement=False),
    Column("entries", String(322), nullable=False),
    Column("at", DateTime, nullable=False),
)

# What an issuer knows of a card. Its number is not here, only the token that stands for it, and of
# its PIN a digest under a key that is not in this database.
card = Table(
    "card",
    metadata,
    Column("token", LargeBinary(8), primary_key=True),
    Column("issuer", String(11), nullable=False),
    Column("expiry", String(4), nullable=False),
    Column("most_fen", Fen, nullable=False),
    Column("pin", LargeBinary(8), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    CheckConstraint("length(token) = 8 and length(expiry) = 4"),
)

# One row a key, whatever became of it: the row is at once the unique key, the fingerprint, the
# stored reply and, once closed, the tombstone. `dated` is DF0C for a refund, empty for the others.
txn = Table(
    "txn",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("stan", Integer, nullable=False),
    Column("dated", String(8), nullable=False),
    Column("kind", String(6), nullable=False),
    Column("state", Integer, nullable=False),
    Column("fingerprint", String(64)),
    Column("order_no", ForeignKey("sold_order.order_no")),
    Column("amount_fen", Fen),
    Column("tries", Integer, nullable=False, default=0),
    Column("code", String(2)),
    Column("rrn", String(12), unique=True),
    Column("auth_code", String(6)),
    Column("answered_at", DateTime),
    Column("closing_code", String(2)),
    Column("note", String(60)),
    Column("operator", String(2)),
    Column("reason", String(2)),  # DF06
    Column("rules", String(400)),  # of risk that held it, in words
    # The settlement that counted it; None until one has.
    Column("settled", ForeignKey("settlement.id")),
    UniqueConstraint("terminal_id", "batch", "stan", "dated"),
    CheckConstraint("kind in ('sale', 'void', 'refund')"),
    CheckConstraint("(kind = 'refund') = (dated <> '')"),
    CheckConstraint("state between 1 and 5"),
    CheckConstraint("state not in (2, 3, 4) or (code is not null and rrn is not null)"),
    CheckConstraint("(state = 5) = (closing_code is not null)"),
    CheckConstraint("state not in (2, 3) or (order_no is not null and amount_fen > 0)"),
)
Index("txn_order", txn.c.order_no)
_uncounted = txn.c.settled.is_(None)
Index("txn_unsettled", txn.c.terminal_id, sqlite_where=_uncounted, postgresql_where=_uncounted)

posting = Table(
    "posting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("txn_id", ForeignKey("txn.id")),
    Column("order_no", ForeignKey("sold_order.order_no")),
    Column("kind", String(6), nullable=False),
    Column("debit", ForeignKey("account.name"), nullable=False),
    Column("credit", ForeignKey("account.name"), nullable=False),
    Column("amount_fen", Fen, nullable=False),
    Column("posted_at", DateTime, nullable=False),
    # Once posted and once undone at most, whatever is repeated.
    UniqueConstraint("txn_id", "kind"),
    CheckConstraint("kind in ('sale', 'void', 'refund', 'undo', 'payout')"),
    CheckConstraint("amount_fen > 0 and debit <> credit"),
)
Index("posting_order", posting.c.order_no)
for _side in ("debit", "credit"):  # a balance is read from these alone
    Index(f"posting_{_side}", posting.c[_side], posting.c.amount_fen)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("terminal_id", String(8), nullable=False),
    Column("event", String(40), nullable=False),
    Column("detail", String(200), nullable=False),
)

# A voucher of a refund to be printed again at a terminal, which asks for it. `number` counts
# those of the terminal; `printed_at` is when it said that it had.
reprint = Table(
    "reprint",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("txn_id", ForeignKey("txn.id"), nullable=False),
    Column("asked_by", String(40), nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("printed_at", DateTime),
    UniqueConstraint("terminal_id", "number"),
    CheckConstraint("number between 1 and 999999"),
)
Index("reprint_txn", reprint.c.txn_id)

# The running number behind the reference numbers (RRN): one row.
rrn_counter = Table("rrn_counter", metadata, Column("last", Integer, nullable=False))


TABLES = tuple(metadata.tables.values())  # the ledger's own, whoever else shares the metadata
triggers.attach(dict(metadata.tables), triggers.TRIGGERS)


def open_engine(path: str | None = None, accept_older: datetime | None = None) -> Engine:
    """An engine on the SQLite file at `path` (memory without one), or on the PostgreSQL database
    of a URL, durable at every commit.

    Every transaction takes the write lock at its start, so what it read still holds when it
    writes. A new ledger gets its tables, an older one is brought up to them. Raises
    witness.PutBack for a file that was put back from an older copy, unless `accept_older` gives
    the time of the audit line that says so; versions.OtherVersion for one that is newer.
    """
    engine = engine_of(path)
    try:
        put_back = None if path is None or postgres.is_url(path) else _put_back(engine)
        if put_back and accept_older is None:
            raise put_back
        versions.bring_up(engine, metadata, TABLES)
        if put_back:
            with engine.begin() as connection:
                detail = f"{put_back.held} of {put_back.seen} changes"
                line = {"terminal_id": "", "event": "older ledger accepted", "detail": detail}
                connection.execute(insert(audit), line | {"at": accept_older})
    except BaseException:
        engine.dispose()
        raise
    return engine


def engine_of(path: str | None) -> Engine:
    """As open_engine, of what is there, whatever it is: nothing is made, looked at or refused.
    What it complains of names no values: a log may have it."""
    if postgres.is_url(path):
        return postgres.open_database(str(path))
    if path is None:
        # The one connection is everybody's: giving it back must end nobody's transaction.
        engine = create_engine("sqlite://", poolclass=StaticPool, pool_reset_on_return=None,
                               hide_parameters=True)  # fmt: skip
    else:
        engine = create_engine(f"sqlite:///{path}", connect_args={"factory": CountedConnection},
                               hide_parameters=True)  # fmt: skip
        witness = Witness(str(path))

    @event.listens_for(engine, "connect")
    def _set_up(connection, _record):
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"pragma {pragma}")
        if path is not None:
            connection.witness = witness

    # Not by the event "begin": an engine that has one asks for events at every statement.
    engine.dialect.do_begin = _begin  # type: ignore[assignment]
    return engine


def _put_back(engine: Engine) -> PutBack | None:
    with engine.connect() as connection:
        try:
            connection.connection.check()
        except PutBack as reason:
            return reason
    return None


def _begin(connection) -> None:
    connection.execute("begin immediate")


def driver(engine: Engine) -> sqlite3.Connection:
    """The SQLite connection under an engine in memory, for looking at the books with plain SQL."""
    with engine.connect() as connection:
        found = connection.connection.driver_connection
        assert isinstance(found, sqlite3.Connection)
        return found


def image(engine: Engine) -> bytes:
    """The whole ledger of an engine in memory, as the bytes of a SQLite file."""
    return driver(engine).serialize()


def restore(engine: Engine, saved: bytes) -> None:
    """Put the ledger of an engine in memory back to an image; its pragmas hold on. No transaction
    may be open. What was compiled stays compiled, so this is far cheaper than another engine."""
    driver(engine).deserialize(saved)
