"""Sales and their reversal at the acquirer: what is charged, whose card, which PIN, what order is
there afterwards."""

from datetime import timedelta

import pytest

from host_sim.acquirer import ledger, samples
from protocol.pin import PinKey
from protocol.reference.keys import in_bytes
from tests.host_sim.acquirer.till import CIPHERS, Till, code, exact_fields

ORDER, FEN = "70000001", 8_800
CARD, PIN = samples.UNIONPAY_CREDIT, "123456"
MERCHANT = ledger.merchant_account(samples.TEST_SHOP)


def charged_fen(host, order_no=ORDER):
    """What the customer has paid for it, net."""
    return -host.balance_fen(ledger.customer_account(order_no))


def test_sale_moves_the_amount_and_leaves_an_order_that_can_be_refunded(host, till):
    before = host.balance_fen(MERCHANT)
    reply = till.sale(ORDER, FEN)
    assert code(reply) == "00" and reply.fields.pop(2) == CARD and exact_fields("sale", reply)
    assert host.balance_fen(MERCHANT) - before == FEN == charged_fen(host)
    order = host.order(ORDER)
    assert (order.amount_fen, order.rrn) == (FEN, reply.fields[37])
    assert order.masked_card == "620000****0005"
    assert code(till.refund(order, 1_000)) == "00"
    assert charged_fen(host) == FEN - 1_000


def test_sale_can_be_voided_while_its_batch_is_open(host, till):
    till.sale(ORDER, FEN)
    assert code(till.void(host.order(ORDER))) == "00"
    assert charged_fen(host) == 0


def test_repeated_sale_is_charged_once_and_answered_alike(host, till):
    first, again = (till.sale(ORDER, FEN, stan=500) for _ in range(2))
    assert [first.fields[n] for n in (12, 37, 38)] == [again.fields[n] for n in (12, 37, 38)]
    assert charged_fen(host) == FEN


def test_another_sale_under_the_same_key_is_a_conflict_and_audited(host, till):
    till.sale(ORDER, FEN, stan=500)
    assert code(till.sale("70000002", FEN, stan=500)) == "94"
    assert host.order("70000002") is None
    assert any("two fingerprints" in row.event for row in host.ask(ledger.select(ledger.audit)))


def test_reversed_sale_is_not_charged_and_its_order_gives_nothing_back(host, till):
    till.sale(ORDER, FEN, stan=500)
    order = host.order(ORDER)
    assert code(till.reverse(FEN, 500, sale=True)) == "00"
    assert charged_fen(host) == 0
    assert code(till.refund(order, 100)) == code(till.void(order)) == code(till.inquire(ORDER))
    assert code(till.inquire(ORDER)) == "C9"
    assert code(till.sale(ORDER, FEN, stan=500)) == "CA"  # it comes late
    assert code(till.reverse(FEN, 500, sale=True)) == "00"
    assert charged_fen(host) == 0


def test_sale_that_comes_after_its_reversal_is_not_charged(host, till):
    assert code(till.reverse(FEN, 500, sale=True)) == "25"
    assert code(till.sale(ORDER, FEN, stan=500)) == "CA"
    assert host.order(ORDER) is None and charged_fen(host) == 0


def test_number_of_a_reversed_sale_can_be_sold_again(host, till):
    till.sale(ORDER, FEN, stan=500)
    till.reverse(FEN, 500, sale=True)
    assert code(till.sale(ORDER, 5_500)) == "00"
    assert charged_fen(host) == 5_500 == host.order(ORDER).amount_fen


@pytest.mark.parametrize("back", ["refund", "void"])
def test_sale_of_which_something_went_back_stands_against_its_reversal(host, till, back):
    till.sale(ORDER, FEN, stan=500)
    order = host.order(ORDER)
    till.refund(order, 1_000) if back == "refund" else till.void(order)
    left = charged_fen(host)
    assert code(till.reverse(FEN, 500, sale=True)) == "12"
    assert charged_fen(host) == left == {"refund": FEN - 1_000, "void": 0}[back]


def test_reversal_of_a_sale_by_its_key_alone(host, till):
    till.sale(ORDER, FEN, stan=500)
    assert code(till.reverse(0, 500, sale=True)) == "00"
    assert charged_fen(host) == 0


