"""Taking a refund or void back while its batch is open, from the archive or where it stands."""

from random import Random

import pytest
from sqlalchemy import update

from firmware import refund_state as states
from firmware.journal import SLOTS
from host_sim.acquirer import faults, schema
from host_sim.bench.flash import TEARS
from tests.till import Till, journal_of
from tools.campaign import operator

SOLD_TODAY = "20260001"  # at this till, in the open batch: a full refund is a void
SOLD_LAST_WEEK = "20260004"
HELD = "20260011"
SAME_KEY = (4, 11, 37, 60, 61, 62)


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def choose(till, voucher=""):
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press(*voucher, "ENTER")


def to_second_check(till, voucher=""):
    choose(till, voucher)
    till.wait("Voucher 000")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    while "ENTER takes back" not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(500)


def take_back(till, voucher=""):
    to_second_check(till, voucher)
    till.press("ENTER")


def done(till, order, part_fen=None):
    """A refund or void that is printed, signed and archived; its record."""
    till.send(order, part_fen)
    till.sign_and_finish()
    return list(till.journal().finished())[-1]


def last_states(till):
    """State of every key in the archive: of two entries the later counts."""
    assert till.journal().open_records() == []
    return {record.key(): record.state for record in till.journal().finished()}


def read_taken_back(till, text="vouchers are"):
    till.wait("Not refunded")
    till.press("DOWN")
    till.wait(text)
    till.press("ENTER")
    till.idle()


def close_batch_at_host(till):
    with till.shop.engine.begin() as connection:
        counted = update(schema.txn).where(schema.txn.c.kind != "sale")
        connection.execute(counted.values(settled=1))


def test_archived_refund_is_taken_back_under_its_own_key(till):
    kept = done(till, SOLD_LAST_WEEK, 1000)
    paper = len(till.world.paper)
    take_back(till)
    read_taken_back(till)
    asked, cancel = till.sent("0220")[0], till.sent("0420")[0]
    assert [asked.fields[n] for n in SAME_KEY] == [cancel.fields[n] for n in SAME_KEY]
    assert last_states(till) == {kept.key(): states.ANNULLED}
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0
    assert len(till.world.paper) == paper
    assert len(till.journal()._free) == SLOTS
    done(till, SOLD_LAST_WEEK, 1000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_archived_void_is_taken_back_by_a_reversal_that_says_so(till):
    kept = done(till, SOLD_TODAY)
    take_back(till)
    read_taken_back(till)
    reversal = till.sent("0400")[0].fields
    assert (reversal[11], reversal[39]) == (f"{kept.stan:06d}", "06")
    assert last_states(till) == {kept.key(): states.ANNULLED}
    assert till.given_back_fen(SOLD_TODAY) == 0


def test_voucher_number_names_another_than_the_last(till):
    first = done(till, SOLD_LAST_WEEK, 1000)
    second = done(till, SOLD_LAST_WEEK, 2000)
    to_second_check(till, str(first.stan))
    till.press("UP", "UP", "UP")
    till.wait("Refund 10.00")
    till.press("ENTER", "ENTER")
    read_taken_back(till)
    assert last_states(till) == {first.key(): states.ANNULLED, second.key(): states.APPROVED}
    assert till.given_back_fen(SOLD_LAST_WEEK) == 2000


def test_cancelling_is_durable_before_the_first_byte(till):
    done(till, SOLD_LAST_WEEK, 1000)
    to_second_check(till)
    seen = []
    send = till.world.device._on_link

    def first_byte(data):
        seen.append([r.state for r in journal_of(till.world.device.flash).open_records()])
        send(data)

    till.world.device._on_link = first_byte
    till.press("ENTER")
    read_taken_back(till)
    assert seen[0] == [states.CANCELLING]


def test_refund_held_for_review_is_taken_back_before_anybody_decided(till):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    take_back(till)
    read_taken_back(till, "it anew")
    assert list(last_states(till).values()) == [states.ANNULLED]
    assert till.given_back_fen(HELD) == 0


@pytest.mark.parametrize("fault", [faults.DEAF, faults.MUTE])
def test_late_repeat_after_a_cancel_leaves_no_credit(till, fault):
    till.faults.script(fault, "0220")
    till.faults.script(faults.DEAF, "0221", times=99)
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("Do not enter")
    till.press("ENTER")
    till.idle()
    take_back(till)
    read_taken_back(till, "it anew")
    late = till.world.packets("out")
    for packet in late:
        till.shop.acquirer.answer(packet, till.world.now())
    assert list(last_states(till).values()) == [states.ANNULLED]
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0


def test_lost_answer_is_asked_for_again_as_a_repeat(till):
    done(till, SOLD_LAST_WEEK, 1000)
    till.faults.script(faults.MUTE, "0420")
    take_back(till)
    read_taken_back(till)
    assert len(till.sent("0420")) == len(till.sent("0421")) == 1


def test_dead_host_leaves_it_to_the_background_and_the_result_is_shown_then(till):
    kept = done(till, SOLD_LAST_WEEK, 1000)
    till.faults.script(faults.DEAF, "0420")
    till.faults.script(faults.DEAF, "0421", times=7)
    take_back(till)
    till.wait("Being cancelled")
    till.press("ENTER")
    till.wait("ENTER = result")
    till.press("ENTER")
    read_taken_back(till)
    assert last_states(till) == {kept.key(): states.ANNULLED}
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0


@pytest.mark.parametrize("order, part_fen, came", [(SOLD_LAST_WEEK, 1000, 1000),
                                                   (SOLD_TODAY, None, 12_800)])
def test_what_is_settled_already_stands(till, order, part_fen, came):
    kept = done(till, order, part_fen)
    close_batch_at_host(till)
    take_back(till)
    till.wait("settled already")
    till.press("ENTER")
    till.wait("Vouchers printed")
    till.press("ENTER")
    till.idle()
    assert last_states(till) == {kept.key(): states.APPROVED}
    assert till.given_back_fen(order) == came


def test_voucher_of_a_closed_batch_is_not_taken_back(till):
    kept = done(till, SOLD_LAST_WEEK, 1000)
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(batch=102))
    till.menu("This till", "Sign on")
    till.wait("Keys renewed")
    till.idle()
    choose(till)
    till.wait("No refund in this")
    till.press("ENTER")
    till.idle()
    choose(till, str(kept.stan))
    till.wait("batch is closed")
    assert till.sent("0420") == []
    assert last_states(till) == {kept.key(): states.APPROVED}


