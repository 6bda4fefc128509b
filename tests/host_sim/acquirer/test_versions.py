"""A ledger's version: an older one is brought up, all or nothing; a newer one is left alone.

before_the_office.sql was made by the program of then: the samples, and a till's refunds.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text

from host_sim.acquirer import samples, schema, versions
from host_sim.acquirer.server import Acquirer
from host_sim.office import audit, records, review
from host_sim.office.store import Store, prepare
from host_sim.play.shop import books_wrong
from protocol import tlv
from tests.host_sim.acquirer.till import TODAY, Host, Till, code
from tests.host_sim.office.desk import BOB, Desk
from tests.postgres import postgres  # noqa: F401
from tools.cli import main

# Of indices on expressions SQLAlchemy tells nothing: their text is compared.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")

BEFORE = Path(__file__).with_name("before_the_office.sql").read_text()


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as made:
        made.executescript(BEFORE)
    made.close()
    return str(path)


@pytest.fixture
def address(postgres):  # noqa: F811
    address = postgres.new()
    yield address
    postgres.drop(address)


def rows(path):
    """{table: its rows as dicts} of a SQLite file, by nobody's but SQLite's own reading."""
    with sqlite3.connect(path) as books:
        books.row_factory = sqlite3.Row
        names = [row[0] for row in books.execute(
            "select name from sqlite_master where type = 'table' order by name")]  # fmt: skip
        told = {name: [dict(row) for row in books.execute(f"select * from {name}")]
                for name in names}  # fmt: skip
        told["sqlite_master"] = sorted(map(tuple, books.execute("select * from sqlite_master")))
    books.close()
    return told


_SQLITE = "select type, name, sql from sqlite_master where type <> 'table' and sql is not null"
_POSTGRES = """
  select 'index', indexname, indexdef from pg_indexes where schemaname = current_schema()
  union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select 'function', proname, prosrc from pg_proc
    where pronamespace = current_schema()::regnamespace
  union all select 'constraint', conrelid::regclass::text, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = current_schema()::regnamespace
  union all select 'column', table_name || '.' || column_name, data_type || ' '
      || coalesce(character_maximum_length, 0) || is_nullable || coalesce(column_default, '')
    from information_schema.columns where table_schema = current_schema()"""


def shape(engine):
    """All that the database knows of the ledger's tables, but not how the columns are sorted."""
    with engine.connect() as connection:
        told = {(row[0], row[1], row[2].casefold()) for row in connection.execute(text(
            _SQLITE if engine.dialect.name == "sqlite" else _POSTGRES))}  # fmt: skip
        seen = inspect(connection)
        for table in seen.get_table_names() if engine.dialect.name == "sqlite" else ():
            told |= {(table, column["name"], str(column["type"]), column["nullable"],
                      column["default"], column["primary_key"])
                     for column in seen.get_columns(table)}  # fmt: skip
            told |= {(table, check["sqltext"]) for check in seen.get_check_constraints(table)}
            told |= {(table, *key["constrained_columns"], key["referred_table"])
                     for key in seen.get_foreign_keys(table)}  # fmt: skip
            told |= {(table, "unique", *key["column_names"])
                     for key in seen.get_unique_constraints(table)}  # fmt: skip
    return told


def added_up(path, to=versions.TODAY):
    """An empty database with every revision run, one after the other, up to that one."""
    engine = schema.engine_of(path)
    with engine.begin() as connection:
        versions.migrate(connection, None, to)
    return engine


def test_tables_that_are_made_directly_are_those_that_the_versions_add_up_to(old):
    direct, added, brought = schema.open_engine(), added_up(None), schema.open_engine(old)
    assert shape(added) == shape(prepare(direct)) == shape(prepare(brought))
    assert len(shape(direct)) > 300
    brought.dispose()


