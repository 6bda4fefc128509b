"""The trail is kept as written, and whoever changes it all the same is found out, row and all."""

import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from host_sim.office import audit, corrections, review
from host_sim.office.schema import correction, step
from host_sim.office.schema_more import trail
from tests.host_sim.office.desk import ANNA, BOB
from tools.cli import main


@pytest.fixture
def written(desk):
    """A desk with a trail, and its file."""
    number = desk.apply(contact="13812345678").id
    desk.do(corrections.correct, ANNA, number, "contact", "13912345678", "a slip")
    desk.do(review.approve, BOB, number, "ok")
    desk.days(3)
    return desk


def ledger(desk):
    return desk.host.engine.url.database


def tamper(desk, *statements):
    """As somebody with the file would, triggers and all."""
    with closing(sqlite3.connect(ledger(desk))) as file:
        for name in ("trail_no_update", "trail_no_delete"):
            file.execute(f"drop trigger if exists {name}")
        for statement in statements:
            file.execute(statement)
        file.commit()


def verified(desk, capsys, *words):
    code = main(["audit", "verify", "--json", "--ledger", ledger(desk), *words])
    return code, json.loads(capsys.readouterr().out)


def test_trail_tells_who_when_what_from_where_old_and_new(written):
    rows = written.look(audit.page)
    told = {row.event: row for row in rows}
    assert told["refund approved"].who == "bob" and told["refund approved"].source == "127.0.0.2"
    assert json.loads(told["refund approved"].old)["state"] == "applied"
    assert json.loads(told["refund corrected"].new)["contact"] == "139****5678"
    assert "13912345678" not in repr(rows) and "13812345678" not in repr(rows)


def test_trail_as_it_was_written_is_good(written, capsys):
    code, told = verified(written, capsys)
    assert code == 0 and told["good"] and told["rows"] > 5


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("update trail set who = 'eve' where id = 3", 3),
        ("update trail set new = '{}' where id = 2", 2),
        ("update trail set at = '2020-01-01 00:00:00.000000' where id = 4", 4),
        ("delete from trail where id = 2", 2),
        ("delete from trail where id = (select max(id) from trail)", "last"),
        ("insert into trail select 1 + (select max(id) from trail), at, who, source, event, "
         "subject, old, new, hash from trail where id = 1", "more"),
        ("update trail set id = case id when 2 then -1 else id end where id = 2", 1),
        ("update trail_head set hash = '0'", "more"),
    ],
)  # fmt: skip
def test_first_row_that_was_tampered_with_is_named(written, capsys, change, row):
    rows = verified(written, capsys)[1]["rows"]
    tamper(written, change)
    code, told = verified(written, capsys)
    expected = {"last": rows, "more": rows + 1}.get(row, row)
    assert (code, told["good"], told["row"]) == (1, False, expected)


def test_chain_that_was_written_anew_is_found_by_a_hash_noted_before(written, capsys):
    noted = verified(written, capsys)[1]["hash"]
    assert verified(written, capsys, "--noted", noted)[0] == 0
    rows = written.look(lambda c: c.execute(select(trail).order_by(trail.c.id)).all())
    before, forged = audit.FIRST, []
    for row in rows:
        values = row._asdict() | {"who": "eve"}
        before = values["hash"] = audit.chained(values, before)
        forged.append(f"update trail set who = 'eve', hash = '{before}' where id = {row.id}")
    tamper(written, *forged, f"update trail_head set hash = '{before}'")
    assert verified(written, capsys)[0] == 0
    assert verified(written, capsys, "--noted", noted)[0] == 1


@pytest.mark.parametrize("table", [trail, step, correction])
def test_database_keeps_what_was_written(written, table):
    for statement in (update(table).values(who="eve"), delete(table)):
        with pytest.raises(IntegrityError), written.store.writing() as connection:
            connection.execute(statement)


def test_verification_only_reads(written, capsys):
    before = written.host.ask(text("select count(*) from trail"))
    verified(written, capsys)
    assert written.host.ask(text("select count(*) from trail")) == before


def test_ledger_that_is_not_there_is_not_made(tmp_path, capsys):
    assert main(["audit", "verify", "--ledger", str(tmp_path / "no.db")]) == 1
    assert not list(tmp_path.iterdir())
