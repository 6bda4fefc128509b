"""Refunds that rules of risk hold: which, until when, and what the reviewer reads."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from host_sim.acquirer import review, risk, samples, schema
from host_sim.acquirer.ledger import Key
from tests.host_sim.acquirer.till import DATED, NOON, Till, code

SMALL_FEN = 1_000


@pytest.fixture
def careful(host):
    till = Till(host.acquirer, samples.CAREFUL_TERMINAL)
    till.sign_on()
    return till


def limit(host, **limits):
    with host.engine.begin() as connection:
        packed = risk.packed(risk.Limits(**limits))
        connection.execute(update(schema.merchant).values(risk=packed))


def order(host, number="20260201"):
    return host.order(number, samples.CAREFUL_SHOP)


def waiting(host):
    with host.engine.begin() as connection:
        return review.waiting(connection, samples.CAREFUL_SHOP)


def test_merchant_without_limits_is_not_held(host, till):
    for _ in range(9):
        assert code(till.refund(host.order("20260005"), SMALL_FEN)) == "00"


def test_third_refund_of_an_operator_within_the_hour_is_held_and_the_rule_named(host, careful):
    answers = [code(careful.refund(order(host), SMALL_FEN)) for _ in range(3)]
    assert answers == ["00", "00", "09"]
    held = waiting(host)[0]
    assert (held.operator, held.rules) == ("01", "refunds of the operator in an hour")
    assert host.ask(schema.audit.select())[-1][3:] == (
        "held for review", "stan 000103: refunds of the operator in an hour"
    )  # fmt: skip


def test_another_operator_goes_on_until_the_terminal_has_had_its_share(host, careful):
    for _ in range(2):
        careful.refund(order(host), SMALL_FEN)
    assert code(careful.refund(order(host), SMALL_FEN, DF07="02")) == "00"
    assert code(careful.refund(order(host), SMALL_FEN, DF07="03")) == "09"
    assert waiting(host)[0].rules == "refunds of the terminal in an hour"


def test_an_hour_later_nothing_is_held(host, careful):
    for _ in range(2):
        careful.refund(order(host), SMALL_FEN)
    careful.now = NOON + timedelta(minutes=59)
    assert code(careful.refund(order(host), SMALL_FEN)) == "09"
    careful.now = NOON + timedelta(minutes=60)
    assert code(careful.refund(order(host), SMALL_FEN)) == "00"


def test_what_was_taken_back_or_declined_does_not_count(host, careful):
    limit(host, per_operator=1)
    careful.refund(order(host), SMALL_FEN, stan=500)
    assert code(careful.cancel(order(host), SMALL_FEN, 500)) == "00"
    assert code(careful.refund(order(host), 90_000)) == "64"
    assert code(careful.refund(order(host), SMALL_FEN)) == "00"


def test_large_amount_is_held(host, careful):
    limit(host, amount_fen=50_000)
    assert code(careful.refund(order(host), 49_999)) == "00"
    assert code(careful.refund(order(host, "20260203"), 50_000)) == "09"


@pytest.mark.parametrize("hour, answer", [(8, "09"), (9, "00"), (20, "00"), (21, "09")])
def test_out_of_hours_is_held(host, careful, hour, answer):
    careful.now = NOON.replace(hour=hour)
    assert code(careful.refund(order(host), SMALL_FEN)) == answer


@pytest.mark.parametrize("hour, answer", [(1, "00"), (2, "09"), (17, "09"), (18, "00")])
def test_shop_that_closes_after_midnight(host, careful, hour, answer):
    limit(host, opens="1800", closes="0200")
    careful.now = NOON.replace(hour=hour)
    assert code(careful.refund(order(host), SMALL_FEN)) == answer


def test_more_back_than_the_weeks_sales_bear_is_held(host, careful):
    limit(host, sales_percent=75)  # of 1200.00
    assert code(careful.refund(order(host, "20260203"), 60_000)) == "00"
    assert code(careful.refund(order(host, "20260203"), 30_000)) == "00"
    assert code(careful.refund(order(host), SMALL_FEN)) == "09"
    assert waiting(host)[0].rules == "more back than the week's sales bear"


def test_refunds_in_a_week_without_sales_are_held(host, careful):
    limit(host, sales_percent=75)
    careful.now = NOON + timedelta(days=9)
    assert code(careful.refund(order(host), SMALL_FEN, dated="20260124")) == "09"


def test_repeat_gets_the_stored_answer_whatever_happened_meanwhile(host, careful):
    first = careful.refund(order(host), 60_000, stan=500)
    limit(host)
    again = careful.refund(order(host), 60_000, stan=500, mti="0221")
    assert [code(first), code(again)] == ["09", "09"]
    assert first.fields[37] == again.fields[37]
    assert len(waiting(host)) == 1


def test_rules_that_the_till_names_stand_with_the_refund_and_hold_nothing(host, careful):
    assert code(careful.refund(order(host), SMALL_FEN, stan=500, DF13="0205")) == "00"
    row = host.ask(schema.txn.select().where(schema.txn.c.stan == 500))[0]
    assert row.rules == "at the till: large amount; at the till: out of hours"


def test_what_the_till_names_is_not_of_the_fingerprint(host, careful):
    careful.refund(order(host), SMALL_FEN, stan=500, DF13="02")
    assert code(careful.refund(order(host), SMALL_FEN, stan=500, mti="0221")) == "00"
    assert host.order("20260201", samples.CAREFUL_SHOP).refunded_fen == SMALL_FEN


def test_reviewer_decides_what_a_rule_held(host, careful):
    careful.refund(order(host), 60_000, stan=500)
    key = Key(samples.CAREFUL_TERMINAL, samples.OPEN_BATCH, 500, DATED)
    with host.engine.begin() as connection:
        review.decide(connection, key, samples.CAREFUL_SHOP, True, "seen", NOON)
    assert waiting(host) == []
    assert host.order("20260201", samples.CAREFUL_SHOP).refunded_fen == 60_000


def test_refusal_is_not_held(host, careful):
    careful.now = NOON.replace(hour=3)
    assert code(careful.refund(order(host), 90_000)) == "64"
    assert waiting(host) == []
