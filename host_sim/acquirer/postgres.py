"""The ledger in PostgreSQL, under the same rules as in a SQLite file.

Every transaction takes the one writer's lock at its start, as SQLite's `begin immediate` does, so
what it read still holds when it writes; a commit is durable before it returns (synchronous_commit).
"""

from contextlib import suppress
from decimal import Decimal

from pg8000.exceptions import Error
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError

WRITER = 8583  # the number of the advisory lock
_NUMERIC = 1700  # PostgreSQL's type of a sum


def is_url(path: str | None) -> bool:
    """Whether it names a PostgreSQL database, not a file."""
    return path is not None and str(path).startswith(("postgresql:", "postgresql+", "postgres:"))


def open_database(url: str, writes: bool = True) -> Engine:
    """An engine; its transactions write one after the other, or (`writes` false) only read, and
    then wait for nobody."""
    named = make_url(url.replace("postgres:", "postgresql:", 1))
    engine = create_engine(named.set(drivername="postgresql+pg8000"), pool_pre_ping=True,
                           hide_parameters=True)  # fmt: skip

    @event.listens_for(engine, "connect")
    def _set_up(connection, _record):
        connection.register_in_adapter(_NUMERIC, _number)

    @event.listens_for(engine, "handle_error")
    def _name(context):
        """What the database refuses (class 23) is an IntegrityError, as with SQLite; the driver
        says so of a unique key only."""
        if isinstance(context.original_exception, OSError):  # which the driver lets through
            context.is_disconnect = True
            return OperationalError(context.statement, context.parameters,
                                    context.original_exception, hide_parameters=True)  # fmt: skip
        told = context.original_exception.args[:1]
        if not told or not isinstance(told[0], dict):
            return None
        told[0].pop("D", None)  # which has the whole row: a log may get it
        if told[0].get("C", "").startswith("23"):
            return IntegrityError(context.statement, context.parameters,
                                  context.original_exception, hide_parameters=True)  # fmt: skip
        return None

    begin = _begin if writes else _begin_reading
    engine.dialect.do_begin = begin  # type: ignore[assignment]
    engine.dialect.do_close = _close  # type: ignore[assignment]
    return engine


def _close(connection) -> None:
    """Closing what the server has closed already is no fault, though the driver says so."""
    with suppress(Error, OSError):
        connection.close()


def _begin(connection) -> None:
    connection.cursor().execute(f"select pg_advisory_xact_lock({WRITER})")


def _begin_reading(connection) -> None:
    connection.cursor().execute("set transaction isolation level repeatable read, read only")


def _number(text):
    """A sum of fen is whole; an average may not be."""
    number = Decimal(text)
    return int(number) if number == int(number) else float(number)
