"""A wrong refund is taken back and entered anew: never two credits, and each names the other."""

import pytest

from firmware import refund_state as states
from host_sim.acquirer import faults
from tests.firmware.test_take_back import close_batch_at_host
from tests.till import Till

SOLD_TODAY = "20260001"
SOLD_LAST_WEEK = "20260004"
OTHER_ORDER = "20260006"
ALREADY_FEN = 15_000  # of the other order
HELD = "20260011"


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def done(till, order, part_fen=None):
    till.send(order, part_fen)
    till.sign_and_finish()
    return latest(till)[-1]


def latest(till):
    """The archived records, of each the later entry, in the order in which they were finished."""
    by_key = {}
    for record in till.journal().finished():
        by_key.pop(record.key(), None)
        by_key[record.key()] = record
    return list(by_key.values())


def take_back(till, voucher=""):
    """From idle to the moment in which the correction is sent."""
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press(*voucher, "ENTER")
    till.wait("What's wrong")
    till.press("1")
    confirm(till)


def confirm(till):
    till.wait("Voucher 000")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    read_to(till, "ENTER takes back")
    till.press("ENTER")


def read_to(till, closing):
    """To the last page of the second check."""
    while closing not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(500)


def to_anew(till):
    """Past the news that the old one is annulled."""
    till.wait("Not refunded")
    till.press("ENTER")
    till.wait("Enter anew")


def enter_anew(till, part_fen, order=None):
    """From the question which order to the idle screen."""
    till.press("1" if order is None else "2")
    till.wait("Reason")
    till.press("2")
    if order is not None:
        till.wait("Order number")
        till.press(*order, "ENTER")
    till.wait("Check order")
    till.press("ENTER", "ENTER")
    till.wait("Full amount")
    till.press("2")
    till.wait("Amount:")
    till.press(*str(part_fen), "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    read_to(till, "ENTER sends")
    till.press("ENTER")
    till.sign_and_finish()


def test_wrong_amount_is_taken_back_and_the_right_one_stands_both_linked(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0
    enter_anew(till, 2000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000
    old, new = latest(till)
    assert (old.key(), old.state, old.correction) == (wrong.key(), states.ANNULLED, "01")
    assert (new.state, new.amount_fen, new.corrects) == (states.APPROVED, 2000, wrong.key())
    assert f"Corrects no:{wrong.stan:06d}".replace(" ", "") in squeezed(till.world.paper)
    assert till.journal().open_records() == []


def squeezed(paper):
    return "".join("".join(line.split()) for line in paper)


def test_wrong_order_is_replaced_by_another(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till, str(wrong.stan))
    to_anew(till)
    enter_anew(till, 1000, OTHER_ORDER)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0
    assert till.given_back_fen(OTHER_ORDER) == ALREADY_FEN + 1000
    assert latest(till)[-1].corrects == wrong.key()


def test_wrong_void_is_reversed_and_a_part_refunded(till):
    wrong = done(till, SOLD_TODAY)
    assert wrong.type == states.VOID
    take_back(till)
    to_anew(till)
    enter_anew(till, 800)
    assert till.given_back_fen(SOLD_TODAY) == 800
    assert [(r.type, r.state) for r in latest(till)] == [
        (states.VOID, states.ANNULLED), (states.REFUND, states.APPROVED)]  # fmt: skip
    assert latest(till)[-1].corrects == wrong.key()


def test_refund_in_review_is_corrected_and_never_approved(till):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    take_back(till)
    to_anew(till)
    till.press("CANCEL")
    till.wait("Not entered anew")
    till.press("ENTER")
    till.idle()
    assert till.given_back_fen(HELD) == 0
    assert [r.state for r in latest(till)] == [states.ANNULLED]


def test_nothing_new_is_entered_while_the_cancel_has_no_answer(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    till.faults.script(faults.MUTE, "0420")
    till.faults.script(faults.MUTE, "0421", 3)
    take_back(till)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("Enter nothing")
    till.press("ENTER")
    till.wait("1 in progress")
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("being taken back already")
    till.press("ENTER")
    till.wait("ENTER = result")  # it went on behind
    till.press("ENTER")
    to_anew(till)
    enter_anew(till, 2000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000
    assert [len(till.sent(mti)) for mti in ("0220", "0420")] == [2, 1]
    assert latest(till)[-1].corrects == wrong.key()


def test_correction_is_taken_up_after_a_power_cut_between_the_halves(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    till.world.power_off()
    till.log_in()
    till.menu("Records", "History")
    till.wait(f"{wrong.stan:06d} undone")
    till.press("ENTER")
    till.wait("Details")
    read = []
    for _ in range(6):
        read += till.world.screen()[1:]
        till.press("DOWN")
    assert "none yet" in " ".join(read)
    till.press("ENTER")
    till.wait("1 Reprint")
    assert till.world.choose("Enter anew")
    till.wait("1 Same order")
    enter_anew(till, 2000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000
    assert latest(till)[-1].corrects == wrong.key()


def test_correction_put_off_is_done_once_from_the_menu(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    till.press("CANCEL")
    till.wait("Not entered anew")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press(*str(wrong.stan), "ENTER")
    till.wait("1 Same order")
    enter_anew(till, 2000)
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press(*str(wrong.stan), "ENTER")
    till.wait(f"Voucher {wrong.stan + 2:06d} replaces")
    till.press("ENTER")
    till.idle()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000


def test_what_was_declined_in_its_place_may_be_entered_again(till):
    wrong = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Check order")
    till.press("ENTER", "ENTER")
    till.wait("Full amount")
    till.press("2")
    till.wait("Amount:")
    till.press(*"1051", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    read_to(till, "ENTER sends")
    till.press("ENTER")
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press(*str(wrong.stan), "ENTER")
    till.wait("1 Same order")
    enter_anew(till, 2000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000
    assert [r.corrects for r in latest(till)] == ["", wrong.key(), wrong.key()]


def test_correction_of_a_correction_passes_the_right_on(till):
    first = done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    enter_anew(till, 2000)
    second = latest(till)[-1]
    take_back(till)
    to_anew(till)
    till.press("CANCEL")
    till.wait("Not entered anew")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")  # of the first one: the second stands in its place
    till.wait("Voucher number")
    till.press(*str(first.stan), "ENTER")
    till.wait("replaces it. Correct that.")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press(*str(second.stan), "ENTER")
    till.wait("1 Same order")
    enter_anew(till, 3000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 3000


def test_settled_refund_cannot_be_corrected_and_stands(till):
    done(till, SOLD_LAST_WEEK, 1000)
    close_batch_at_host(till)
    take_back(till)
    till.wait("It is settled")
    till.press("DOWN")
    till.wait("acquirer")
    till.press("ENTER")
    till.wait("Vouchers printed")
    till.press("ENTER")
    till.idle()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000
    assert [r.state for r in latest(till)] == [states.APPROVED]


def test_taking_back_alone_offers_nothing_anew(till):
    done(till, SOLD_LAST_WEEK, 1000)
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    confirm(till)
    till.wait("Not refunded")
    till.press("ENTER")
    till.idle()
    assert latest(till)[0].correction == ""


@pytest.mark.parametrize("order, fen, said", [(SOLD_LAST_WEEK, 1051, "declined it")])
def test_what_never_refunded_is_not_corrected(till, order, fen, said):
    till.send(order, fen)
    till.wait("Declined")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait(said)
    till.press("ENTER")
    till.idle()
