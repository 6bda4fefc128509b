"""Applications that are filled in but not handed in yet, with the files that go with them.

A draft's key is the refund's key later, so a form that is handed in twice, or gone back to, is one
refund. Drafts are their writer's own, and gone after a day.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from host_sim.acquirer.schema import metadata
from host_sim.office import evidence
from host_sim.office.refusals import Refused

KEPT = timedelta(days=1)
MOST_FILES = 5
MOST_DRAFTS = 50  # of one person

draft = Table(
    "office_draft",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("who", String(32), nullable=False, index=True),
    Column("order_no", String(32), nullable=False),
    Column("filled_in", Text, nullable=False),  # JSON, as it was typed
    Column("made_at", DateTime, nullable=False),
    Column("refund_id", Integer),  # once it was handed in; what was filled in is gone then
)
draft_file = Table(
    "office_draft_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", ForeignKey("office_draft.key"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)


def fresh_key() -> str:
    return secrets.token_hex(16)


def find(connection: Connection, key: str, who: str) -> Row | None:
    """His draft of that key; None where there is none, or it is somebody else's."""
    return connection.execute(
        select(draft).where(draft.c.key == key, draft.c.who == who)
    ).one_or_none()


def values(found: Row) -> dict:
    return json.loads(found.filled_in)


def keep(
    connection: Connection, key: str, who: str, order_no: str, filled_in: dict, now: datetime
) -> None:
    """Write what was filled in, over what was there. Refused NOT_NOW once it is handed in."""
    _forget(connection, now)
    there = connection.execute(select(draft).where(draft.c.key == key)).one_or_none()
    told = json.dumps(filled_in, ensure_ascii=False)
    if there is None:
        count = select(func.count()).select_from(draft).where(
            draft.c.who == who, draft.c.refund_id.is_(None)
        )
        if connection.execute(count).scalar_one() >= MOST_DRAFTS:
            raise Refused("NOT_NOW", "drafts")
        connection.execute(insert(draft).values(key=key, who=who, order_no=order_no,
                                                filled_in=told, made_at=now))  # fmt: skip
    elif there.who != who or there.refund_id is not None or there.order_no != order_no:
        raise Refused("NOT_NOW", "draft")
    else:
        connection.execute(
            update(draft).where(draft.c.key == key).values(filled_in=told, made_at=now)
        )


def add_file(connection: Connection, key: str, name: str, content: bytes) -> None:
    """The same content again is the same file. Raises Refused for what is no evidence."""
    kind = evidence.kind_of(content)
    digest = hashlib.sha256(content).hexdigest()
    there = files(connection, key)
    if any(one.sha256 == digest for one in there):
        return
    if len(there) >= MOST_FILES:
        raise Refused("FILE_COUNT")
    connection.execute(
        insert(draft_file).values(key=key, name=evidence.shown_name(name, kind), sha256=digest,
                                  size=len(content), content=content)  # fmt: skip
    )


def files(connection: Connection, key: str) -> Sequence[Row]:
    """(id, name, size, sha256) of each, without the content."""
    columns = [draft_file.c[name] for name in ("id", "name", "size", "sha256")]
    return connection.execute(
        select(*columns).where(draft_file.c.key == key).order_by(draft_file.c.id)
    ).all()


def hand_in(connection: Connection, key: str, refund_id: int) -> list[tuple[str, bytes]]:
    """It is a refund now -> [(name, content)] of its files, which are the refund's from now on."""
    found = connection.execute(
        select(draft_file).where(draft_file.c.key == key).order_by(draft_file.c.id)
    ).all()
    connection.execute(delete(draft_file).where(draft_file.c.key == key))
    connection.execute(
        update(draft).where(draft.c.key == key).values(refund_id=refund_id, filled_in="{}")
    )
    return [(row.name, row.content) for row in found]


def _forget(connection, now):
    old = select(draft.c.key).where(draft.c.made_at < now - KEPT)
    connection.execute(delete(draft_file).where(draft_file.c.key.in_(old)))
    connection.execute(delete(draft).where(draft.c.made_at < now - KEPT))
