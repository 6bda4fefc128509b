"""Who may come into the back office: accounts, passwords, sessions.

A password is kept as its argon2id digest, a session as the SHA-256 of its token. Nobody learns
whether a name exists: a wrong name and a wrong password cost the same time, tries and answer.
`now` is the real time: a shop's simulated clock must not end, or keep, a session.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from host_sim.acquirer.schema import merchant, metadata
from host_sim.office import knocks

CLERK, REVIEWER, ADMINISTRATOR = "clerk", "reviewer", "administrator"
ROLES = (CLERK, REVIEWER, ADMINISTRATOR)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN = timedelta(minutes=1)  # a session's last use is written that often at most
BY_NAME = knocks.Limit("name", 5, timedelta(minutes=15))
BY_ADDRESS = knocks.Limit("address", 40, timedelta(minutes=15))
LOCKED = knocks.Limit("locked", 1, timedelta(minutes=15))  # noted, of a name and an address
LEAST, MOST = 10, 128  # characters of a password
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")

person = Table(
    "office_person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("role", String(13), nullable=False),
    Column("digest", String(200), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("made_at", DateTime, nullable=False),
    Column("merchant_id", ForeignKey("merchant.merchant_id")),  # None: the acquirer's, sees all
    Column("set_by", String(32)),  # who chose his password for him; None: he himself
    CheckConstraint("role in ('clerk', 'reviewer', 'administrator')"),
)
session = Table(
    "office_session",
    metadata,
    Column("token", LargeBinary(32), primary_key=True),  # its SHA-256
    Column("person_id", ForeignKey("office_person.id"), nullable=False),
    Column("csrf", String(43), nullable=False),
    Column("began_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
)
Index("office_session_person", session.c.person_id)


class Refused(Exception):
    """An account or password that cannot be; `reason` is the name of a text."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Visitor(NamedTuple):
    """Who asks, as a session knows him."""

    person_id: int
    name: str
    role: str
    csrf: str
    merchant_id: str | None
    set_by: str | None = None


class Door:
    """Log-in and log-out. Each step is a transaction of its own: none is open while a digest is
    worked out, which takes its time on purpose."""

    def __init__(self, engine: Engine, hasher: PasswordHasher | None = None):
        self._engine = engine
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def enter(
        self, name: str, password: str, address: str, now: datetime, old: str | None = None
    ) -> tuple[str | None, str]:
        """(a new session's token, "") or (None, "wrong" or "too_many"). `old`: the token that the
        browser came with; it is good no more."""
        name = name.strip().lower()[:32]
        if not self.admits(name, address, now):
            return None, "too_many"
        with self._engine.begin() as connection:
            found = connection.execute(select(person).where(person.c.name == name)).one_or_none()
        right = self.is_right(found.digest if found else self._nobody, password)
        if not right or found is None or not found.active:
            return None, "wrong"
        with self._engine.begin() as connection:
            if find(connection, found.id) != found:  # changed or closed while we worked it out
                return None, "wrong"
            knocks.forgive(connection, BY_NAME, name)
            knocks.forgive(connection, BY_ADDRESS, address, one=True)
            if self._hasher.check_needs_rehash(found.digest):
                _change(connection, found.id, digest=self._hasher.hash(password))
            if old is not None:
                leave(connection, old)
            connection.execute(delete(session).where(session.c.began_at <= now - LONGEST))
            return begin(connection, found.id, now), ""

    def admits(self, name: str, address: str, now: datetime) -> bool:
        """Count one more try at a password; whether it may be looked at."""
        with self._engine.begin() as connection:
            by_name = knocks.admits(connection, BY_NAME, name, now)
            return knocks.admits(connection, BY_ADDRESS, address, now) and by_name

    def is_right(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password[: MOST + 1])
        except (VerificationError, InvalidHashError):
            return False

    def digest(self, name: str, password: str) -> str:
        """What is kept of a password. Raises Refused for one that is easily guessed."""
        if not LEAST <= len(password) <= MOST:
            raise Refused("password_length")
        if name and name in password.lower() or len(set(password)) < 5:
            raise Refused("password_weak")
        return self._hasher.hash(password)


