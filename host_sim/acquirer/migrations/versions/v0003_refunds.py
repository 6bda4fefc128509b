"""The back office's refunds, and rows for those of tills that the ledger has."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)

revision, down_revision = "0003", "0002"
Fen = BigInteger().with_variant(Integer, "sqlite")
_STATES = ("applied", "in review", "more asked", "approved", "processing", "paid", "failed",
           "rejected", "cancelled", "disputed")  # fmt: skip


def upgrade():
    op.create_table(
        "refund",
        Column("id", Integer, primary_key=True),
        Column("txn_id", Integer, ForeignKey("txn.id"), nullable=False, unique=True),
        Column("channel", String(6), nullable=False),
        Column("type", String(7), nullable=False),
        Column("state", String(10), nullable=False),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("order_no", String(32), ForeignKey("sold_order.order_no"), nullable=False),
        Column("terminal_id", String(8), nullable=False),
        Column("product", String(60), nullable=False),
        Column("card_tail", String(4)),
        Column("quantity", Integer),
        Column("amount_fen", Fen, nullable=False),
        Column("reason", String(2)),
        Column("contact", String(60), nullable=False),
        Column("remark", String(200), nullable=False),
        Column("rules", String(400)),
        Column("applicant", String(40), nullable=False),
        Column("reviewer", String(40)),
        Column("note", String(60)),
        Column("out_trade_no", String(32)),
        Column("key", String(64), unique=True),
        Column("applied_at", DateTime, nullable=False),
        Column("decided_at", DateTime),
        Column("paid_at", DateTime),
        Column("expected_on", Date),
        Column("failure", String(20)),
        UniqueConstraint("merchant_id", "out_trade_no"),
        CheckConstraint("reviewer <> applicant"),
        CheckConstraint("amount_fen > 0 and quantity > 0"),
        CheckConstraint("(state = 'paid') <= (paid_at is not null)"),
        _in("channel", ("till", "office", "api")),
        _in("type", ("on-site", "online")),
        _in("state", _STATES),
        _in("reason", ("01", "02", "03", "04", "05")),
    )
    for column in ("state", "merchant_id", "order_no", "card_tail", "amount_fen", "applied_at",
                   "product", "terminal_id"):  # fmt: skip
        op.create_index(f"refund_{column}", "refund", [column, "id"])
    for name, what in (
        ("tail", "substr(masked_card, length(masked_card) - 3)"), ("amount", "amount_fen"),
        ("sold_on", "sold_on"), ("merchant", "merchant_id, sold_on"),
    ):  # fmt: skip
        op.execute(f"create index order_{name} on sold_order ({what})")
    op.create_table(
        "refund_step",
        Column("id", Integer, primary_key=True),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False, index=True),
        Column("at", DateTime, nullable=False),
        Column("who", String(40), nullable=False),
        Column("before", String(10)),
        Column("after", String(10), nullable=False),
        Column("note", String(200), nullable=False),
    )
    op.create_table(
        "dispute",
        Column("id", Integer, primary_key=True),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False),
        Column("state", String(7), nullable=False),
        Column("before", String(10), nullable=False),
        Column("claim", String(200), nullable=False),
        Column("opened_by", String(40), nullable=False),
        Column("opened_at", DateTime, nullable=False),
        Column("answer", String(200)),
        Column("closed_by", String(40)),
        Column("closed_at", DateTime),
        _in("state", ("open", "upheld", "refused")),
        CheckConstraint("closed_by <> opened_by"),
        CheckConstraint("(state = 'open') = (closed_by is null)"),
    )
    _partly("dispute_open", "dispute", "refund_id", "state = 'open'", unique=True)
    op.create_table(
        "evidence",
        Column("id", Integer, primary_key=True),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False, index=True),
        Column("dispute_id", Integer, ForeignKey("dispute.id")),
        Column("name", String(80), nullable=False),
        Column("kind", String(20), nullable=False),
        Column("size", Integer, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("who", String(40), nullable=False),
        Column("at", DateTime, nullable=False),
        UniqueConstraint("refund_id", "sha256"),
    )
    op.create_table(
        "payout",
        Column("id", Integer, primary_key=True),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False),
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
    _partly("payout_once", "payout", "refund_id", "state in ('sent', 'paid')", unique=True)
    _partly("payout_due", "payout", "due_on", "state = 'sent'")
    op.create_table(
        "clearing_day",
        Column("id", Integer, primary_key=True),
        Column("day", Date, nullable=False),
        CheckConstraint("id = 1"),
    )
    op.create_table(
        "correction",
        Column("id", Integer, primary_key=True),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False, index=True),
        Column("field", String(20), nullable=False),
        Column("old", String(200), nullable=False),
        Column("new", String(200), nullable=False),
        Column("why", String(200), nullable=False),
        Column("who", String(40), nullable=False),
        Column("at", DateTime, nullable=False),
    )

    _adopt()


def _adopt():
    """A row for each refund of a till; a till's answer says by when the money arrives."""
    arrives = {
        "sqlite": "date(t.answered_at, '+5 days')",
        "postgresql": "(t.answered_at + interval '5 days')::date",
    }[op.get_bind().dialect.name]
    op.execute(f"""insert into refund (txn_id, channel, type, state, merchant_id, order_no,
      terminal_id, product, card_tail, amount_fen, reason, contact, remark, rules, applicant,
      applied_at, decided_at, expected_on)
    select t.id, 'till', 'on-site', case t.state when 2 then 'applied' else 'approved' end,
      o.merchant_id, o.order_no, t.terminal_id, o.product,
      substr(o.masked_card, length(o.masked_card) - 3), t.amount_fen, t.reason, '', '', t.rules,
      'till ' || t.terminal_id || '/' || coalesce(t.operator, '--'), t.answered_at,
      case t.state when 3 then t.answered_at end, case t.state when 3 then {arrives} end
    from txn t join sold_order o on o.order_no = t.order_no
    where t.kind = 'refund' and t.state in (2, 3)""")


def _in(column, values):
    return CheckConstraint(f"{column} in ({', '.join(map(repr, values))})")


def _partly(name, table, column, where, unique=False):
    op.create_index(name, table, [column], unique=unique, sqlite_where=text(where),
                    postgresql_where=text(where))
