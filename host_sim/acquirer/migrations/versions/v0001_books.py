"""The acquirer's tables as they were before there was a back office."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)

revision, down_revision = "0001", None
Fen = BigInteger().with_variant(Integer, "sqlite")


def upgrade():
    op.create_table(
        "merchant",
        Column("merchant_id", String(15), primary_key=True),
        Column("name", String(40), nullable=False),
        Column("test_amounts", Boolean, nullable=False),
        Column("risk", String(200), nullable=False),
        CheckConstraint("length(merchant_id) = 15"),
    )
    op.create_table(
        "terminal",
        Column("terminal_id", String(8), primary_key=True),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("mac", String(16), nullable=False),
        Column("batch", Integer, nullable=False),
        Column("proved_set", Integer, nullable=False),
        CheckConstraint("length(terminal_id) = 8"),
        CheckConstraint("mac in ('unionpay-ecb', 'x9.19', 'aes-cmac', 'sm4')"),
        CheckConstraint("batch between 1 and 999999"),
    )
    op.create_table(
        "key_set",
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("wrapped", LargeBinary, nullable=False),
    )
    op.create_table(
        "activation",
        Column("name", String(4), primary_key=True),
        Column("code", String(16), nullable=False),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), nullable=False),
        Column("entered_at", DateTime, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("nonce", LargeBinary(8)),
        Column("proved_before", Integer, nullable=False),
    )
    op.create_table(
        "account",
        Column("name", String(48), primary_key=True),
    )
    op.create_table(
        "sold_order",
        Column("order_no", String(32), primary_key=True),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("product", String(60), nullable=False),
        Column("quantity", Integer, nullable=False),
        Column("amount_fen", Fen, nullable=False),
        Column("sold_on", String(8), nullable=False),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), nullable=False),
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
    op.create_table(
        "settlement",
        Column("id", Integer, primary_key=True),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), nullable=False),
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
    op.create_table(
        "upload",
        Column("settlement_id", Integer, ForeignKey("settlement.id"), primary_key=True),
        Column("stan", Integer, primary_key=True, autoincrement=False),
        Column("entries", String(322), nullable=False),
        Column("at", DateTime, nullable=False),
    )
    op.create_table(
        "card",
        Column("token", LargeBinary(8), primary_key=True),
        Column("issuer", String(11), nullable=False),
        Column("expiry", String(4), nullable=False),
        Column("most_fen", Fen, nullable=False),
        Column("pin", LargeBinary(8), nullable=False),
        Column("tries", Integer, nullable=False),
        CheckConstraint("length(token) = 8 and length(expiry) = 4"),
    )
    op.create_table(
        "txn",
        Column("id", Integer, primary_key=True),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), nullable=False),
        Column("batch", Integer, nullable=False),
        Column("stan", Integer, nullable=False),
        Column("dated", String(8), nullable=False),
        Column("kind", String(6), nullable=False),
        Column("state", Integer, nullable=False),
        Column("fingerprint", String(64)),
        Column("order_no", String(32), ForeignKey("sold_order.order_no")),
        Column("amount_fen", Fen),
        Column("tries", Integer, nullable=False),
        Column("code", String(2)),
        Column("rrn", String(12), unique=True),
        Column("auth_code", String(6)),
        Column("answered_at", DateTime),
        Column("closing_code", String(2)),
        Column("note", String(60)),
        Column("operator", String(2)),
        Column("rules", String(400)),
        Column("settled", Integer, ForeignKey("settlement.id")),
        UniqueConstraint("terminal_id", "batch", "stan", "dated"),
        CheckConstraint("kind in ('sale', 'void', 'refund')"),
        CheckConstraint("(kind = 'refund') = (dated <> '')"),
        CheckConstraint("state between 1 and 5"),
        CheckConstraint("state not in (2, 3, 4) or (code is not null and rrn is not null)"),
        CheckConstraint("(state = 5) = (closing_code is not null)"),
        CheckConstraint("state not in (2, 3) or (order_no is not null and amount_fen > 0)"),
    )
    op.create_index("txn_order", "txn", ["order_no"])
    uncounted = text("settled is null")
    op.create_index("txn_unsettled", "txn", ["terminal_id"], sqlite_where=uncounted,
                    postgresql_where=uncounted)
    op.create_table(
        "posting",
        Column("id", Integer, primary_key=True),
        Column("txn_id", Integer, ForeignKey("txn.id")),
        Column("order_no", String(32), ForeignKey("sold_order.order_no")),
        Column("kind", String(6), nullable=False),
        Column("debit", String(48), ForeignKey("account.name"), nullable=False),
        Column("credit", String(48), ForeignKey("account.name"), nullable=False),
        Column("amount_fen", Fen, nullable=False),
        Column("posted_at", DateTime, nullable=False),
        UniqueConstraint("txn_id", "kind"),
        CheckConstraint("kind in ('sale', 'void', 'refund', 'undo', 'payout')"),
        CheckConstraint("amount_fen > 0 and debit <> credit"),
    )
    for column in ("order_no", "debit", "credit"):
        op.create_index(f"posting_{column.removesuffix('_no')}", "posting", [column])
    op.create_table(
        "audit",
        Column("id", Integer, primary_key=True),
        Column("at", DateTime, nullable=False),
        Column("terminal_id", String(8), nullable=False),
        Column("event", String(40), nullable=False),
        Column("detail", String(200), nullable=False),
    )
    op.create_table("rrn_counter", Column("last", Integer, nullable=False))
