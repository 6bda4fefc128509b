"""Past SQLAlchemy's execution a statement does what it does by the library, and says the same."""

from datetime import datetime

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError

from host_sim.acquirer import ledger, samples, schema
from tools.campaign import host, shopfront
from tools.campaign.plan import plan
from tools.campaign.run import Run
from tools.campaign.straight import Straight

SEEDS = range(300, 316)
NOON = datetime(2026, 3, 16, 12)


def by_the_library(engine):
    """What Straight stands for."""
    return engine


def played(seed):
    """The verdict, what each request changed in the books, and all that is in them."""
    run = Run(plan(seed))
    verdict = run.play()
    books = list(shopfront.driver(run.stage.host.engine).iterdump())
    return verdict, [answered[2:] for answered in run.witness.answers], books


@pytest.fixture
def books():
    return Straight(shopfront.open_ledger())


def test_runs_are_the_same_down_to_the_last_row_of_the_ledger(monkeypatch):
    straight = [played(seed) for seed in SEEDS]
    monkeypatch.setattr(host, "Straight", by_the_library)
    for seed, run in zip(SEEDS, straight, strict=True):
        assert run == played(seed), f"seed {seed}"


def test_rows_have_the_types_of_their_columns(books):
    """Dates, truths, bytes, and nothing where nothing is."""
    engine = shopfront.open_ledger()
    sold = ledger.Key(samples.TERMINAL, samples.OPEN_BATCH, 900, "")
    with engine.begin() as connection:
        ledger.note(connection, NOON, samples.TERMINAL, "noted", "by the library")
        ledger.record(connection, sold, kind="sale", state=schema.OPEN, fingerprint="one")

    def looks(connection):
        tables = schema.audit, schema.order, schema.txn, schema.merchant
        return [row for table in tables for row in connection.execute(select(table)).all()]

    with engine.begin() as connection:
        by_library = looks(connection)
    with books.begin() as connection:
        straight = looks(connection)
        assert ledger.find_order(connection, "none", samples.TEST_SHOP) is None
    assert straight == [tuple(row) for row in by_library]
    types = [[type(value) for value in row] for row in straight]
    assert types == [[type(value) for value in row] for row in by_library]
    assert {datetime, bool, bytes, type(None)} <= {one for row in types for one in row}


def test_what_is_refused_names_no_value_and_leaves_nothing_behind(books):
    row = {"name": "customer:secret"}
    with pytest.raises(SQLAlchemyError) as refusal, books.begin() as connection:
        connection.execute(insert(schema.account), row)
        connection.execute(insert(schema.account), row)
    assert "UNIQUE" in str(refusal.value) and "secret" not in str(refusal.value)
    with books.begin() as connection:
        names = connection.execute(select(schema.account.c.name)).scalars()
        assert "customer:secret" not in list(names)


def test_a_begin_within_a_begin_is_refused_as_by_the_library(books):
    with books.begin(), pytest.raises(SQLAlchemyError), books.begin():
        pass
    with books.begin() as connection:  # and the first one was ended
        assert connection.execute(select(schema.order)).all()


def test_words_that_depend_on_values_are_refused(books):
    open_ones = select(schema.txn).where(schema.txn.c.state.in_((1, 2)))
    with pytest.raises(NotImplementedError), books.begin() as connection:
        connection.execute(open_ones)


def test_what_is_missing_is_told(books):
    of_order = select(schema.order).where(schema.order.c.order_no == bindparam("number"))
    with books.begin() as connection:
        with pytest.raises(InvalidRequestError, match="no value for number"):
            connection.execute(of_order)
        with pytest.raises(InvalidRequestError, match="0 rows"):
            connection.execute(of_order, {"number": "none"}).one()


def test_many_rows_at_once(books):
    with books.begin() as connection:
        connection.execute(insert(schema.account), [{"name": "a"}, {"name": "b"}])
        assert {"a", "b"} <= set(connection.execute(select(schema.account.c.name)).scalars())