def test_the_same_in_postgresql(postgres, address):  # noqa: F811
    other = postgres.new()
    engines = prepare(schema.open_engine(address)), added_up(other)
    shapes = [shape(engine) for engine in engines]
    assert shapes[0] == shapes[1] and len(shapes[0]) > 300
    for engine in engines:
        engine.dispose()
    postgres.drop(other)


def test_revisions_are_those_that_the_program_knows():
    config = Config()
    config.set_main_option("script_location", str(versions.MIGRATIONS))
    there = ScriptDirectory.from_config(config).walk_revisions("base", "head")
    assert tuple(one.revision for one in there) == versions.VERSIONS[::-1]


def test_ledger_from_before_the_back_office_goes_on_with_every_refund(old):
    before = rows(old)
    host = Host(old, filled=True)
    host.engine.dispose()
    after = rows(old)
    for table in schema.TABLES:  # not a row of the books, keys, settlements and audit is another
        new = {"reason": None} if table.name == "txn" else {}
        assert after[table.name] == [row | new for row in before.get(table.name, [])], table
    till = Till(Acquirer(host.engine, Random(3)))
    till.sign_on()
    assert code(till.refund(host.order("20260004"), 1000, stan=500, mti="0221")) == "00"
    assert host.customer_got_fen("20260004") == 1000 and books_wrong(host.engine) == []
    assert tlv.unpack(till.status(501).fields[62])["DF08"] == "02"
    store = Store(host.engine)
    with store.reading() as connection:
        told = records.page(connection, records.Filter())
        assert [(row.order_no, row.amount_fen, row.state) for row in told][:3] == [
            ("20260011", 700, "applied"), ("20260011", 5000, "applied"),
            ("20260004", 1000, "approved")]  # fmt: skip
        assert audit.verify(connection)[0] == 0
    store.close()
    host.engine.dispose()


def test_what_an_older_ledger_held_for_review_is_decided_after(old):
    desk = Desk(host=Host(old, filled=True))
    till = Till(desk.host.acquirer)
    till.sign_on()
    (held, _) = desk.look(review.queue, BOB)
    desk.do(review.approve, BOB, held.id, "ok")
    assert tlv.unpack(till.status(501).fields[62])["DF08"] == "03"
    assert desk.back_fen("20260011") == 5000
    desk.close()


@pytest.mark.parametrize("version", ["0004", "0005"])
def test_ledger_of_the_back_office_from_before_there_were_numbers_is_known(tmp_path, version):
    path = str(tmp_path / "ledger.db")
    engine = added_up(path, version)
    with engine.begin() as connection:
        samples.load(connection, TODAY)
    engine.dispose()
    with sqlite3.connect(path) as books:
        books.execute("drop table alembic_version")
    books.close()
    before = rows(path)
    engine = prepare(schema.open_engine(path))
    after = rows(path)
    assert after["alembic_version"] == [{"version_num": versions.TODAY}]
    assert {name: after[name] for name in before if name != "sqlite_master"} == {
        name: told for name, told in before.items() if name != "sqlite_master"}  # fmt: skip
    assert len(before["refund"]) == 2 and shape(engine) == shape(prepare(schema.open_engine()))
    engine.dispose()


def test_ledger_of_a_newer_program_is_refused_and_nothing_is_changed(tmp_path, capsys):
    path = str(tmp_path / "ledger.db")
    Desk(path).close()
    with sqlite3.connect(path) as books:
        books.execute("update alembic_version set version_num = '9999'")
    books.close()
    before = Path(path).read_bytes()
    with pytest.raises(versions.OtherVersion, match="9999"):
        schema.open_engine(path)
    for words in (["ledger", "check"], ["ledger", "upgrade"], ["audit", "verify"]):
        assert main([*words, "--ledger", path]) == 1
        told = capsys.readouterr().err
        assert "a newer Tuidan made it" in told and told.count("\n") == 1
    assert Path(path).read_bytes() == before


def test_file_that_is_no_ledger_is_refused(tmp_path):
    path = str(tmp_path / "other.db")
    with sqlite3.connect(path) as other:
        other.execute("create table merchant (id integer)")
    other.close()
    with pytest.raises(versions.OtherVersion, match="not a ledger's"):
        schema.open_engine(path)


