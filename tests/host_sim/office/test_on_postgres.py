"""The back office's rules in PostgreSQL as in SQLite, and what only many connections show.

A real server runs for it (tools/postgres.py); each test has a database of its own there.
"""

import io
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.exc import IntegrityError

from host_sim.acquirer import samples, schema, versions
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.office import audit, clearing, refunds, review, store
from host_sim.office.refusals import Refused
from host_sim.office.schema import refund
from host_sim.office.store import Store
from host_sim.play.shop import books_wrong
from tests.host_sim.acquirer.till import NOON, Host
from tests.host_sim.office import test_api, test_life
from tests.host_sim.office.desk import ANNA, BOB, CARL, ORDER, ROOT, Desk
from tests.host_sim.office.test_api import caller  # noqa: F401
from tests.host_sim.office.test_audit import (  # noqa: F401 - run here too
    test_database_keeps_what_was_written,
    test_trail_tells_who_when_what_from_where_old_and_new,
    written,
)
from tests.postgres import postgres  # noqa: F401
from tools.cli import main

# Of the API what a database might see otherwise.
OF_THE_API = ("from_application_to_success", "same_number", "sent_twice", "rolled_back", "origin")

for _module, _words in ((test_life, ("test_",)), (test_api, OF_THE_API)):
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and any(word in _name for word in _words):
            globals()[_name] = _test


@pytest.fixture
def desk(postgres):  # noqa: F811
    address = postgres.samples(office=True)
    desk = Desk(host=Host(address, filled=True))
    yield desk
    desk.close()
    postgres.drop(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path):
    """A desk in a SQLite file, and one in PostgreSQL."""
    if request.param == "postgresql":
        yield request.getfixturevalue("desk")
        return
    desk = Desk(str(tmp_path / "ledger.db"))
    yield desk
    desk.close()


ROOT_FOLDER = Path(__file__).parents[3]


def address(desk):
    url = desk.host.engine.url
    return url.database if url.drivername == "sqlite" else url.render_as_string(False)


def at_once(desk, *deeds):
    """What came of deeds (deed, actor, words...) that begin at the same instant, each on a
    connection of its own: "done", or the code of the refusal."""
    together = Barrier(len(deeds))

    def one(deed, actor, *words):
        engine = schema.engine_of(address(desk))
        try:
            engine.connect().close()
            together.wait(10)
            with engine.begin() as connection:
                deed(connection, actor, *words, now=desk.now)
            return "done"
        except Refused as refusal:
            return refusal.code
        finally:
            engine.dispose()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(lambda told: one(*told), deeds))


def good(desk):
    assert books_wrong(desk.host.engine) == []
    desk.look(audit.verify)


def test_two_reviewers_at_the_same_instant_post_one_credit(either):
    number = either.apply().id
    told = at_once(either, *((review.approve, one, number, "ok") for one in (BOB, CARL)))
    assert told == ["NOT_NOW", "done"] and either.back_fen() == 1000
    good(either)


def test_approval_and_rejection_at_the_same_instant_are_one_decision(either):
    number = either.apply().id
    told = at_once(either, (review.approve, BOB, number, "ok"), (review.reject, CARL, number, "no"))
    assert told == ["NOT_NOW", "done"]
    assert either.back_fen() == (1000 if either.find(number).state == "approved" else 0)
    good(either)


def test_one_form_handed_in_four_times_at_the_same_instant_is_one_refund(either):
    asked = refunds.Application(ORDER, 1000, "01", key="form 1")
    assert at_once(either, *[(refunds.apply, ANNA, asked)] * 4) == ["done"] * 4
    assert len([row for row in either.refunds() if row.channel == "office"]) == 1
    good(either)


def test_applications_at_the_same_instant_never_ask_for_more_than_the_order(either):
    asked = [refunds.Application(ORDER, 30_000, "01", key=f"form {n}") for n in range(2)]
    told = at_once(either, *((refunds.apply, ANNA, one) for one in asked))
    assert told == ["AMOUNT_ABOVE_ORDER", "done"]
    assert either.host.order(ORDER).held_fen == 30_000


_PAID = text("select id from payout where state = 'paid' and refund_id = :refund_id")


def test_retry_at_the_same_instant_pays_once(either):
    number = either.approved(1081).id  # whose first attempt fails
    either.days(3)
    assert either.find(number).state == "failed"
    told = at_once(either, *((clearing.retry, one, number) for one in (BOB, CARL)))
    assert told == ["NOT_NOW", "done"]
    either.days(3)
    assert either.find(number).state == "paid"
    with either.store.reading() as connection:
        paid = connection.execute(_PAID, {"refund_id": number}).all()
    assert len(paid) == 1


