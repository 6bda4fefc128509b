"""What the database refuses by itself, and what survives a restart."""

from random import Random

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from host_sim.acquirer import ledger, samples, schema
from host_sim.acquirer.server import Acquirer
from tests.host_sim.acquirer.till import NOON, Host, Till, code


def test_samples_have_the_balances_they_name(host):
    for merchant_id, _, _, balance_fen in samples.MERCHANTS:
        assert host.balance_fen(ledger.merchant_account(merchant_id)) == balance_fen


def test_samples_keep_no_whole_card_number(host):
    cards = {row[3] for row in samples.ORDERS if row[3].isdigit()}
    assert not any(card in repr(host.dump()) for card in cards)


@pytest.mark.parametrize("table", [schema.posting, schema.audit])
def test_postings_and_audit_are_never_changed_or_removed(host, table):
    with host.engine.begin() as connection:
        ledger.note(connection, NOON, samples.TERMINAL, "test", "")
    for statement in (update(table).values(id=table.c.id + 9000), delete(table)):
        with pytest.raises(IntegrityError), host.engine.begin() as connection:
            connection.execute(statement)


def test_database_refuses_a_refund_above_the_order(host, till):
    order = host.order("20260006")  # 400.00, of which 150.00 went back already
    till.refund(order, 100, stan=500)
    with pytest.raises(IntegrityError, match="above the order"):
        with host.engine.begin() as connection:
            ledger.post(connection, None, "refund", order, 24_901, NOON)


def test_database_refuses_a_second_posting_of_one_transaction(host, till):
    order = host.order("20260004")
    till.refund(order, 100, stan=500)
    posted = host.postings()[-1]
    with pytest.raises(IntegrityError), host.engine.begin() as connection:
        ledger.post(connection, posted.txn_id, "refund", order, 100, NOON)


def test_file_is_durable_at_every_commit(tmp_path):
    host = Host(tmp_path / "ledger.db")
    with host.engine.begin() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("pragma synchronous")).scalar_one() == 2  # FULL
        assert connection.execute(text("pragma foreign_keys")).scalar_one() == 1


def test_restarted_acquirer_knows_keys_and_outcomes(tmp_path):
    path = tmp_path / "ledger.db"
    host = Host(path)
    till = Till(host.acquirer)
    till.sign_on()
    first = till.refund(host.order("20260004"), 1000, stan=500)
    host.engine.dispose()
    host.engine = schema.open_engine(path)
    till.acquirer = Acquirer(host.engine, Random(2))
    again = till.refund(host.order("20260004"), 1000, stan=500, mti="0221")
    assert again.fields == first.fields
    assert host.customer_got_fen("20260004") == 1000


def test_ledger_in_memory_goes_back_to_its_image(host, till):
    order = host.order("20260004")
    saved, before = schema.image(host.engine), host.dump()
    first = till.refund(order, 1000, stan=500)
    schema.restore(host.engine, saved)
    assert host.dump() == before
    assert till.refund(order, 1000, stan=500).fields == first.fields
    assert host.customer_got_fen("20260004") == 1000


def test_ledger_in_memory_keeps_its_rules_when_it_goes_back(host):
    schema.restore(host.engine, schema.image(host.engine))
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), host.engine.begin() as connection:
        ledger.transfer(connection, "payout", "nobody", ledger.SETTLEMENT, 1, NOON)


def test_giving_a_connection_back_ends_nobodys_transaction(host):
    """In memory there is one connection for all: a reader that leaves must not roll back."""
    with host.engine.begin() as connection:
        ledger.note(connection, NOON, samples.TERMINAL, "test", "")
        host.engine.raw_connection().close()
    assert host.count(schema.audit) == 1


@pytest.mark.parametrize(
    "stans, last", [([], 0), ([5, 3, 4], 5), ([999_998, 999_999, 1, 2], 2), ([2, 999_999], 2)]
)
def test_last_stan_goes_on_over_the_wrap(host, stans, last):
    with host.engine.begin() as connection:
        for stan in stans:
            key = ledger.Key(samples.TERMINAL, 900, stan, "")
            ledger.record(connection, key, kind="void", state=schema.CANCELLED, closing_code="25")
        assert ledger.last_stan(connection, samples.TERMINAL, 900) == last


def test_reference_numbers_are_never_given_twice(host, till):
    for stan in range(500, 520):
        assert code(till.refund(host.order("20260004"), 100, stan=stan)) == "00"
    rrns = [row.rrn for row in host.ask(select(schema.txn.c.rrn))]
    assert len(set(rrns)) == len(rrns) and all(len(rrn) == 12 for rrn in rrns)
