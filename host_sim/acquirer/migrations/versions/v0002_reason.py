"""The reason of a refund (DF06) is kept with its transaction."""

from alembic import op
from sqlalchemy import Column, String

revision, down_revision = "0002", "0001"


def upgrade():
    op.add_column("txn", Column("reason", String(2)))
