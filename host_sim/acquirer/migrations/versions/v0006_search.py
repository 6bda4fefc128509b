"""Indices with which a million refunds are listed and searched, and a balance is summed up."""

from alembic import op
from sqlalchemy import inspect

revision, down_revision = "0006", "0005"


def upgrade():
    for side in ("debit", "credit"):
        op.drop_index(f"posting_{side}", "posting")
        op.create_index(f"posting_{side}", "posting", [side, "amount_fen"])
    if not inspect(op.get_bind()).has_table("refund"):
        return
    op.create_index("refund_applicant", "refund", ["applicant", "id"])
    op.create_index("refund_shop_state", "refund", ["merchant_id", "state", "id"])
    op.create_index("refund_way", "refund", ["channel", "type", "id"])
    op.create_index("txn_contact", "txn", ["terminal_id", "answered_at"])
