"""The ledger that the back office is measured on is one, and every list of it is whole."""

from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from host_sim.acquirer import schema
from host_sim.office import audit, records
from host_sim.office.schema import refund
from host_sim.office.store import Store
from host_sim.play.shop import books_wrong
from host_sim.web.office import values
from tools import bench_office, many_refunds

REFUNDS, ORDERS = 1500, 60


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("many") / "ledger.db")
    many_refunds.make(path, REFUNDS, ORDERS, seed=5)
    return path


@pytest.fixture(scope="module")
def store(path):
    engine = schema.open_engine(path)
    store = Store(engine)
    yield store
    store.close()
    engine.dispose()


def test_books_balance_and_the_chain_holds(store):
    assert books_wrong(store.engine) == []
    with store.reading() as connection:
        assert audit.verify(connection)[0] > REFUNDS / 5
        assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
        states = set(connection.execute(select(refund.c.state)).scalars())
    assert {"applied", "approved", "processing", "paid", "failed", "rejected"} <= states


def test_same_seed_gives_the_same_refunds():
    first, second = (list(many_refunds.Ledger(50, 10, seed=3).of_refunds()) for _ in range(2))
    assert first == second != list(many_refunds.Ledger(50, 10, seed=4).of_refunds())


def fits(row, told):
    """Whether a row is to be listed, by Python alone."""
    return all((
        all(getattr(row, name) == getattr(told, name) for name in records._EQUAL
            if getattr(told, name) is not None),
        told.product is None or row.product.startswith(told.product),
        told.least_fen is None or row.amount_fen >= told.least_fen,
        told.most_fen is None or row.amount_fen <= told.most_fen,
        told.first is None or row.applied_at.date() >= told.first,
        told.last is None or row.applied_at.date() <= told.last,
    ))  # fmt: skip


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name", bench_office.LISTS)
def test_pages_one_after_the_other_are_all_that_fit_newest_first(store, name, many):
    query = dict(bench_office.LISTS[name](Random(name)))
    query.pop("before", None)
    least, most = (query.pop(one, None) for one in ("least", "most"))
    days = {one: date.fromisoformat(str(query.pop(one))) for one in ("first", "last")
            if one in query}  # fmt: skip
    wanted = records.Filter(
        **query, **days, least_fen=values.amount(least or "", "amount"),
        most_fen=values.amount(most or "", "amount"),
    )  # fmt: skip
    with store.reading() as connection:
        all_of = connection.execute(select(refund).order_by(refund.c.id.desc())).all()
        right = [row.id for row in all_of if fits(row, wanted)]
        if days:
            right = [row.id for row in sorted(all_of, key=lambda row: (row.applied_at, row.id),
                                              reverse=True) if fits(row, wanted)]  # fmt: skip
        listed, before = [], None
        while part := records.page(connection, wanted, before, 40, many):
            listed += [row.id for row in part]
            before = listed[-1]
        assert listed == right
        assert records.count(connection, wanted) == len(right)
        assert records.count(connection, wanted, 10) == min(len(right), 11)


def test_office_is_measured(path, monkeypatch, tmp_path):
    for module in (bench_office, many_refunds):
        monkeypatch.setattr(module, "REFUNDS", REFUNDS)
        monkeypatch.setattr(module, "ORDERS", ORDERS)
    monkeypatch.setattr(bench_office, "ASKED", 2)
    told = bench_office.figures(REFUNDS, ORDERS, 2, path)
    assert len(told["ms at the median"]) > 30 and told["exports"]["CSV of all"]["MiB"] > 0
