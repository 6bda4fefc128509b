"""The trail: who, when, what, from where, old and new. Append-only, each row chained to the last.

A row's hash covers every column of it and the hash before it, so a row that was changed, added or
taken out later is found by reading the chain again; the head tells how many rows there are to be.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from host_sim.office.people import Actor
from host_sim.office.schema_more import trail, trail_head

FIRST = "0" * 64  # what the first row is chained to
_HEAD = select(trail_head.c.rows, trail_head.c.hash)
_CHAINED = [column.name for column in trail.c if column.name != "hash"]


class Broken(Exception):
    """The chain does not hold at row `row`."""

    def __init__(self, row: int, reason: str):
        super().__init__(f"audit row {row}: {reason}")
        self.row = row


def append(
    connection: Connection,
    actor: Actor,
    event: str,
    subject: str,
    now: datetime,
    old: dict | None = None,
    new: dict | None = None,
) -> None:
    """Add a row in the caller's transaction. `subject`: what it is about, such as "refund 12";
    `old`, `new`: what changed, without card or contact data in clear."""
    count, before = connection.execute(_HEAD).one()
    row = {
        "id": count + 1,
        "at": now,
        "who": actor.name,
        "source": actor.source,
        "event": event,
        "subject": subject,
        "old": _json(old or {}),
        "new": _json(new or {}),
    }
    row["hash"] = chained(row, before)
    connection.execute(insert(trail).values(row))
    connection.execute(update(trail_head).values(rows=count + 1, hash=row["hash"]))


def verify(connection: Connection, noted: str | None = None) -> tuple[int, str]:
    """Read the chain from its first row -> (rows, hash of the last). `noted`: a hash that was
    written down earlier and must still be in it. Raises Broken at the first row that does not
    hold."""
    count, before, found = 0, FIRST, noted in (None, FIRST)
    for row in connection.execution_options(stream_results=True).execute(
        select(trail).order_by(trail.c.id)
    ):
        count += 1
        if row.id != count:
            raise Broken(count, f"is missing; row {row.id} comes next")
        if row.hash != chained(row._mapping, before):
            raise Broken(count, "is not as it was written, or not in its place")
        before = row.hash
        found = found or before == noted
    head = connection.execute(_HEAD).one()
    if (head.rows, head.hash) != (count, before):
        raise Broken(min(count, head.rows) + 1, f"there must be {head.rows} rows, not {count}")
    if not found:
        raise Broken(count + 1, f"the chain does not come by {noted}")
    return count, before


def of(connection: Connection, subject: str) -> Iterator[Row]:
    """All rows about a subject, oldest first."""
    yield from connection.execute(
        select(trail).where(trail.c.subject == subject).order_by(trail.c.id)
    )


def page(connection: Connection, before: int | None = None, limit: int = 50) -> list[Row]:
    """The newest rows with a number below `before`, newest first."""
    found = select(trail).order_by(trail.c.id.desc()).limit(limit)
    return list(connection.execute(found if before is None else found.where(trail.c.id < before)))


def _json(values):
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)


def chained(row, before):
    """The hash of a row (all columns but that one) behind a row with the hash `before`."""
    told = [str(row[name]) for name in _CHAINED]
    return hashlib.sha256(json.dumps([before, *told]).encode()).hexdigest()
