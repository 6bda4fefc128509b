"""A sale at the till: never charged twice, never by guess, and nothing of the card is kept."""

import pytest

from firmware import refund_state as states
from host_sim.acquirer import faults, ledger, samples, schema
from protocol.reference.codec import decode
from tests.firmware.test_lost_records import lose
from tests.till import Till

ORDER, FEN = "70000001", 100_100  # with a PIN
CARD, PIN = samples.UNIONPAY_CREDIT, "123456"


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def to_payment(till, fen=FEN):
    till.menu("Sale")
    till.wait("Amount of sale")
    till.press(*str(fen), "ENTER")
    till.wait("Order no")
    till.press(*ORDER, "ENTER")
    till.wait("Payment")


def pay(till, pin=PIN):
    """By the card swiped, up to the request that is sent."""
    till.press("1")
    till.wait("Swipe the card")
    till.world.swipe(samples.track2(CARD))
    till.wait("Customer: PIN")
    till.press(*pin, "ENTER")
    till.wait("Second check")
    till.press("ENTER")
    till.wait("ENTER sends")
    till.press("ENTER")


def sell(till, pin=PIN):
    to_payment(till)
    pay(till, pin)


def charged_fen(till):
    """What the customer has paid, net."""
    with till.shop.engine.begin() as connection:
        return -ledger.balance_fen(connection, ledger.customer_account(ORDER))


def records(till):
    return list(till.journal().finished()) + till.journal().open_records()


def part_goes_back(till, when="0400"):
    """At the other till 1.00 is refunded of the order before the acquirer sees this request."""
    answer = till.shop.acquirer.answer

    def first_refund(packet, now):
        if decode(packet).mti == when:
            till.shop.acquirer.answer = answer
            key = ledger.Key(samples.OTHER_TERMINAL, samples.OPEN_BATCH, 900, f"{now:%Y%m%d}")
            with till.shop.engine.begin() as connection:
                order = ledger.find_order(connection, ORDER, samples.TEST_SHOP)
                row = ledger.record(
                    connection, key, kind="refund", state=schema.APPROVED, fingerprint="other",
                    order_no=ORDER, amount_fen=100, code="00",
                    rrn=ledger.next_rrn(connection, now), answered_at=now,
                )  # fmt: skip
                ledger.post(connection, row, "refund", order, 100, now)
        return answer(packet, now)

    till.shop.acquirer.answer = first_refund


@pytest.mark.parametrize("fault", [faults.MUTE, faults.DEAF, faults.BAD_MAC])
def test_sale_without_a_trusted_answer_is_reversed_and_not_charged(till, fault):
    till.faults.script(fault, "0200")
    sell(till)
    late = till.sent("0200")
    till.wait("Not charged")
    till.press("ENTER")
    till.idle()
    (reversal,) = till.sent("0400")
    assert reversal.fields[11] == late[0].fields[11]
    assert reversal.fields[39] == ("A0" if fault == faults.BAD_MAC else "98")
    assert not {2, 14, 26, 35, 52, 53} & reversal.fields.keys()
    asked = next(p for p in till.world.packets("out") if decode(p).mti == "0200")
    till.shop.acquirer.answer(asked, till.world.now())  # it comes late
    assert charged_fen(till) == 0 and till.world.paper == []
    assert [r.state for r in records(till)] == [states.ANNULLED]


def test_nothing_of_card_or_pin_is_in_flash_screen_or_paper_before_or_after_the_answer(till):
    secrets = (CARD.encode(), bytes.fromhex(CARD), samples.track2(CARD).encode(), PIN.encode())
    till.faults.script(faults.DEAF, "0200")
    till.faults.script(faults.DEAF, "0400", times=2)
    sell(till)
    till.wait("Asking again")
    waiting = b"".join(map(bytes, till.world.device.flash.blocks.values()))
    till.wait("Not charged")
    till.press("ENTER")
    till.idle()
    sell(till)
    till.wait("Sale approved")
    till.sign_and_finish()
    ended = b"".join(map(bytes, till.world.device.flash.blocks.values()))
    paper = "".join(till.world.paper).encode()
    assert [place for place in (waiting, ended, paper) for one in secrets if one in place] == []
    assert b"620000****0005" in waiting and "620000****0005" in "".join(till.world.paper)


