"""The back office's people, its trail, terminals' papers and integrators."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)

revision, down_revision = "0004", "0003"


def upgrade():
    op.create_table(
        "trail",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("at", DateTime, nullable=False),
        Column("who", String(40), nullable=False),
        Column("source", String(60), nullable=False),
        Column("event", String(40), nullable=False),
        Column("subject", String(60), nullable=False, index=True),
        Column("old", Text, nullable=False),
        Column("new", Text, nullable=False),
        Column("hash", String(64), nullable=False),
    )
    op.create_table(
        "trail_head",
        Column("id", Integer, primary_key=True),
        Column("rows", Integer, nullable=False),
        Column("hash", String(64), nullable=False),
        CheckConstraint("id = 1"),
    )
    op.execute(f"insert into trail_head (id, rows, hash) values (1, 0, '{'0' * 64}')")
    op.create_table(
        "device",
        Column("id", Integer, primary_key=True),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("state", String(10), nullable=False),
        Column("mac", String(16), nullable=False),
        Column("address", String(120), nullable=False),
        Column("contact", String(60), nullable=False),
        Column("applicant", String(40), nullable=False),
        Column("applied_at", DateTime, nullable=False),
        Column("verifier", String(40)),
        Column("verified_at", DateTime),
        Column("note", String(200), nullable=False),
        Column("terminal_id", String(8), ForeignKey("terminal.terminal_id"), unique=True),
        Column("code_name", String(4)),
        Column("tracking", String(40)),
        Column("dispatched_at", DateTime),
        Column("key", String(64), unique=True),
        CheckConstraint("verifier <> applicant"),
        CheckConstraint("state in ('applied', 'refused', 'verified', 'dispatched', "
                        "'activated', 'retired')"),
        CheckConstraint("(state in ('verified', 'dispatched', 'activated')) <= "
                        "(verifier is not null and terminal_id is not null)"),
    )
    op.create_table(
        "api_key",
        Column("name", String(32), primary_key=True),
        Column("digest", String(64), nullable=False, unique=True),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("may_review", Integer, nullable=False),
        Column("made_at", DateTime, nullable=False),
        Column("ended_at", DateTime),
    )
    op.create_table(
        "webhook",
        Column("id", Integer, primary_key=True),
        Column("merchant_id", String(15), ForeignKey("merchant.merchant_id"), nullable=False),
        Column("url", String(200), nullable=False),
        Column("secret", String(64), nullable=False),
        Column("made_at", DateTime, nullable=False),
        Column("ended_at", DateTime),
        UniqueConstraint("merchant_id", "url"),
    )
    op.create_table(
        "outbox",
        Column("id", Integer, primary_key=True),
        Column("webhook_id", Integer, ForeignKey("webhook.id"), nullable=False),
        Column("refund_id", Integer, ForeignKey("refund.id"), nullable=False),
        Column("state", String(10), nullable=False),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("due_at", DateTime),
        Column("ended_at", DateTime),
        Column("trouble", String(120)),
    )
    waits = text("ended_at is null")
    op.create_index("outbox_waits", "outbox", ["id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "office_person",
        Column("id", Integer, primary_key=True),
        Column("name", String(32), nullable=False, unique=True),
        Column("role", String(13), nullable=False),
        Column("digest", String(200), nullable=False),
        Column("active", Boolean, nullable=False),
        Column("made_at", DateTime, nullable=False),
        CheckConstraint("role in ('clerk', 'reviewer', 'administrator')"),
    )
    op.create_table(
        "office_session",
        Column("token", LargeBinary(32), primary_key=True),
        Column("person_id", Integer, ForeignKey("office_person.id"), nullable=False),
        Column("csrf", String(43), nullable=False),
        Column("began_at", DateTime, nullable=False),
        Column("seen_at", DateTime, nullable=False),
    )
    op.create_index("office_session_person", "office_session", ["person_id"])
    op.create_table(
        "office_knock",
        Column("key", String(80), primary_key=True),
        Column("tries", Integer, nullable=False),
        Column("since", DateTime, nullable=False),
    )
