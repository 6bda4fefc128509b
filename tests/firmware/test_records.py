"""The till's records: paged through newest first, opened, searched; nothing of them moves."""

import pytest

from firmware import refund_state as states
from host_sim.on_micropython import MICROPYTHON
from tests import old_records
from tests.firmware import test_training as training
from tests.firmware.test_correct import confirm, enter_anew, latest, take_back, to_anew
from tests.firmware.test_settlement import finish, settle
from tests.till import Till
from tests.tools.test_footprint import SHARE_KB
from tools import footprint
from tools.mpy import on_micropython

SOLD_LAST_WEEK = "20260004"
HELD = "20260011"
PRACTICE = "1002"  # an order of the training
LONG = 300
DAY_KB = 144
real = pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


@pytest.fixture
def old_till():
    till = Till()
    old_records.fill(till.world, 40)
    till.log_in()
    return till


def done(till, order, part_fen=None):
    till.send(order, part_fen)
    till.sign_and_finish()


def history(till):
    till.menu("Records", "History")
    till.world.run_until(lambda: "Looking" not in " ".join(till.world.screen()), 60_000)


def search(till, by, *keys):
    till.menu("Records", "Search")
    till.wait("Voucher no")
    assert till.world.choose(by)
    till.press(*keys)


def page(till):
    return [" ".join(row.split()) for row in till.world.screen()]


def read_details(till):
    """Every row of them; ends on their last page."""
    till.wait("Details")
    read, before = [], None
    while till.world.screen() != before:
        before = till.world.screen()
        read += page(till)[1:]
        till.press("DOWN")
    return read


