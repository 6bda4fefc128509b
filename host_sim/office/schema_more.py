"""More of the back office's tables: the trail, terminals' papers, integrators' keys and webhooks.

The trail is append-only (triggers.py) and each row has the hash of the one before it in its own.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from host_sim.acquirer.schema import metadata
from host_sim.office.schema import PERSON

# Who, when, what, from where, old and new; each row with the hash of the one before it.
# `trail_head` is one row: how many rows there are, and the last one's hash.
trail = Table(
    "trail",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("who", String(PERSON), nullable=False),
    Column("source", String(60), nullable=False),
    Column("event", String(40), nullable=False),
    Column("subject", String(60), nullable=False, index=True),
    Column("old", Text, nullable=False),  # JSON
    Column("new", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)
trail_head = Table(
    "trail_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1"),
)

# The life of a terminal's papers, from the shop's application to the device that works.
DEVICE_STATES = ("applied", "refused", "verified", "dispatched", "activated", "retired")

device = Table(
    "device",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("mac", String(16), nullable=False),
    Column("address", String(120), nullable=False),
    Column("contact", String(60), nullable=False),
    Column("applicant", String(PERSON), nullable=False),
    Column("applied_at", DateTime, nullable=False),
    Column("verifier", String(PERSON)),
    Column("verified_at", DateTime),
    Column("note", String(200), nullable=False, default=""),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), unique=True),  # from verified on
    Column("code_name", String(4)),  # the first four digits of its activation code
    Column("tracking", String(40)),
    Column("dispatched_at", DateTime),
    Column("key", String(64), unique=True),  # of the form that was sent: twice is once
    CheckConstraint("verifier <> applicant"),
    CheckConstraint(f"state in ({', '.join(map(repr, DEVICE_STATES))})"),
    CheckConstraint("(state in ('verified', 'dispatched', 'activated')) <= "
                    "(verifier is not null and terminal_id is not null)"),
)  # fmt: skip

# An integrator's key: of the secret there is a digest only.
api_key = Table(
    "api_key",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("may_review", Integer, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
)

# Where a merchant's integrator is told of changes; what is told is signed with `secret`.
webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("merchant_id", ForeignKey("merchant.merchant_id"), nullable=False),
    Column("url", String(200), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    UniqueConstraint("merchant_id", "url"),
)

# What is to be told, written by a trigger in the transaction that changed the refund's state.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.id"), nullable=False),
    Column("refund_id", ForeignKey("refund.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", DateTime),  # None: at once
    Column("ended_at", DateTime),  # told, or given up
    Column("trouble", String(120)),  # of the last try; None once it was told
)
_waits = outbox.c.ended_at.is_(None)
Index("outbox_waits", outbox.c.id, sqlite_where=_waits, postgresql_where=_waits)
