"""Which version of its tables a ledger has: made anew, brought up from an older one, or refused.

Whatever happens is one transaction, so a ledger is of one version or of the other. At today's it
costs one look at a number. migrations/README.md tells how a version is made.
"""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Inspector,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")  # oldest first
TODAY = VERSIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"

# As Alembic has it.
number = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class OtherVersion(SQLAlchemyError):
    """The ledger is of a version that this program cannot go on with; nothing was changed."""


def of(connection: Connection) -> str | None:
    """The version of a ledger; None where there are no tables at all. One from before there were
    numbers is known by its tables. Raises OtherVersion for a newer one, and for no ledger."""
    seen = inspect(connection)
    tables = set(seen.get_table_names())
    if number.name in tables:
        found = connection.execute(select(number.c.version_num)).scalars().all()
        if len(found) != 1 or found[0] not in VERSIONS:
            raise OtherVersion(
                f"the ledger is of version {', '.join(found) or 'none'}, which this program does "
                f"not know (it knows {VERSIONS[0]} to {TODAY}); a newer Tuidan made it, use that"
            )
        return found[0]
    if not tables:
        return None
    if not {"txn", "posting", "sold_order", "rrn_counter"} <= tables:
        raise OtherVersion("it has tables, but not a ledger's")
    return _unnumbered(seen, tables)


def _unnumbered(seen, tables):
    if "reason" not in {column["name"] for column in seen.get_columns("txn")}:
        return "0001"
    if "trail_head" in tables and "office_draft" not in tables:
        return "0004"
    return "0005"


def bring_up(engine: Engine, metadata: MetaData, own: Iterable[Table]) -> str | None:
    """Make the tables of a new ledger (`own` of the metadata), or bring an older one to today's
    version -> the version that it had. Raises OtherVersion."""
    with engine.begin() as connection:
        found = of(connection)
        if found is None:
            metadata.create_all(connection, tuple(own), checkfirst=False)
            number.create(connection)
            connection.execute(insert(number).values(version_num=TODAY))
        elif found != TODAY or not inspect(connection).has_table(number.name):
            migrate(connection, found)
            _must_have_all(connection, metadata, own)
    return found


def migrate(connection: Connection, found: str | None, to: str = TODAY) -> None:
    """Every revision that is newer than `found` (None: there is nothing yet), up to `to`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if not inspect(connection).has_table(number.name):
        number.create(connection)
        if found is not None:
            connection.execute(insert(number).values(version_num=found))
    command.upgrade(config, to)


def _must_have_all(connection, metadata, own):
    """A ledger without a number may have been something between two versions."""
    seen: Inspector = inspect(connection)
    there = set(seen.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there and table in own:
            raise OtherVersion(f"the ledger is of no version that there was: it has no {table}")
        if table.name in there:
            columns = {column["name"] for column in seen.get_columns(table.name)}
            for column in table.c:
                if column.name not in columns:
                    raise OtherVersion(
                        f"the ledger is of no version that there was: it has no {column}"
                    )


_TRIGGERS = {
    "sqlite": "select name, tbl_name, null from sqlite_master where type = 'trigger'",
    "postgresql": """select t.tgname, c.relname, p.proname from pg_trigger t
      join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
      where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace""",
}


def take_triggers_down(connection: Connection) -> None:
    """All triggers of a ledger, with their functions, go."""
    for name, table, function in connection.execute(text(_TRIGGERS[connection.dialect.name])).all():
        if function is None:
            connection.execute(text(f'drop trigger "{name}"'))
        else:
            connection.execute(text(f'drop trigger "{name}" on "{table}"'))
            connection.execute(text(f'drop function "{function}"()'))
