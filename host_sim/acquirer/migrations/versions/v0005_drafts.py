"""Applications that are filled in but not handed in yet."""

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, String, Text

revision, down_revision = "0005", "0004"


def upgrade():
    op.create_table(
        "office_draft",
        Column("key", String(32), primary_key=True),
        Column("who", String(32), nullable=False, index=True),
        Column("order_no", String(32), nullable=False),
        Column("filled_in", Text, nullable=False),
        Column("made_at", DateTime, nullable=False),
        Column("refund_id", Integer),
    )
    op.create_table(
        "office_draft_file",
        Column("id", Integer, primary_key=True),
        Column("key", String(32), ForeignKey("office_draft.key"), nullable=False, index=True),
        Column("name", String(80), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("size", Integer, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