def test_what_gave_nothing_back_is_not_taken_back(till):
    till.send("20260005", 10_051)  # a test amount: insufficient balance
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    choose(till)
    till.wait("declined it:")
    till.press("ENTER")
    till.idle()
    done(till, SOLD_LAST_WEEK, 1000)
    take_back(till)
    read_taken_back(till)
    choose(till)
    till.wait("Taken back already")
    till.wait("already")
    assert len(till.sent("0420")) == 1


def test_number_that_no_voucher_has_is_told(till):
    choose(till, "999")
    till.wait("Voucher 999 is")
    till.press("ENTER")
    till.idle()


@pytest.mark.parametrize("keys", [("CANCEL",), (*"111111", "ENTER") * 3])
def test_without_the_supervisor_nothing_is_taken_back(till, keys):
    kept = done(till, SOLD_LAST_WEEK, 1000)
    choose(till)
    till.wait("Voucher 000")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    for key in keys:
        till.press(key)
        till.world.run_for(500)
        if "ENTER, try again" in " ".join(till.world.screen()):
            till.press("ENTER")
            till.world.run_for(500)
    till.wait("Nothing was sent")
    assert till.sent("0420") == []
    assert last_states(till) == {kept.key(): states.APPROVED}


def test_key_conflict_is_told_and_starves_nobody(till):
    """94 to a cancel is repeated for ever, by contract: the others go on beside it."""
    done(till, SOLD_LAST_WEEK, 1000)
    with till.shop.engine.begin() as connection:
        refunds = update(schema.txn).where(schema.txn.c.kind == "refund")
        connection.execute(refunds.values(fingerprint="another"))
    take_back(till)
    till.wait("Number conflict")
    till.press("ENTER")
    till.idle()
    till.faults.script(faults.MUTE, "0220")
    till.send("20260006", 1000)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("Do not enter")
    till.press("ENTER")
    till.wait("ENTER = result")
    till.press("ENTER")
    till.sign_and_finish()
    repeats = len(till.sent("0421"))
    till.world.run_for(600_000)
    assert repeats < len(till.sent("0421")) < repeats + 15
    assert [r.state for r in till.journal().open_records()] == [states.CANCELLING]


def take_back_with_a_cut(order, part_fen, operation, tear):
    """A till where a power cut befell this flash operation of a taking back; how many there are."""
    till = Till()
    till.log_in()
    done(till, order, part_fen)
    flash = till.world.device.flash
    before = flash.operations
    flash.cut_at(operation, tear, Random(operation))
    try:
        take_back(till)
        operator.settle(till.world)
    except (AssertionError, operator.GoneAstray):
        assert till.world.power_cuts == 1
        till.world.power_on()
        operator.settle(till.world)
    return till, flash.operations - before


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("order, part_fen, came", [(SOLD_LAST_WEEK, 1000, 1000),
                                                   (SOLD_TODAY, None, 12_800)])
def test_power_cut_in_a_taking_back_leaves_both_ends_agreed(order, part_fen, came, tear):
    total = take_back_with_a_cut(order, part_fen, 99_999, tear)[1]
    ends = set()
    for operation in range(TEARS.index(tear), total, 3):
        till, _ = take_back_with_a_cut(order, part_fen, operation, tear)
        (state,) = last_states(till).values()
        ends.add(state)
        assert till.given_back_fen(order) == (came if state == states.APPROVED else 0)
        assert len(till.journal()._free) == SLOTS
    assert states.ANNULLED in ends <= {states.APPROVED, states.ANNULLED}
