"""Vouchers to be printed again at a terminal; accounts that are one merchant's."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    inspect,
)

revision, down_revision = "0007", "0006"


def upgrade():
    op.create_table(
        "reprint",
        Column("id", Integer, primary_key=True),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("txn_id", Integer, ForeignKey("txn.id"), nullable=False),
        Column("asked_by", String(40), nullable=False),
        Column("asked_at", DateTime, nullable=False),
        Column("printed_at", DateTime),
        UniqueConstraint("terminal_id", "number"),
        CheckConstraint("number between 1 and 999999"),
    )
    op.create_index("reprint_txn", "reprint", ["txn_id"])
    if inspect(op.get_bind()).has_table("office_person"):
        op.execute(
            "alter table office_person add column merchant_id varchar(15) "
            "references merchant (merchant_id)"
        )