def test_newest_stands_first_and_each_says_time_number_result_amount_and_order(till):
    done(till, SOLD_LAST_WEEK, 1000)
    till.send(SOLD_LAST_WEEK, 1151)
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    till.send(HELD, 2000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    history(till)
    assert page(till) == ["03-16 09:30 1/3", "000008 in review", "20.00 Refund", HELD]
    till.press("DOWN")
    assert page(till)[1:3] == ["000006 declined", "11.51 Refund"]
    till.press("DOWN")
    assert page(till) == ["03-16 09:30 3/3", "000004 refunded", "10.00 Refund", SOLD_LAST_WEEK]
    till.press("DOWN")
    assert page(till)[0].endswith("3/3")
    till.press("UP", "UP", "UP")
    assert page(till)[0].endswith("1/3")
    till.press("CANCEL")
    till.wait("1 in progress")


def test_details_say_all_that_is_kept(till):
    done(till, SOLD_LAST_WEEK, 1000)
    record = latest(till)[-1]
    history(till)
    till.press("ENTER")
    read = " ".join(read_details(till))
    for said in ("Result: refunded", "Refund 10.00", "Voucher 000004", f"Order {SOLD_LAST_WEEK}",
                 "20260316 09:30", "蓝牙耳机", "Goods return", "620550****0004", record.rrn,
                 "Operator 01", "Batch 000101"):  # fmt: skip
        assert said in read
    assert "6205500000000000004" not in read
    till.press("CANCEL")
    till.wait("000004 refunded")


def test_details_of_what_was_declined_say_why(till):
    till.send(SOLD_LAST_WEEK, 1051)
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    history(till)
    till.press("ENTER")
    read = " ".join(read_details(till))
    assert "Result: declined" in read and "Merchant balance" in read
    till.press("ENTER")
    till.wait("1 Reprint")
    assert "Take back" not in " ".join(till.world.screen())


def test_status_is_asked_from_the_record_with_the_day_of_arrival(till):
    done(till, SOLD_LAST_WEEK, 1000)
    done(till, SOLD_LAST_WEEK, 2000)
    history(till)
    till.press("DOWN", "ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    assert till.world.choose("Refund status")
    till.wait("Host: refunded")
    till.wait("20260321")
    till.press("DOWN")
    till.wait("10.00")
    till.press("ENTER")
    till.idle()


@pytest.mark.parametrize("entry, first", [("Take back", "Take back"), ("Correct", "What's wrong")])
def test_record_of_the_open_batch_is_taken_back_or_corrected_from_its_details(till, entry, first):
    done(till, SOLD_LAST_WEEK, 1000)
    done(till, SOLD_LAST_WEEK, 2000)
    history(till)
    till.press("DOWN", "ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    assert till.world.choose(entry)
    till.wait(first)
    if entry == "Correct":
        till.press("1")
    till.wait("Refund 10.00")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    while "ENTER takes back" not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(500)
    till.press("ENTER")
    till.wait("Not refunded")
    till.press("ENTER")
    if entry == "Correct":
        till.wait("Enter anew")
        till.press("CANCEL")
        till.wait("Not entered anew")
        till.press("ENTER")
    till.idle()
    assert {r.amount_fen: r.state for r in latest(till)} == {
        1000: states.ANNULLED, 2000: states.APPROVED}  # fmt: skip


def test_what_was_taken_back_stands_once_and_as_it_is_now(till):
    done(till, SOLD_LAST_WEEK, 1000)
    history(till)
    till.press("ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    assert till.world.choose("Take back")
    till.wait("Voucher 000")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    while "ENTER takes back" not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(500)
    till.press("ENTER")
    till.wait("Not refunded")
    till.press("ENTER")
    till.idle()
    history(till)
    assert page(till)[0].endswith("1/1") and page(till)[1] == "000004 undone"


def test_till_without_a_record_says_so(till):
    till.menu("Records", "History")
    till.wait("Nothing here yet")
    till.press("ENTER")
    till.idle()


def test_both_links_stand_in_the_details(till):
    done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    to_anew(till)
    enter_anew(till, 2000)
    history(till)
    till.press("ENTER")
    assert "Corrects 000004" in " ".join(read_details(till))
    till.press("CANCEL")
    till.wait("000006 refunded")
    till.press("DOWN", "ENTER")
    assert "Corrected by 000006" in " ".join(read_details(till))


@pytest.mark.parametrize("by, keys, found, first", [
    ("Voucher no", (*"1039", "ENTER"), 1, "001039 refunded"),
    ("Order number", (*"0038", "ENTER"), 1, "001038 refunded"),
    ("Order number", (*"5", "ENTER"), 4, "001035 refunded"),
    ("Amount", (*"104", "ENTER"), 1, "001004 refunded"),
    ("Date", (*"0301", "ENTER"), 40, "001039 refunded"),
    ("Date", (*"20260301", "ENTER"), 40, "001039 refunded"),
    ("Result", ("1",), 32, "001039 refunded"),
    ("Result", ("2",), 4, "001031 declined"),
    ("Result", ("3",), 4, "001032 undone"),
])  # fmt: skip
def test_search_says_how_many_and_shows_them_newest_first(old_till, by, keys, found, first):
    search(old_till, by, *keys)
    old_till.wait(f"Found: {found}")
    old_till.press("ENTER")
    old_till.wait(first)
    assert page(old_till)[0].endswith(f"1/{found}")
    old_till.press("CANCEL")
    old_till.wait("Voucher no")  # back to what he may search by
    old_till.press("CANCEL")
    old_till.idle()


def test_nothing_found_offers_another_search(old_till):
    search(old_till, "Voucher no", *"7", "ENTER")
    old_till.wait("Nothing found")
    old_till.press("ENTER")
    old_till.wait("1 Voucher no")
    old_till.press("1")
    old_till.wait("Voucher number")
    old_till.press(*"1000", "ENTER")
    old_till.wait("Found: 1")
    old_till.press("CANCEL")
    old_till.wait("1 Voucher no")
    assert old_till.world.choose("Result")
    old_till.press("4")
    old_till.wait("Nothing found")
    old_till.press("CANCEL")
    old_till.wait("1 Voucher no")
    old_till.press("CANCEL")
    old_till.idle()


def test_search_for_what_was_taken_back_does_not_find_its_approval(till):
    done(till, SOLD_LAST_WEEK, 1000)
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Voucher 000")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    while "ENTER takes back" not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(500)
    till.press("ENTER")
    till.wait("Not refunded")
    till.press("ENTER")
    till.idle()
    search(till, "Result", "1")
    till.wait("Nothing found")


def test_browsing_moves_nothing_and_asks_nobody(old_till):
    before = [vars(r) for r in old_till.journal().finished()]
    sent, paper = len(old_till.world.packets("out")), len(old_till.world.paper)
    history(old_till)
    for _ in range(50):
        old_till.press("DOWN")
    old_till.wait("001000")
    old_till.press("ENTER")
    read_details(old_till)
    old_till.press("CANCEL", "CANCEL")
    old_till.idle()
    assert [vars(r) for r in old_till.journal().finished()] == before
    assert (len(old_till.world.packets("out")), len(old_till.world.paper)) == (sent, paper)


def browse_search_reprint(till):
    history(till)
    for number in range(LONG, LONG - 40, -1):
        till.wait(f"{old_records.FIRST + number - 1:06d}")
        till.press("DOWN")
    till.press("ENTER")
    till.wait("Details")
    till.press("CANCEL", "CANCEL")
    till.idle()
    search(till, "Order number", *"0000", "ENTER")
    till.wait("Found: 1")
    till.press("ENTER")
    till.wait("001000 refunded")
    till.press("ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    till.press("1")
    till.wait("1 Merchant")
    till.press("3")
    till.wait("Printed again")
    till.press("ENTER")
    till.idle()
    assert sum("DUPLICATED" in line for line in till.world.paper) == 2


@real
def test_hundreds_of_records_are_paged_searched_and_reprinted_in_the_heap_of_a_refund():
    heap_kb = footprint.smallest(footprint.standin_works) + SHARE_KB
    till = Till(world=on_micropython(heap_kb))
    old_records.fill(till.world, LONG)
    with till.world:
        till.log_in()
        browse_search_reprint(till)


@real
def test_refund_and_its_correction_behind_hundreds_of_records_fit_a_board():
    """Procedures that ran leave their names, so a day takes more than its first refund."""
    heap_kb = footprint.smallest(footprint.standin_works) + DAY_KB
    till = Till(world=on_micropython(heap_kb))
    old_records.fill(till.world, LONG)
    with till.world:
        till.log_in()
        browse_search_reprint(till)
        done(till, SOLD_LAST_WEEK, 1000)
        history(till)
        till.wait("refunded")
        till.press("ENTER")
        till.wait("Details")
        till.press("ENTER")
        till.wait("1 Reprint")
        assert till.world.choose("Correct")
        till.wait("What's wrong")
        till.press("1")
        confirm(till)
        to_anew(till)
        enter_anew(till, 2000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000


def test_records_of_a_settled_batch_stay_and_are_neither_taken_back_nor_corrected(till):
    done(till, SOLD_LAST_WEEK, 1000)
    settle(till)
    finish(till)
    done(till, SOLD_LAST_WEEK, 2000)
    history(till)
    assert page(till)[2] == "20.00 Refund"
    till.press("DOWN")
    assert page(till)[2] == "10.00 Refund"
    till.press("ENTER")
    assert "Batch 000101" in read_details(till)
    till.press("ENTER")
    till.wait("1 Reprint")
    assert page(till)[1:] == [">1 Reprint", "2 Refund status", ""]
    till.press("1")
    till.wait("1 Merchant")
    till.press("CANCEL")
    till.wait("Cancelled")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Correct")
    till.wait("Voucher number")
    till.press("4", "ENTER")
    till.wait("Its batch is")
    assert till.given_back_fen(SOLD_LAST_WEEK) == 3000


def test_supervisor_reads_the_records_and_moves_nothing():
    till = Till()
    till.log_in()
    done(till, SOLD_LAST_WEEK, 1000)
    till.menu("This till", "Log off")
    till.wait("log in")
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "0", "ENTER")
    till.wait("Password")
    till.press(*"123456", "ENTER")
    till.wait("Ready")
    history(till)
    till.press("ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    assert till.world.choose("Correct")
    till.wait("No refund")
    till.press("ENTER")
    till.wait("Ready")
    assert len(till.sent("0420")) == 0


def test_records_of_the_training_are_its_own(till):
    done(till, SOLD_LAST_WEEK, 1000)
    printed = len(till.world.paper)
    training.begin(till)
    till.menu("Records", "History")
    till.wait("Nothing here yet")
    till.press("ENTER")
    till.idle()
    done(till, PRACTICE, 3000)
    till.menu("Records", "Reprint last")
    till.wait("Refund 30.00")
    till.press("ENTER")
    till.wait("1 Merchant")
    till.press("1")
    till.wait("Printed again")
    till.press("ENTER")
    till.idle()
    slip = till.world.paper[printed:]
    assert sum("DUPLICATED" in line for line in slip) == 1
    take_back(till)
    to_anew(till)
    enter_anew(till, 2000)
    history(till)
    assert page(till)[2] == "20.00 Refund"
    till.press("DOWN")
    assert page(till)[1].endswith("undone")
    till.press("CANCEL")
    till.idle()
    training.end(till)
    history(till)
    assert page(till)[2] == "10.00 Refund" and page(till)[0].endswith("1/1")
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000
