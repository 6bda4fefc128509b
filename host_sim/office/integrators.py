"""A merchant's own programs: their keys, where they are told of changes, and what a refund is to
them. Field names and states are those of Lakala's open platform.

A key is shown once, when it is made; the database has its digest only.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, insert, select, update

from host_sim.acquirer import schema as books
from host_sim.office import audit, life
from host_sim.office import schema as tables
from host_sim.office.people import CLERK, REVIEWER, Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import refund
from host_sim.office.schema_more import api_key, webhook

INIT, GOING, SUCCESS, FAIL, TIMEOUT = STATES = ("INIT", "PROCESSING", "SUCCESS", "FAIL", "TIMEOUT")
_STATE = {
    **dict.fromkeys(tables.WAITING, INIT),
    **dict.fromkeys((tables.APPROVED, tables.PROCESSING, tables.DISPUTED), GOING),
    tables.PAID: SUCCESS,
    **dict.fromkeys((tables.FAILED, tables.REJECTED, tables.CANCELLED), FAIL),
}
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,27}")


def make_key(
    connection: Connection, actor: Actor, name: str, merchant_id: str, may_review: bool,
    now: datetime,
) -> str:  # fmt: skip
    """A new key for a merchant's program, which nobody can read again. Raises Refused."""
    if not _NAME.fullmatch(name):
        raise Refused("WRONG_VALUE", "a key's name is 2 to 28 of a-z, 0-9, '.', '_' and '-'")
    _merchant(connection, merchant_id)
    if connection.execute(select(api_key.c.name).where(api_key.c.name == name)).first():
        raise Refused("DUPLICATE", f"there is a key {name} already")
    key = "tuidan_" + secrets.token_urlsafe(32)
    row = {"name": name, "digest": _digest(key), "merchant_id": merchant_id,
           "may_review": int(may_review), "made_at": now}  # fmt: skip
    connection.execute(insert(api_key).values(row))
    told = {"merchant_id": merchant_id, "may_review": may_review}
    audit.append(connection, actor, "API key made", f"api key {name}", now, new=told)
    return key


def end_key(connection: Connection, actor: Actor, name: str, now: datetime) -> None:
    """The key is good no more. Refused NOT_FOUND."""
    good = (api_key.c.name == name) & api_key.c.ended_at.is_(None)
    if connection.execute(update(api_key).where(good).values(ended_at=now)).rowcount != 1:
        raise Refused("NOT_FOUND", f"key {name}")
    audit.append(connection, actor, "API key ended", f"api key {name}", now)


def let_in(connection: Connection, key: str, source: str) -> Actor:
    """Who brings this key. Refused KEY_WRONG."""
    found = connection.execute(
        select(api_key).where(api_key.c.digest == _digest(key), api_key.c.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        raise Refused("KEY_WRONG")
    role = REVIEWER if found.may_review else CLERK
    return Actor(f"api {found.name}", role, source, found.merchant_id)


def add_webhook(
    connection: Connection, actor: Actor, merchant_id: str, url: str, now: datetime
) -> str:
    """Tell a merchant's program at `url` of every change -> the secret that signs it."""
    if not _is_address(url):
        raise Refused("WRONG_VALUE", f"{url!r} is no http or https address")
    _merchant(connection, merchant_id)
    secret = secrets.token_hex(32)
    same = (webhook.c.merchant_id == merchant_id) & (webhook.c.url == url)
    fresh = {"secret": secret, "made_at": now, "ended_at": None}
    if connection.execute(update(webhook).where(same).values(fresh)).rowcount == 0:
        connection.execute(insert(webhook).values(merchant_id=merchant_id, url=url, **fresh))
    audit.append(connection, actor, "webhook set", f"merchant {merchant_id}", now, new={"url": url})
    return secret


def end_webhook(connection: Connection, actor: Actor, merchant_id: str, url: str, now: datetime):
    """Nothing is told there any more. Refused NOT_FOUND."""
    same = (webhook.c.merchant_id == merchant_id) & (webhook.c.url == url)
    good = same & webhook.c.ended_at.is_(None)
    if connection.execute(update(webhook).where(good).values(ended_at=now)).rowcount != 1:
        raise Refused("NOT_FOUND", "webhook")
    audit.append(connection, actor, "webhook ended", f"merchant {merchant_id}", now,
                 {"url": url})  # fmt: skip


def keys(connection: Connection) -> Sequence[Row]:
    """(name, merchant_id, may_review, made_at, ended_at) of all."""
    columns = [column for column in api_key.c if column.name != "digest"]
    return connection.execute(select(*columns).order_by(api_key.c.name)).all()


def find(connection: Connection, actor: Actor, out_trade_no: str) -> Row:
    """His merchant's refund of that number, as life.find has it. Refused REFUND_UNKNOWN."""
    number = connection.execute(
        select(refund.c.id).where(
            refund.c.merchant_id == actor.merchant_id, refund.c.out_trade_no == out_trade_no
        )
    ).scalar_one_or_none()
    return life.find(connection, 0 if number is None else number, actor)


def told(found: Row, today: date, state: str | None = None) -> dict:
    """A refund as an integrator is told of it; `state`: the one that it had, for a notice."""
    return {
        "merchant_no": found.merchant_id,
        "term_no": found.terminal_id,
        "out_trade_no": found.out_trade_no,
        "trade_no": found.rrn,
        "refund_amount": found.amount_fen,
        "refund_reason": found.reason,
        "refund_state": state_of(state or found.state, found.expected_on, today),
        "state_detail": state or found.state,
        "fail_reason": found.failure or (found.note if found.state == tables.REJECTED else None),
        "origin_out_trade_no": found.order_no,
        "origin_trade_no": found.sale_rrn,
        "expected_date": found.expected_on and found.expected_on.isoformat(),
        "apply_time": found.applied_at.isoformat(" ", "seconds"),
        "paid_time": found.paid_at and found.paid_at.isoformat(" ", "seconds"),
    }


def state_of(state: str, expected_on: date | None, today: date) -> str:
    """One of STATES; TIMEOUT: on its way, and later than was expected."""
    mapped = _STATE[state]
    late = expected_on is not None and today > expected_on
    return TIMEOUT if mapped == GOING and late else mapped


def _is_address(url):
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = len(url) <= 200 and url.isascii() and url.isprintable() and " " not in url
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def _merchant(connection, merchant_id):
    known = select(books.merchant.c.merchant_id).where(books.merchant.c.merchant_id == merchant_id)
    if connection.execute(known).first() is None:
        raise Refused("NOT_FOUND", f"merchant {merchant_id}")


def _digest(key):
    return hashlib.sha256(key.encode()).hexdigest()
