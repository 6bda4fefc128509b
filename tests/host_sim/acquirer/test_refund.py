"""Refunds, their repeats and their cancelling: what is posted, what is answered."""

from datetime import timedelta

import pytest

from host_sim.acquirer import ledger, review, rules, samples, schema
from host_sim.acquirer.ledger import Key
from protocol.reference.tables import CODES
from tests.host_sim.acquirer.till import DATED, NOON, Host, Till, code, exact_fields

MERCHANT = ledger.merchant_account(samples.TEST_SHOP)
STORED = (12, 13, 15, 32, 37, 39, 44, 63)


def test_refund_moves_the_amount_from_the_merchant_to_the_customer(host, till):
    order = host.order("20260004")
    before = host.balance_fen(MERCHANT)
    reply = till.refund(order, 12300)
    assert code(reply) == "00" and exact_fields("refund", reply)
    assert reply.fields[44] == "09020000   09000000   " and reply.fields[63] == "CUP"
    assert reply.fields[37] != order.rrn and len(reply.fields[37]) == 12
    assert before - host.balance_fen(MERCHANT) == 12300
    assert host.customer_got_fen("20260004") == 12300
    assert host.order("20260004").refunded_fen == 12300


def test_card_number_given_in_the_request_comes_back_and_is_kept_nowhere(host, till):
    order = host.order("20260006")
    reply = till.refund(order, 100, f2=samples.UNIONPAY_CREDIT, f14="3012")
    assert reply.fields[2] == samples.UNIONPAY_CREDIT and reply.fields[14] == "3012"
    assert samples.UNIONPAY_CREDIT not in repr(host.dump())


def test_refund_by_the_track_of_the_order_s_card_is_approved_and_by_another_moves_nothing(
    host, till
):
    order = host.order("20260006")
    before = host.postings()
    like = "6200000000180005"  # first six and last four as of the right one
    assert code(till.refund(order, 100, f2=like, f35=f"{like}=30122010000000000")) == "14"
    assert host.postings() == before
    track = samples.track2(samples.UNIONPAY_CREDIT)
    assert code(till.refund(order, 100, f2=samples.UNIONPAY_CREDIT, f35=track)) == "00"
    assert track not in repr(host.dump())


def test_refund_in_parts_up_to_the_whole_and_no_further(host, till):
    order = host.order("20260006")  # 400.00, of which 150.00 went back already
    assert code(till.refund(order, 20000)) == "00"
    assert code(till.refund(order, 5001)) == "64"
    assert code(till.refund(order, 5000)) == "00"
    assert code(till.refund(order, 1)) == "64"
    assert host.customer_got_fen("20260006") == 40000


@pytest.mark.parametrize(
    "order_no, amount_fen, changed, expected",
    [
        ("20260004", 1000, {"DF01": "20269999"}, "25"),
        ("20260004", 1000, {"DF01": "20260101"}, "25"),  # another merchant's
        ("20260004", 1000, {"f37": "000000000001"}, "25"),
        ("20260004", 1000, {"f61": "0000000000000102"}, "25"),
        ("20260004", 1000, {"DF0D": b"12345678"}, "14"),
        ("20260004", 1000, {"f2": samples.VISA}, "14"),
        ("20260004", 1000, {"f35": samples.track2(samples.VISA)}, "14"),
        ("20260004", 1000, {"f2": samples.UNIONPAY_19, "f35": samples.track2(samples.VISA)}, "14"),
        ("20260005", 1000, {"f2": samples.UNIONPAY_19}, "14"),  # paid without a card
        ("20260008", 1000, {}, "C9"),
        ("20260009", 1000, {}, "22"),
        ("20260010", 1000, {}, "00"),  # the 180th day
        ("20260004", 0, {}, "13"),
        ("20260004", 52001, {}, "64"),
        ("20260007", 100, {}, "64"),
        ("20260011", 1000, {}, "09"),
    ],
)
def test_each_rule_has_its_code(host, till, order_no, amount_fen, changed, expected):
    postings = host.count(schema.posting)
    reply = till.refund(host.order(order_no), amount_fen, **changed)
    assert code(reply) == expected
    assert exact_fields("refund", reply) or "f2" in changed
    assert host.count(schema.posting) - postings == (expected == "00")


