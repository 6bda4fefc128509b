"""The acquirer's ledger in PostgreSQL: the same tests as on SQLite, and its own crashes.

A real server runs for them (tools/postgres.py); each test has a database of its own.
"""

from random import Random

import pytest
from sqlalchemy import text

from host_sim.acquirer import ledger, review, samples
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.server import Acquirer
from tests.host_sim.acquirer import test_refund, test_sale, test_settlement, test_void
from tests.host_sim.acquirer.test_ledger import (  # noqa: F401 - run here too
    test_database_refuses_a_refund_above_the_order,
    test_database_refuses_a_second_posting_of_one_transaction,
    test_postings_and_audit_are_never_changed_or_removed,
    test_samples_have_the_balances_they_name,
)
from tests.host_sim.acquirer.test_risk import (  # noqa: F401
    careful,
    test_more_back_than_the_weeks_sales_bear_is_held,
    test_out_of_hours_is_held,
    test_reviewer_decides_what_a_rule_held,
    test_third_refund_of_an_operator_within_the_hour_is_held_and_the_rule_named,
)
from tests.host_sim.acquirer.test_settlement import batch  # noqa: F401
from tests.host_sim.acquirer.till import DATED, NOON, Host, code
from tests.postgres import postgres  # noqa: F401

# Of form and rules, which no database sees; and one that takes a trigger away as SQLite has it.
ELSEWHERE = ("test_amounts", "another_form", "each_rule", "refused_charges", "pin",
             "sales_above_refunds")  # fmt: skip

for _module in (test_refund, test_void, test_settlement, test_sale):
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and not any(word in _name for word in ELSEWHERE):
            globals()[_name] = _test


@pytest.fixture
def address(postgres):  # noqa: F811
    address = postgres.samples(office=False)
    yield address
    postgres.drop(address)


@pytest.fixture
def host(address):
    host = Host(address, filled=True)
    yield host
    host.engine.dispose()


def test_refund_survives_a_crash_at_every_point(host, till):
    points, order, numbers = CrashPoints(host.engine), host.order("20260004"), range(1, 100)
    for number in numbers:
        before = host.customer_got_fen("20260004")
        points.at(number)
        till.acquirer = Acquirer(points, Random(number))
        try:
            till.refund(order, 10, stan=500 + number)
        except HostCrash:
            assert host.customer_got_fen("20260004") in (before, before + 10)
        else:
            break
        till.acquirer = Acquirer(points, Random(-number))
        assert code(till.refund(order, 10, stan=500 + number, mti="0221")) == "00"
        assert host.customer_got_fen("20260004") == before + 10
    assert 5 < number < numbers[-1]


def test_commit_outlives_its_session_and_a_lost_connection_costs_no_more_than_an_answer(
    host, till, postgres  # noqa: F811
):  # fmt: skip
    order = host.order("20260004")
    first = till.refund(order, 1000, stan=500)
    with postgres._admin.connect() as admin:
        admin.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name"),
            {"name": host.engine.url.database},
        )
    assert till.refund(order, 1000, stan=500, mti="0221") is None
    assert till.refund(order, 1000, stan=500, mti="0221").fields == first.fields
    assert host.customer_got_fen("20260004") == 1000


def test_second_writer_waits_for_the_first(host, till):
    """What a transaction has read still holds when it writes: a balance covers one refund, not
    two of two acquirers."""
    with host.engine.begin() as connection:
        account = ledger.merchant_account(samples.TEST_SHOP)
        ledger.transfer(connection, "payout", account, ledger.SETTLEMENT, 9_950_000, NOON)
        with host.engine.connect() as other:
            other.connection.cursor().execute("set lock_timeout = '50ms'")
            other.connection.commit()
            with pytest.raises(Exception, match="lock timeout"):
                other.begin()
    order = host.order("20260004")
    assert [code(till.refund(order, 30_000)), code(till.refund(order, 30_000))] == ["00", "64"]


def test_held_refund_is_decided_once_by_two_reviewers(host, till):
    till.refund(host.order("20260011"), 5000, stan=500)
    key = ledger.Key(samples.TERMINAL, samples.OPEN_BATCH, 500, DATED)
    for decided in (True, False):
        try:
            with host.engine.begin() as connection:
                review.decide(connection, key, samples.TEST_SHOP, True, "ok", NOON)
        except review.NotDecidable:
            assert not decided
    assert host.customer_got_fen("20260011") == 5000


def test_commit_is_durable_before_it_returns(host):
    with host.engine.begin() as connection:
        assert connection.execute(text("show synchronous_commit")).scalar_one() == "on"
