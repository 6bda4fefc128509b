"""The back office's tables, in the ledger's database and beside the ledger's own.

Every refund is a transaction of the ledger (txn); the row here is its life outside of the wire.
What two persons must do, what is kept as written and what may be paid once, the database enforces:
here by constraints, in triggers.py by triggers.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    insert,
)

from host_sim.acquirer.schema import Fen, metadata

BACK_OFFICE = "BO"  # a merchant's back office is one more terminal to the ledger: BO and 6 digits

# The states of a refund. A refund that a terminal was granted at once begins as approved.
APPLIED, IN_REVIEW, MORE_ASKED = "applied", "in review", "more asked"
APPROVED, PROCESSING, PAID, FAILED = "approved", "processing", "paid", "failed"
REJECTED, CANCELLED, DISPUTED = "rejected", "cancelled", "disputed"
STATES = (APPLIED, IN_REVIEW, MORE_ASKED, APPROVED, PROCESSING, PAID, FAILED, REJECTED, CANCELLED,
          DISPUTED)  # fmt: skip
WAITING = (APPLIED, IN_REVIEW, MORE_ASKED)  # a reviewer has to decide; the amount is kept free

TILL, OFFICE, API = "till", "office", "api"  # where a refund was asked for
ON_SITE, ONLINE = "on-site", "online"
REASONS = ("01", "02", "03", "04", "05")  # as DF06 and firmware/reasons.py have them

PERSON = 40  # characters of a name: an account, "till 10000001/01", "api NAME"


def _in(column, values):
    return CheckConstraint(f"{column} in ({', '.join(map(repr, values))})")


refund = Table(
    "refund",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("txn_id", ForeignKey("txn.id"), nullable=False, unique=True),
    Column("channel", String(6), nullable=False),
    Column("type", String(7), nullable=False),
    Column("state", String(10), nullable=False),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("order_no", ForeignKey("sold_order.order_no"), nullable=False),
    Column("terminal_id", String(8), nullable=False),  # of the till, or where it was sold
    Column("product", String(60), nullable=False),  # this and the next as the order has them
    Column("card_tail", String(4)),
    Column("quantity", Integer),  # a till does not say
    Column("amount_fen", Fen, nullable=False),
    Column("reason", String(2)),
    Column("contact", String(60), nullable=False, default=""),
    Column("remark", String(200), nullable=False, default=""),
    Column("rules", String(400)),  # of risk, that hold it
    Column("applicant", String(PERSON), nullable=False),
    Column("reviewer", String(PERSON)),
    Column("note", String(60)),  # the reviewer's, as the terminal gets it in DF0A
    Column("out_trade_no", String(32)),  # the integrator's own number
    Column("key", String(64), unique=True),  # of the form that was sent: twice is once
    Column("applied_at", DateTime, nullable=False),
    Column("decided_at", DateTime),
    Column("paid_at", DateTime),
    Column("expected_on", Date),
    Column("failure", String(20)),  # of clearing.FAILURES
    UniqueConstraint("merchant_id", "out_trade_no"),
    CheckConstraint("reviewer <> applicant"),
    CheckConstraint("amount_fen > 0 and quantity > 0"),
    CheckConstraint("(state = 'paid') <= (paid_at is not null)"),
    _in("channel", (TILL, OFFICE, API)),
    _in("type", (ON_SITE, ONLINE)),
    _in("state", STATES),
    _in("reason", REASONS),
)
for _columns in ("state", "merchant_id", "order_no", "card_tail", "amount_fen", "applied_at",
                 "product", "terminal_id", "applicant"):  # fmt: skip
    Index(f"refund_{_columns}", refund.c[_columns], refund.c.id)
for _first in ("state", "merchant_id"):
    Index(f"refund_{_first}_day", refund.c[_first], refund.c.applied_at)
Index("refund_shop_state", refund.c.merchant_id, refund.c.state, refund.c.id)
Index("refund_way", refund.c.channel, refund.c.type, refund.c.id)
# Of the ledger's orders, as clerks look for them, and a terminal's last word; a ledger without a
# back office has none of these.
CARD_TAIL = "substr(masked_card, length(masked_card) - 3)"
ORDER_INDEXES = (
    f"create index order_tail on sold_order ({CARD_TAIL})",
    "create index order_amount on sold_order (amount_fen)",
    "create index order_sold_on on sold_order (sold_on)",
    "create index order_merchant on sold_order (merchant_id, sold_on)",
    "create index txn_contact on txn (terminal_id, answered_at)",
)

# A refund's history, a row a step.
step = Table(
    "refund_step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refund_id", ForeignKey("refund.id"), nullable=False, index=True),
    Column("at", DateTime, nullable=False),
    Column("who", String(PERSON), nullable=False),
    Column("before", String(10)),
    Column("after", String(10), nullable=False),
    Column("note", String(200), nullable=False, default=""),
)

# What a customer or clerk handed in. `name` is shown and nothing else; no file has it.
evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refund_id", ForeignKey("refund.id"), nullable=False, index=True),
    Column("dispute_id", ForeignKey("dispute.id")),
    Column("name", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("who", String(PERSON), nullable=False),
    Column("at", DateTime, nullable=False),
    UniqueConstraint("refund_id", "sha256"),
)

# One attempt to bring the money to the customer; of a refund at most one is under way or paid.
payout = Table(
    "payout",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refund_id", ForeignKey("refund.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("sent_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("failure", String(20)),
    UniqueConstraint("refund_id", "attempt"),
    _in("state", ("sent", "paid", "failed", "returned")),
    CheckConstraint("(state in ('failed', 'returned')) = (failure is not null)"),
)
_live = payout.c.state.in_(("sent", "paid"))
Index("payout_once", payout.c.refund_id, unique=True, sqlite_where=_live, postgresql_where=_live)
_sent = payout.c.state == "sent"
Index("payout_due", payout.c.due_on, sqlite_where=_sent, postgresql_where=_sent)

# The clearing's calendar: the day that it has come to, which may be ahead of the clock.
clearing_day = Table(
    "clearing_day",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    CheckConstraint("id = 1"),
)

dispute = Table(
    "dispute",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refund_id", ForeignKey("refund.id"), nullable=False),
    Column("state", String(7), nullable=False),
    Column("before", String(10), nullable=False),  # the refund's state until then
    Column("claim", String(200), nullable=False),
    Column("opened_by", String(PERSON), nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("answer", String(200)),
    Column("closed_by", String(PERSON)),
    Column("closed_at", DateTime),
    _in("state", ("open", "upheld", "refused")),
    CheckConstraint("closed_by <> opened_by"),
    CheckConstraint("(state = 'open') = (closed_by is null)"),
)
_open = dispute.c.state == "open"
Index("dispute_open", dispute.c.refund_id, unique=True, sqlite_where=_open, postgresql_where=_open)

correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refund_id", ForeignKey("refund.id"), nullable=False, index=True),
    Column("field", String(20), nullable=False),
    Column("old", String(200), nullable=False),
    Column("new", String(200), nullable=False),
    Column("why", String(200), nullable=False),
    Column("who", String(PERSON), nullable=False),
    Column("at", DateTime, nullable=False),
)


def added(connection: Connection, table: Table, values: dict) -> int:
    """Write a new row; its number."""
    made = connection.execute(insert(table).values(values)).inserted_primary_key
    assert made is not None
    return made[0]