def test_refund_above_the_merchants_balance_is_declined(host):
    till = Till(host.acquirer, samples.SMALL_SHOP_TERMINAL)
    till.sign_on()
    bicycle = host.order("20260101", samples.SMALL_SHOP)
    assert code(till.refund(bicycle, 5001)) == "51"
    assert code(till.refund(bicycle, 5000)) == "00"
    assert host.balance_fen(ledger.merchant_account(samples.SMALL_SHOP)) == 0


@pytest.mark.parametrize("order_no, amount_fen", [("20260004", 1000), ("20260009", 1000)])
def test_repeat_gets_the_stored_outcome_and_posts_nothing(host, till, order_no, amount_fen):
    order = host.order(order_no)
    first = till.refund(order, amount_fen, stan=500)
    before = host.dump()
    till.now += timedelta(hours=13)
    for mti in ("0221", "0220", "0221"):
        again = till.refund(order, amount_fen, stan=500, mti=mti)
        assert code(again) == code(first)
        if code(first) == "00":
            assert [again.fields[n] for n in STORED] == [first.fields[n] for n in STORED]
    assert host.dump() == before


def test_repeat_under_new_keys_is_sealed_with_them(host, till):
    order = host.order("20260004")
    first = till.refund(order, 1000, stan=500)
    till.sign_on()
    again = till.refund(order, 1000, stan=500, mti="0221")  # its MAC is checked
    assert again.fields[37] == first.fields[37] and again.fields[64] != first.fields[64]


def test_repeat_that_arrives_first_posts(host, till):
    assert code(till.refund(host.order("20260004"), 1000, stan=500, mti="0221")) == "00"
    assert code(till.refund(host.order("20260004"), 1000, stan=500)) == "00"
    assert host.customer_got_fen("20260004") == 1000


@pytest.mark.parametrize(
    "other", [{"amount_fen": 1001}, {"f37": "000000000001"}, {"DF0D": b"12345678"}]
)
def test_key_with_another_fingerprint_is_answered_94_and_audited(host, till, other):
    order = host.order("20260004")
    till.refund(order, 1000, stan=500)
    postings = host.postings()
    assert code(till.refund(order, **({"amount_fen": 1000} | other), stan=500)) == "94"
    assert host.postings() == postings
    assert [row.event for row in host.ask(schema.audit.select())] == ["key with two fingerprints"]


def test_another_stored_date_is_another_key(host, till):
    order = host.order("20260004")
    till.refund(order, 1000, stan=500)
    till.refund(order, 1000, stan=500, dated="20260116")
    assert host.customer_got_fen("20260004") == 2000


def test_cancel_takes_a_posted_refund_back_for_good(host, till):
    order = host.order("20260004")
    till.refund(order, 1000, stan=500)
    before = host.balance_fen(MERCHANT)
    reply = till.cancel(order, 1000, stan=500)
    assert code(reply) == "00" and exact_fields("cancel", reply)
    assert host.balance_fen(MERCHANT) == before + 1000
    assert host.customer_got_fen("20260004") == 0
    done = host.dump()
    assert code(till.cancel(order, 1000, stan=500, mti="0421")) == "00"
    assert code(till.refund(order, 1000, stan=500, mti="0221")) == "C9"
    assert host.dump() == done


def test_cancel_of_a_key_never_seen_fences_it(host, till):
    order = host.order("20260004")
    assert code(till.cancel(order, 1000, stan=500)) == "00"
    assert code(till.refund(order, 1000, stan=500)) == "C9"
    assert code(till.cancel(order, 1000, stan=500, mti="0421")) == "00"
    assert host.customer_got_fen("20260004") == 0


def test_cancel_with_zero_amount_matches_by_key_alone(host, till):
    order = host.order("20260004")
    lost = {"f37": "0" * 12, "f61": "0" * 16, "DF0D": bytes(8)}
    till.refund(order, 1000, stan=500)
    assert code(till.cancel(order, 0, stan=500, **lost)) == "00"
    assert host.customer_got_fen("20260004") == 0
    assert code(till.cancel(order, 0, stan=501, **lost)) == "00"
    assert code(till.refund(order, 1000, stan=501)) == "C9"


def test_cancel_with_another_fingerprint_cancels_nothing(host, till):
    order = host.order("20260004")
    till.refund(order, 1000, stan=500)
    assert code(till.cancel(order, 1001, stan=500)) == "94"
    assert host.customer_got_fen("20260004") == 1000


