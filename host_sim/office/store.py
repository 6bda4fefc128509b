"""The ledger as the back office uses it: with its own tables, one writer, and readers beside it.

What is written is one transaction each; a page that only reads waits for nobody and holds up no
terminal.
"""

from contextlib import AbstractContextManager, closing

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select

from host_sim.acquirer import postgres, schema
from host_sim.acquirer import triggers as books
from host_sim.office import accounts, drafts, knocks
from host_sim.office import schema as tables
from host_sim.office import schema_more as more
from host_sim.office import triggers as guards
from host_sim.office.audit import FIRST

OWN = (tables.refund, tables.step, tables.dispute, tables.evidence, tables.payout,
       tables.clearing_day, tables.correction, more.trail, more.trail_head, more.device,
       more.api_key, more.webhook, more.outbox, accounts.person, accounts.session, knocks.knock,
       drafts.draft, drafts.draft_file)  # fmt: skip


MANY = 10_000  # refunds


class Store:
    """`engine`: from acquirer.schema.open_engine; the back office's tables are made where they are
    missing, and the refunds that the ledger has already get their rows."""

    def __init__(self, engine: Engine):
        self.engine = engine
        prepare(engine)
        _sample(engine)
        self._reader = _reader(engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction: all of it or, with an exception, nothing."""
        return self.engine.begin()

    def reading(self) -> AbstractContextManager[Connection]:
        """A look at one moment of the ledger."""
        return self._reader.begin()

    def close(self) -> None:
        """The reader's connections; the engine is its owner's."""
        if self._reader is not self.engine:
            self._reader.dispose()


def prepare(engine: Engine) -> Engine:
    """Make what is missing of the back office's tables in a ledger; the engine again."""
    if _is_there(engine):
        return engine
    with engine.begin() as connection:
        if _is_there(connection):  # another program made it while this one waited
            return engine
        schema.metadata.create_all(connection, OWN, checkfirst=True)
        for statement in tables.ORDER_INDEXES:
            connection.exec_driver_sql(statement)
        _run(connection, guards.TRIGGERS)
        connection.execute(insert(more.trail_head).values(id=1, rows=0, hash=FIRST))
        connection.connection.cursor().execute(guards.adopt(engine.dialect.name, "1 = 1"))
    return engine


def _is_there(where):
    return inspect(where).has_table(more.trail_head.name)


def _sample(engine):
    """With very many refunds SQLite has to know which index tells them apart: it looks at so many
    rows of each. PostgreSQL does so by itself."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        last = connection.execute(select(func.max(tables.refund.c.id))).scalar_one()
    if last is not None and last > MANY:
        with closing(engine.raw_connection()) as raw:
            raw.driver_connection.execute("pragma analysis_limit=1000")
            raw.driver_connection.execute("analyze")


def put_triggers_up(connection: Connection) -> None:
    """The ledger's triggers and, where there is a back office, its own; none may be there."""
    _run(connection, books.TRIGGERS)
    if _is_there(connection):
        _run(connection, guards.TRIGGERS)


def _run(connection, triggers):
    run = connection.connection.cursor().execute  # as it stands: no driver reads a % in it
    for statements in triggers.values():
        for dialect, statement in statements:
            if dialect == connection.dialect.name:
                run(statement)


def _reader(engine):
    if engine.dialect.name == "postgresql":
        return postgres.open_database(engine.url.render_as_string(False), writes=False)
    if engine.url.database is None:
        return engine  # in memory there is one connection
    reader = create_engine(engine.url, hide_parameters=True)

    @event.listens_for(reader, "connect")
    def _set_up(connection, _record):
        connection.isolation_level = None
        connection.execute("pragma query_only=on")

    reader.dialect.do_begin = _begin  # type: ignore[method-assign]
    return reader


def _begin(connection):
    connection.execute("begin")

