"""Who chose the password of an account: until its owner has chosen his own he decides nothing."""

from alembic import op
from sqlalchemy import inspect

revision, down_revision = "0009", "0008"


def upgrade():
    if inspect(op.get_bind()).has_table("office_person"):
        op.execute("alter table office_person add column set_by varchar(32)")
