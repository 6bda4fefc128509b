"""Telling integrators: what the database wrote into the outbox with a change is sent until it
arrives, signed, oldest first; what never arrives is given up after TRIES.

Nothing is sent from inside a transaction. A notice may come twice (the answer was lost): its
`event` is the same then.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, or_, select, update

from host_sim.office import integrators, life
from host_sim.office.schema_more import outbox, webhook

FRESH_S = 300  # of a notice's time, for who receives it
TRIES = 10
FIRST_WAIT = timedelta(seconds=5)  # doubled after each try: about an hour and a half in all
AT_ONCE = 20
_TROUBLE = 120


class Notice(NamedTuple):
    """What goes out: `headers` has the signature over time and body."""

    number: int
    url: str
    headers: dict[str, str]
    body: bytes
    tries: int


def sign(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA256 of "AT.BODY", hex; AT is seconds since 1970, so that an old one can be told."""
    return hmac.digest(secret.encode(), b"%d." % at + body, "sha256").hex()


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """What whoever receives a notice looks at before he believes it: `now`, seconds since 1970, is
    near its time, and time and body are signed. One that he had before has the same `event`."""
    said, signed = headers.get("X-Tuidan-Timestamp", ""), headers.get("X-Tuidan-Signature", "")
    if not (said.isascii() and said.isdigit() and len(said) < 12) or not signed.isascii():
        return False
    right = "v1=" + sign(secret, int(said), body)
    return hmac.compare_digest(signed, right) and abs(now - int(said)) <= FRESH_S


def due(connection: Connection, now: datetime, today: date) -> list[Notice]:
    """What is to be sent now, at most AT_ONCE. `now` is the real time, `today` the shop's day."""
    found = (
        select(outbox, webhook.c.url, webhook.c.secret)
        .join(webhook, outbox.c.webhook_id == webhook.c.id)
        .where(outbox.c.ended_at.is_(None), webhook.c.ended_at.is_(None))
        .where(or_(outbox.c.due_at.is_(None), outbox.c.due_at <= now))
        .order_by(outbox.c.id)
        .limit(AT_ONCE)
    )
    at = int((now - datetime(1970, 1, 1)).total_seconds())
    notices = []
    for row in connection.execute(found).all():
        about = integrators.told(life.find(connection, row.refund_id), today, row.state)
        body = json.dumps({"event": row.id, **about}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Tuidan-Event": str(row.id),
                   "X-Tuidan-Timestamp": str(at),
                   "X-Tuidan-Signature": "v1=" + sign(row.secret, at, body)}  # fmt: skip
        notices.append(Notice(row.id, row.url, headers, body, row.tries))
    return notices


def ended(connection: Connection, notice: Notice, trouble: str | None, now: datetime) -> None:
    """Note how a try ended: `trouble` None where it arrived."""
    tries = notice.tries + 1
    values: dict = {"tries": tries, "trouble": trouble and trouble[:_TROUBLE]}
    if trouble is None or tries >= TRIES:
        values["ended_at"] = now
    else:
        values["due_at"] = now + FIRST_WAIT * 2**notice.tries
    connection.execute(
        update(outbox)
        .where(outbox.c.id == notice.number, outbox.c.ended_at.is_(None))
        .values(values)
    )
