"""How often somebody may try: wrong passwords, questions without a log-in.

A try is counted before its outcome is known, in a transaction of its own, so that many at once
count as many. Counts lie in the database: a restart forgives nothing.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Connection, DateTime, Integer, String, Table, delete, insert, select

from host_sim.acquirer.schema import metadata

# The tries of one name, address or subject since the first of them.
knock = Table(
    "office_knock",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("since", DateTime, nullable=False),
)


class Limit(NamedTuple):
    """`most` tries within a time that begins with the first."""

    what: str
    most: int
    within: timedelta


def admits(connection: Connection, limit: Limit, whose: str, now: datetime) -> bool:
    """Count one more try; whether it is still within the limit. Counts that are over go."""
    key = _key(limit, whose)
    over = knock.c.since <= now - limit.within
    of_this = knock.c.key.startswith(_key(limit, ""), autoescape=True)
    connection.execute(delete(knock).where(of_this, over))
    found = connection.execute(select(knock).where(knock.c.key == key)).one_or_none()
    if found is None:
        connection.execute(insert(knock), {"key": key, "tries": 1, "since": now})
        return True
    tries = found.tries + 1
    connection.execute(knock.update().where(knock.c.key == key).values(tries=tries))
    return tries <= limit.most


def forgive(connection: Connection, limit: Limit, whose: str, one: bool = False) -> None:
    """Forget the tries: the right password came. `one`: only the last of them, where somebody could
    pay for wrong passwords to other names with right ones to his own."""
    mine = knock.c.key == _key(limit, whose)
    if one:
        connection.execute(knock.update().where(mine).values(tries=knock.c.tries - 1))
    else:
        connection.execute(delete(knock).where(mine))


def _key(limit, whose):
    """No limit's begin as another's do: what is over is forgotten of this limit alone."""
    return f"{limit.what}: {whose}"[:80]