def test_wrong_pin_is_asked_for_again_under_a_new_stan_with_a_new_block(till):
    sell(till, "000000")
    till.wait("Wrong PIN")
    till.press("ENTER")
    till.wait("Payment")
    pay(till)
    till.wait("Sale approved")
    till.sign_and_finish()
    first, second = (one.fields for one in till.sent("0200"))
    assert int(second[11]) == int(first[11]) + 1 and first[52] != second[52]
    assert [r.state for r in records(till)] == [states.DECLINED, states.APPROVED]
    assert charged_fen(till) == FEN


def test_pin_goes_under_the_pin_key_and_no_other(till):
    sell(till)
    till.wait("Sale approved")
    fields = till.sent("0200")[0].fields
    keyring = till.shop.acquirer._acquirer._keyring
    with till.shop.engine.begin() as connection:
        rows = ledger.find_terminal(connection, samples.TERMINAL)
        packet = next(p for p in till.world.packets("out") if decode(p).mti == "0200")
        key = keyring.pin_key(keyring.verify(connection, rows, packet))
    assert key.pin(fields[52], CARD) == PIN
    assert (fields[22], fields[26], fields[53]) == ("021", "12", "26" + "0" * 14)


def test_sale_whose_reply_was_lost_stands_where_something_of_it_went_back(till):
    till.faults.script(faults.MUTE, "0200")
    part_goes_back(till)
    sell(till)
    till.wait("Sale approved")
    till.sign_and_finish()
    (record,) = records(till)
    with till.shop.engine.begin() as connection:
        order = ledger.find_order(connection, ORDER, samples.TEST_SHOP)
    assert (record.state, record.rrn) == (states.APPROVED, order.rrn)
    assert charged_fen(till) == FEN - 100
    assert order.rrn in "".join(till.world.paper)


def test_sale_that_stands_is_not_told_before_its_reference_is_known(till):
    """The inquiry for it has no answer: the reversal is asked for again, and 12 again."""
    till.faults.script(faults.MUTE, "0200")
    till.faults.script(faults.DEAF, "0600", times=2)
    part_goes_back(till)
    sell(till)
    till.wait("Asking again")
    till.wait("Sale approved")
    till.sign_and_finish()
    (record,) = records(till)
    assert record.state == states.APPROVED and record.rrn
    assert len(till.sent("0400")) == 3 and charged_fen(till) == FEN - 100


def test_nothing_new_begins_before_the_sale_is_reversed(till):
    till.faults.script(faults.DEAF, "0200")
    till.faults.script(faults.DEAF, "0400", times=99)
    sell(till)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("being reversed")
    till.press("ENTER")
    till.idle()
    till.menu("Sale")
    till.wait("No sale")
    assert len(till.sent("0200")) == 1


@pytest.mark.parametrize("fault, came", [(faults.MUTE, FEN), (faults.DEAF, 0)])
def test_lost_record_of_a_sale_ends_as_the_host_has_it(till, fault, came):
    till.faults.script(fault, "0200")
    till.faults.script(faults.DEAF, "0400", times=99)
    sell(till)
    till.wait("Asking again")
    till.faults._scripted.clear()
    (lost,) = till.journal().open_records()
    lose(till)
    till.log_in()
    till.wait("ENTER = result")
    till.press("ENTER")
    till.wait(f"Voucher {lost.stan:06d}")
    till.wait("was CHARGED" if came else "was NOT charged")
    till.press("ENTER")
    till.idle()
    (record,) = records(till)
    assert record.state == (states.APPROVED if came else states.ANNULLED)
    assert charged_fen(till) == came
    assert [one.fields[4] for one in till.sent("0400")[-1:] if not came] == ["0" * 12] * (not came)


def test_lost_record_of_a_sale_that_is_asked_about_in_vain_closes_nothing(till):
    till.faults.script(faults.MUTE, "0200")
    till.faults.script(faults.DEAF, "0400", times=99)
    sell(till)
    till.wait("Asking again")
    lose(till)
    till.faults._scripted.clear()
    till.faults.script(faults.DEAF, "0600", times=3)
    till.log_in()
    reversals = len(till.sent("0400"))
    till.wait("ENTER = result")
    assert len(till.sent("0400")) == reversals and charged_fen(till) == FEN
