"""Voids of this terminal's own sales of the open batch, and their reversal."""

import pytest

from host_sim.acquirer import ledger, samples
from tests.host_sim.acquirer.till import code, exact_fields


def test_void_gives_the_whole_sale_back_with_an_authorisation(host, till):
    reply = till.void(host.order("20260001"))
    assert code(reply) == "00" and exact_fields("void", reply)
    assert len(reply.fields[38]) == 6
    assert host.customer_got_fen("20260001") == 12800
    assert code(till.refund(host.order("20260001"), 100)) == "C9"
    assert code(till.void(host.order("20260001"))) == "C9"


@pytest.mark.parametrize(
    "order_no, amount_fen, expected",
    [("20260002", None, "12"), ("20260004", None, "12"), ("20260001", 12799, "64")],
)
def test_what_is_no_void_is_refused(host, till, order_no, amount_fen, expected):
    reply = till.void(host.order(order_no), amount_fen)
    assert code(reply) == expected and exact_fields("void", reply)
    assert host.customer_got_fen(order_no) == 0


def test_void_after_a_refund_is_refused(host, till):
    till.refund(host.order("20260001"), 1000)
    assert code(till.void(host.order("20260001"))) == "12"


def test_repeated_void_gets_its_stored_outcome(host, till):
    order = host.order("20260001")
    first, again = (till.void(order, stan=500) for _ in range(2))
    assert [first.fields[n] for n in (12, 37, 38)] == [again.fields[n] for n in (12, 37, 38)]
    assert host.customer_got_fen("20260001") == 12800


def test_reversal_takes_a_void_back_for_good(host, till):
    order = host.order("20260001")
    till.void(order, stan=500)
    for _ in range(2):
        reply = till.reverse(12800, stan=500)
        assert code(reply) == "00" and exact_fields("void_reversal", reply)
    assert host.customer_got_fen("20260001") == 0
    assert code(till.void(order, stan=500)) == "CA"
    assert code(till.void(order, stan=501)) == "00"


def test_reversal_of_a_void_never_seen_fences_it(host, till):
    for _ in range(2):
        reply = till.reverse(12800, stan=500)
        assert code(reply) == "25" and exact_fields("void_reversal", reply)
    assert code(till.void(host.order("20260001"), stan=500)) == "CA"
    assert host.customer_got_fen("20260001") == 0


def test_reversal_with_zero_amount_matches_by_key_alone(host, till):
    till.void(host.order("20260001"), stan=500)
    assert code(till.reverse(0, stan=500)) == "00"
    assert host.customer_got_fen("20260001") == 0


def test_reversal_of_a_void_under_a_sales_key_leaves_the_sale(host, till):
    sale = host.order("20260001")
    assert code(till.reverse(12800, stan=sale.stan)) == "25"
    assert host.balance_fen(ledger.merchant_account(samples.TEST_SHOP)) == 10_000_000


def test_declined_void_can_be_reversed(host, till):
    till.void(host.order("20260004"), stan=500)
    assert code(till.reverse(52000, stan=500)) == "00"
    assert code(till.void(host.order("20260004"), stan=500)) == "CA"