def test_cancel_of_a_settled_refund_is_refused_every_time(host, till):
    order = host.order("20260004")
    till.refund(order, 1000, stan=500)
    with host.engine.begin() as connection:
        ledger.change(connection, Key(till.terminal_id, till.batch, 500, DATED), settled=1)
    for mti in ("0420", "0421"):
        assert code(till.cancel(order, 1000, stan=500, mti=mti)) == "12"
    assert host.customer_got_fen("20260004") == 1000


def test_cancelled_amount_can_be_refunded_anew(host, till):
    order = host.order("20260004")
    till.refund(order, 52000, stan=500)
    till.cancel(order, 52000, stan=500)
    assert code(till.refund(order, 52000, stan=501)) == "00"


@pytest.fixture(scope="module")
def shared_till():
    host = Host()
    till = Till(host.acquirer)
    till.sign_on()
    return host, till


@pytest.mark.parametrize("cents", range(100))
def test_test_amounts_answer_the_code_of_their_cents(shared_till, cents):
    host, till = shared_till
    order = host.order("20260005")
    got_fen = host.customer_got_fen("20260005")
    amount_fen, expected = 100 + cents, f"{cents:02d}"
    tries = ("0220", "0221", "0221", "0221")
    answers = [code(till.refund(order, amount_fen, stan=500 + cents, mti=m)) for m in tries]
    if expected not in CODES or expected == "00":
        assert answers == ["00"] * 4
    elif rules.is_stored(expected):
        assert answers == [expected] * 4
    else:
        assert answers == [expected] * 2 + ["00"] * 2
    posted_fen = amount_fen if answers[-1] == "00" else 0
    assert host.customer_got_fen("20260005") - got_fen == posted_fen


def test_test_amounts_are_the_test_shops_only(host):
    till = Till(host.acquirer, samples.SMALL_SHOP_TERMINAL)
    till.sign_on()
    bicycle = host.order("20260101", samples.SMALL_SHOP)
    assert code(till.refund(bicycle, 1051)) == "00"


def test_open_refund_can_be_cancelled_and_stays_so(host, till):
    order = host.order("20260005")
    assert code(till.refund(order, 1096, stan=500)) == "96"
    assert code(till.cancel(order, 1096, stan=500)) == "00"
    assert code(till.refund(order, 1096, stan=500, mti="0221")) == "C9"


@pytest.mark.parametrize("approve, expected, got_fen", [(True, "00", 1000), (False, "05", 0)])
def test_review_decides_a_held_refund_once(host, till, approve, expected, got_fen):
    order = host.order("20260011")
    key = Key(till.terminal_id, till.batch, 500, DATED)
    held = till.refund(order, 1000, stan=500)
    assert code(held) == "09" and exact_fields("refund", held)
    assert host.customer_got_fen("20260011") == 0
    with host.engine.begin() as connection:
        review.decide(connection, key, samples.TEST_SHOP, approve, "", NOON)
        with pytest.raises(review.NotDecidable):
            review.decide(connection, key, samples.TEST_SHOP, True, "", NOON)
    assert code(till.refund(order, 1000, stan=500, mti="0221")) == expected
    assert host.customer_got_fen("20260011") == got_fen


def test_held_amount_is_kept_free_on_the_order(host, till):
    order = host.order("20260011")
    till.refund(order, 30000)
    assert code(till.refund(order, 5001)) == "64"
    assert code(till.refund(order, 5000)) == "09"


def test_held_refund_can_be_cancelled_and_then_not_approved(host, till):
    order = host.order("20260011")
    till.refund(order, 1000, stan=500)
    assert code(till.cancel(order, 1000, stan=500)) == "00"
    with host.engine.begin() as connection, pytest.raises(review.NotDecidable):
        key = Key(till.terminal_id, till.batch, 500, DATED)
        review.decide(connection, key, samples.TEST_SHOP, True, "", NOON)


def test_reviewers_note_that_no_reply_could_carry_is_refused(host, till):
    till.refund(host.order("20260011"), 1000, stan=500)
    key = Key(till.terminal_id, till.batch, 500, DATED)
    with host.engine.begin() as connection, pytest.raises(review.NotDecidable):
        review.decide(connection, key, samples.TEST_SHOP, True, "长" * 21, NOON)