def test_crash_at_any_point_of_an_approval_leaves_all_or_nothing(either):
    points = CrashPoints(either.host.engine)
    for point in range(100):
        number, before = either.apply(10, key=f"form {point}").id, either.back_fen()
        either.store.engine = points
        points.at(point)
        try:
            either.do(review.approve, BOB, number, "ok")
        except HostCrash:
            died = True
        else:
            died = False
        points.disarm()
        either.store.engine = either.host.engine
        came = either.back_fen() - before
        assert (either.find(number).state, came) in (("applied", 0), ("approved", 10))
        assert came == 10 or died
        either.do(review.approve, BOB, number, "ok")
        assert either.back_fen() == before + 10
        if not died:
            break
    assert 5 < point < 99
    good(either)


def test_program_that_is_killed_between_approval_and_posting_has_done_neither(either):
    number = either.apply().id
    killed = subprocess.run([sys.executable, "-c", f"""
import os, signal
from sqlalchemy import event
from host_sim.acquirer import schema
from host_sim.office import review
from tests.host_sim.office.desk import BOB, NOON
engine = schema.engine_of({address(either)!r})
@event.listens_for(engine, "before_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.lower().startswith("insert into posting"):
        os.kill(os.getpid(), signal.SIGKILL)
with engine.begin() as connection:
    review.approve(connection, BOB, {number}, "ok", NOON)
"""], cwd=ROOT_FOLDER)  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert either.find(number).state == "applied" and either.back_fen() == 0
    assert at_once(either, (review.approve, CARL, number, "ok")) == ["done"]
    assert either.back_fen() == 1000
    good(either)


def test_database_itself_wants_another_person(either):
    """Whatever the rules say: no posting without a reviewer, who is another, and stays."""
    found = either.apply()
    engine = either.host.engine
    entry = {"txn_id": found.txn_id, "order_no": ORDER, "kind": "refund", "amount_fen": 1000,
             "debit": f"merchant:{found.merchant_id}", "credit": f"customer:{ORDER}",
             "posted_at": NOON}  # fmt: skip
    of_it = update(refund).where(refund.c.id == found.id)
    for forbidden in (
        insert(schema.posting).values(entry),
        of_it.values(reviewer=ANNA.name),
        of_it.values(applicant=BOB.name),
        of_it.values(amount_fen=1),
    ):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(forbidden)
    either.do(review.approve, BOB, found.id, "ok")
    for forbidden in (
        of_it.values(reviewer=CARL.name),
        of_it.values(reviewer=None),
        insert(schema.posting).values(entry),
    ):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(forbidden)
    assert either.back_fen() == 1000


def test_reader_sees_one_moment_and_holds_up_no_writer(either):
    number = either.apply().id
    with either.store.reading() as connection:
        count = text("select count(*) from refund where state = 'approved' and channel = 'office'")
        assert connection.execute(count).scalar_one() == 0
        either.do(review.approve, BOB, number, "ok")
        assert connection.execute(count).scalar_one() == 0
    with either.store.reading() as connection:
        assert connection.execute(count).scalar_one() == 1


def test_commands_take_a_ledger_by_its_address(desk, monkeypatch, capsys):
    desk.approved()
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse 7\n"))
    shop = ("--merchant", samples.TEST_SHOP)
    for words, told in (
        (["ledger", "check"], f"version {versions.TODAY}"),
        (["office", "add-admin", "--name", "chen"], "chen may log in"),
        (["merchant", "balance", *shop], "99990.00"),
        (["integrator", "add-key", "--name", "till-sync", *shop], "tuidan_"),
        (["audit", "verify"], "all as they were written"),
    ):
        assert main([*words, "--ledger", address(desk)]) == 0, capsys.readouterr().err
        assert told in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_back_office_that_four_open_at_once_is_made_once(kind, tmp_path, request, monkeypatch):
    server = request.getfixturevalue("postgres") if kind == "postgresql" else None
    where = str(tmp_path / "ledger.db") if server is None else server.new()
    Host(where).engine.dispose()
    together, is_there = Barrier(4), store._is_there

    def all_have_seen(where):
        found = is_there(where)
        if isinstance(where, Engine):  # before the lock
            together.wait(10)
        return found

    monkeypatch.setattr(store, "_is_there", all_have_seen)

    def open_store(_):
        engine = schema.open_engine(where)
        Store(engine).close()
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_store, range(4)))
    engine = schema.open_engine(where)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from trail_head")).scalar_one() == 1
        assert connection.execute(text("select count(*) from refund")).scalar_one() == 2
    engine.dispose()
    if server is not None:
        server.drop(where)


def test_store_opens_what_is_there_again(either):
    number = either.approved().id
    again = Store(schema.open_engine(address(either)))
    with again.writing() as connection:
        clearing.advance(connection, ROOT, 3, either.now)
    assert either.find(number).state == "paid"
    again.close()
    again.engine.dispose()