def test_status_tells_a_sale_and_its_reference(host, till):
    rrn = till.sale(ORDER, FEN, stan=500).fields[37]
    assert till.status(500, dated="").fields[37] == rrn


@pytest.mark.parametrize("number", ["20260004", "20260101"])  # its own, another merchant's
def test_number_that_is_taken_is_refused(host, till, number):
    before = host.postings()
    assert code(till.sale(number, FEN)) == "94"
    assert host.postings() == before


@pytest.mark.parametrize(
    "amount_fen, changed, expected",
    [
        (FEN, {"card": "6200000000180005"}, "14"),  # no issuer knows it
        (FEN, {"card": "6200000000000006"}, "14"),  # no check digit
        (FEN, {"card": samples.VISA}, "54"),  # the card says otherwise than its issuer
        (FEN, {"card": samples.VISA, "f35": samples.track2(samples.VISA)}, "54"),
        (5_000_100, {}, "61"),
        (0, {}, "13"),
        (8_851, {}, "51"),  # a test amount
        (FEN, {"f2": samples.UNIONPAY_DEBIT}, "30"),  # two cards
        (FEN, {"card": None}, "30"),  # none
        (FEN, {"card": None, "tags": [("DF14", "12345")]}, "30"),
    ],
)
def test_sale_that_is_refused_charges_nobody_and_leaves_no_order(
    host, till, amount_fen, changed, expected
):
    before = host.postings()
    assert code(till.sale(ORDER, amount_fen, **changed)) == expected
    assert host.postings() == before and host.order(ORDER) is None


def test_sale_of_another_batch_is_refused(host, till):
    till.batch -= 1
    assert code(till.sale(ORDER, FEN)) == "12"
    assert host.order(ORDER) is None


def test_card_is_good_to_the_end_of_its_month(host):
    days = Till(host.acquirer, now=samples.datetime(2030, 12, 31, 23, 59))
    days.sign_on()
    assert code(days.sale(ORDER, FEN)) == "00"
    days.now += timedelta(minutes=1)
    assert code(days.sale("70000002", FEN)) == "54"


def test_payment_code_pays_without_a_card_and_is_kept_nowhere(host, till):
    paid = "281234567880019999"
    reply = till.sale(ORDER, FEN, card=None, tags=[("DF14", paid)], f22="032", f63="000")
    assert code(reply) == "00" and reply.fields[63] == "000"
    assert host.order(ORDER).masked_card is None
    assert paid not in repr(host.dump())


def test_right_pin_is_approved_and_neither_it_nor_the_card_is_kept(host, till):
    reply = till.sale(ORDER, FEN, pin=PIN)
    assert code(reply) == "00"
    kept = repr(host.dump())
    block = till.pin_key.block(PIN, CARD)
    for secret in (PIN, CARD, repr(block)[2:-1], block.hex(), samples.track2(CARD)):
        assert secret not in kept


def test_third_wrong_pin_in_a_row_closes_the_card_to_the_right_one(host, till):
    assert [code(till.sale(ORDER, FEN, pin="000000")) for _ in range(3)] == ["55", "55", "75"]
    assert code(till.sale(ORDER, FEN, pin=PIN)) == "75"
    assert host.order(ORDER) is None
    assert code(till.sale(ORDER, FEN, card=samples.UNIONPAY_DEBIT, pin="234567")) == "00"


def test_right_pin_forgives_the_wrong_ones_before_it(host, till):
    for number in ("70000001", "70000002"):
        assert [code(till.sale(number, FEN, pin="000000")) for _ in range(2)] == ["55", "55"]
        assert code(till.sale(number, FEN, pin=PIN)) == "00"


def test_refused_pin_that_comes_again_is_counted_once(host, till):
    for _ in range(4):
        assert code(till.sale(ORDER, FEN, stan=500, pin="000000")) == "55"
    assert code(till.sale(ORDER, FEN, pin=PIN)) == "00"


def test_block_under_another_key_is_answered_99_and_costs_no_try(host, till):
    _, mak, _ = in_bytes(till.keys_in(till.sign_on()))
    for _ in range(4):
        wrong = PinKey(mak[:8], CIPHERS).block(PIN, CARD)
        assert code(till.sale(ORDER, FEN, pin=PIN, f52=wrong)) == "99"
    assert code(till.sale(ORDER, FEN, pin=PIN)) == "00"
