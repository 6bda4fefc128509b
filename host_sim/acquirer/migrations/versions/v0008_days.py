"""Refunds of a state or of a shop within a span of days are listed from an index."""

from alembic import op
from sqlalchemy import inspect

revision, down_revision = "0008", "0007"


def upgrade():
    if inspect(op.get_bind()).has_table("refund"):
        for first in ("state", "merchant_id"):
            op.create_index(f"refund_{first}_day", "refund", [first, "applied_at"])