def begin(connection: Connection, person_id: int, now: datetime) -> str:
    """The token of a new session."""
    token = secrets.token_urlsafe(32)
    values = {"token": _kept(token), "person_id": person_id, "csrf": secrets.token_urlsafe(32)}
    connection.execute(insert(session), values | {"began_at": now, "seen_at": now})
    return token


def leave(connection: Connection, token: str) -> None:
    connection.execute(delete(session).where(session.c.token == _kept(token)))


_OF_PERSON = [person.c[name] for name in ("name", "role", "active", "merchant_id", "set_by")]
_VISITOR = select(session, *_OF_PERSON).join(person)


def visitor(connection: Connection, token: str, now: datetime) -> Visitor | None:
    """Who a token stands for; None for one that is unknown, too old, or was not used for long."""
    found = connection.execute(_VISITOR.where(session.c.token == _kept(token))).one_or_none()
    if found is None or not found.active:
        return None
    if now - found.began_at >= LONGEST or now - found.seen_at >= IDLE:
        leave(connection, token)
        return None
    if now - found.seen_at >= SEEN:
        change = update(session).where(session.c.token == found.token)
        connection.execute(change.values(seen_at=now))
    return Visitor(found.person_id, found.name, found.role, found.csrf, found.merchant_id,
                   found.set_by)  # fmt: skip


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def everybody(connection: Connection) -> list[Row]:
    return list(connection.execute(select(person).order_by(person.c.name)))


def find(connection: Connection, person_id: int) -> Row | None:
    return connection.execute(select(person).where(person.c.id == person_id)).one_or_none()


def add(
    connection: Connection, name: str, role: str, digest: str, now: datetime,
    merchant_id: str | None = None, set_by: str | None = None,
) -> int:  # fmt: skip
    """A new account, of a merchant's or (None) the acquirer's. `set_by`: who chose the password,
    None for the owner himself. Raises Refused for a name that is none or is taken, no role, no
    merchant."""
    if not _NAME.fullmatch(name):
        raise Refused("name_form")
    _must_fit(connection, role, merchant_id)
    if connection.execute(select(person.c.id).where(person.c.name == name)).first():
        raise Refused("name_taken")
    values = {"name": name, "role": role, "digest": digest, "active": True, "made_at": now,
              "merchant_id": merchant_id, "set_by": set_by}  # fmt: skip
    return connection.execute(insert(person).returning(person.c.id), values).scalar_one()


def set_role(
    connection: Connection, person_id: int, role: str, merchant_id: str | None = None
) -> None:
    """Another role, or another merchant's; whoever is logged in logs in again."""
    _must_fit(connection, role, merchant_id)
    _keep_an_administrator(connection, person_id, role == ADMINISTRATOR)
    _change(connection, person_id, role=role, merchant_id=merchant_id)
    end_sessions(connection, person_id)


def set_active(connection: Connection, person_id: int, active: bool) -> None:
    _keep_an_administrator(connection, person_id, active)
    _change(connection, person_id, active=active)
    end_sessions(connection, person_id)


def set_password(
    connection: Connection, found: Row, digest: str, set_by: str | None = None
) -> None:
    """Another password, chosen by somebody else or (None) the owner; every session and every wrong
    try under the old one is over."""
    _change(connection, found.id, digest=digest, set_by=set_by)
    knocks.forgive(connection, BY_NAME, found.name)
    end_sessions(connection, found.id)


def end_sessions(connection: Connection, person_id: int) -> None:
    connection.execute(delete(session).where(session.c.person_id == person_id))


def _must_fit(connection, role, merchant_id):
    if role not in ROLES:
        raise Refused("no_role")
    if merchant_id is None:
        return
    if role == ADMINISTRATOR:
        raise Refused("administrator_of_all")
    known = select(merchant.c.merchant_id).where(merchant.c.merchant_id == merchant_id)
    if connection.execute(known).first() is None:
        raise Refused("no_merchant")


def _keep_an_administrator(connection, person_id, stays):
    others = select(func.count()).where(
        person.c.role == ADMINISTRATOR, person.c.active, person.c.id != person_id
    )
    if not stays and connection.execute(others).scalar_one() == 0:
        raise Refused("last_administrator")


def _change(connection, person_id, **values):
    connection.execute(update(person).where(person.c.id == person_id).values(**values))


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