def test_ledger_that_was_never_a_version_is_refused_and_stays_as_it_is(old):
    with sqlite3.connect(old) as books:
        books.execute("alter table merchant drop column risk")
    books.close()
    before = rows(old)
    with pytest.raises(versions.OtherVersion, match="merchant.risk"):
        schema.open_engine(old)
    assert rows(old) == before


class Dead(BaseException):
    pass


def dying_at(engine, number):
    """The program dies before its `number`-th statement from now."""
    left = [number]

    def count(*_):
        left[0] -= 1
        if left[0] == 0:
            raise Dead

    event.listen(engine, "before_cursor_execute", count)
    return left


def upgrade(engine):
    versions.bring_up(engine, schema.metadata, schema.TABLES)


def test_upgrade_that_dies_anywhere_has_not_begun(old):
    schema.engine_of(old).connect().close()  # the file's journal mode is set from here on
    before = rows(old)
    number, step = 1, 9
    while True:
        engine = schema.engine_of(old)
        left = dying_at(engine, number)
        try:
            upgrade(engine)
        except Dead:
            engine.dispose()
            assert rows(old) == before, number
            number += step
        else:
            break
    engine.dispose()
    assert number > 6 * step and left[0] > 0
    assert rows(old)["alembic_version"] == [{"version_num": versions.TODAY}]


def test_upgrade_that_is_killed_has_not_begun(old):
    schema.engine_of(old).connect().close()
    before = rows(old)
    killed = subprocess.run([sys.executable, "-c", f"""
import os, signal
from sqlalchemy import event
from host_sim.acquirer import samples, schema, versions
engine = schema.engine_of({old!r})
@event.listens_for(engine, "before_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if "office_person" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
versions.bring_up(engine, schema.metadata, schema.TABLES)
"""])  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert rows(old) == before
    schema.open_engine(old).dispose()
    assert len(rows(old)["txn"]) == len(before["txn"])


def test_upgrade_that_dies_in_postgresql_has_not_begun(address):
    engine = added_up(address, "0004")
    before = shape(engine)
    engine.dispose()
    engine = schema.engine_of(address)
    dying_at(engine, 12)
    with pytest.raises(Dead):
        upgrade(engine)
    engine.dispose()
    plain = create_engine(engine.url)
    assert shape(plain) == before
    plain.dispose()
    engine = schema.engine_of(address)
    upgrade(engine)
    assert inspect(engine).has_table("office_draft")
    engine.dispose()


def test_four_that_open_an_older_ledger_at_once_bring_it_up_once(old):
    def bring_up(engine):
        try:
            return versions.bring_up(engine, schema.metadata, schema.TABLES)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(bring_up, [schema.engine_of(old) for _ in range(4)]))
    assert found == ["0001", *[versions.TODAY] * 3]
    assert rows(old)["alembic_version"] == [{"version_num": versions.TODAY}]


def test_opening_a_new_ledger_or_todays_runs_no_revision(tmp_path, monkeypatch):
    monkeypatch.setattr(versions, "migrate", None)
    path = str(tmp_path / "ledger.db")
    for _ in range(2):
        schema.open_engine(path).dispose()
    schema.open_engine().dispose()


def test_ledger_command_tells_the_version_and_brings_it_up(old, capsys):
    before = rows(old)
    assert main(["ledger", "check", "--ledger", old]) == 1
    assert "version 0001, older than" in capsys.readouterr().out
    assert rows(old) == before
    assert main(["ledger", "upgrade", "--ledger", old]) == 0
    assert f"version {versions.TODAY}; it was 0001" in capsys.readouterr().out
    assert main(["ledger", "check", "--ledger", old, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["good"] is True
    assert main(["ledger", "check", "--ledger", old + "x"]) == 1
    assert not os.path.exists(old + "x")
