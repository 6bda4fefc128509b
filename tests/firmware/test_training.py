"""Training: everything behaves, not one byte leaves by the line, not one bit of the flash changes,
and what was practised never becomes real."""

import pytest

from firmware.flows.menu import MENUS
from firmware.flows.roles import NOT_IN_TRAINING
from firmware.operators import Operators
from host_sim.acquirer.samples import UNIONPAY_CREDIT, track2
from tests.till import Till


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    till.left = bytearray()
    send = till.world.wire.to_host.send

    def watched(data, now_ms):
        till.left += data
        send(data, now_ms)

    till.world.wire.to_host.send = watched
    return till


def flash(till):
    return till.world.device.flash.read(0, till.world.device.flash.size)


def enter_until(till, text):
    """ENTER, page by page, until this is to be read."""
    for _ in range(20):
        if text in " ".join(till.world.screen()):
            return
        till.press("ENTER")
        till.world.run_for(2000)
    raise AssertionError(f"never came to {text!r}: {till.world.screen()}")


def switch(till):
    """To the question whether training is to begin or to end, and its answer."""
    till.menu("Service", "Training")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("training")


def begin(till):
    switch(till)
    enter_until(till, "Nothing is")
    till.press("ENTER")
    till.idle()


def end(till):
    switch(till)
    enter_until(till, "Training is over")
    till.press("ENTER")
    till.idle()


def approved(till, order, part_fen=None):
    till.send(order, part_fen)
    till.sign_and_finish()


def practise(till):
    """A day's work: part, rest, void, refusal, review, taking back, status."""
    approved(till, "1002", 1000)
    approved(till, "1002", 7800)
    approved(till, "1001")
    till.send("1003", 1051)
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    till.send("1003", 1009)
    till.wait("In review")
    till.press("ENTER")
    till.menu("Records", "Refund status")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Host: refunded")
    till.press("ENTER")
    till.wait("ENTER = result")
    till.press("ENTER")
    till.sign_and_finish()
    approved(till, "1003", 2000)
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Voucher")
    enter_until(till, "Enter password")
    till.press(*"123456", "ENTER")
    enter_until(till, "Not refunded")
    till.press("ENTER")


def test_a_day_of_training_leaves_no_byte_on_the_line_and_no_bit_in_the_flash(till):
    before = flash(till)
    begin(till)
    till.left.clear()
    practise(till)
    end(till)
    assert bytes(till.left) == b""
    assert flash(till) == before
    assert till.given_back_fen("20260004") == 0


def test_refund_with_its_card_is_practised_and_no_digit_of_the_card_leaves(till):
    before = flash(till)
    begin(till)
    till.left.clear()
    till.menu("Refund, card")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*"1002", "ENTER")
    till.wait("Check order")
    till.press("ENTER", "ENTER")
    till.wait("Full amount")
    till.press("1")
    till.wait("Order's card")
    assert till.world.choose("Key the card")
    till.wait("Card number")
    till.press(*"6228480000075678", "ENTER")
    till.wait("Expiry")
    till.press(*"1230", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    till.press("ENTER")
    till.wait("ENTER sends")
    till.press("ENTER")
    till.sign_and_finish()
    end(till)
    assert bytes(till.left) == b""
    assert flash(till) == before
    assert till.given_back_fen("20260004") == 0


def test_every_copy_says_that_it_is_not_valid_and_no_real_one_does(till):
    begin(till)
    approved(till, "1002", 1000)
    slips = till.world.device.printer.sheets()
    assert len(slips) == 2
    for slip in slips:
        assert sum("TRAINING 无效/NOT VALID" in line.text for line in slip) == 2
    end(till)
    approved(till, "20260004", 1000)
    for slip in till.world.device.printer.sheets()[2:]:
        assert not any("TRAINING" in line.text for line in slip)


def test_every_title_tells_that_it_is_training(till):
    begin(till)
    seen = len(till.world.trace)
    approved(till, "1002", 1000)
    titles = [event.value.rows[0] for event in till.world.trace[seen:] if event.kind == "screen"]
    without = [title for title in titles if "T" not in title[9:]]
    assert len(titles) > 20
    assert without == [title for title in titles if title.startswith("Second check1")]  # no room


@pytest.mark.parametrize("after_ms", [0, 300, 900, 1500, 4000])
def test_power_cut_in_training_leaves_nothing_behind(till, after_ms):
    before = flash(till)
    begin(till)
    till.left.clear()
    till.send("1002", 1000)
    till.world.run_for(after_ms)
    till.world.power_off()
    assert flash(till) == before and bytes(till.left) == b""
    till.log_in()
    assert till.journal().open_records() == []
    assert "TRAINING" not in " ".join(till.world.screen())
    approved(till, "20260004", 1000)
    assert till.given_back_fen("20260004") == 1000


def test_it_does_not_begin_while_a_real_refund_is_open(till):
    till.faults.script("deaf", "0220", 1)
    till.faults.script("deaf", "0221", 9)
    till.send("20260004", 1000)
    till.wait("No answer")
    till.press("CANCEL")
    till.wait("In progress")
    till.press("ENTER")
    till.wait("1 in progress")
    switch(till)
    enter_until(till, "Something is")
    assert till.world.device.terminal.training is None


def test_what_is_open_when_training_ends_is_never_sent(till):
    before = flash(till)
    begin(till)
    till.left.clear()
    till.send("1002", 1096)
    till.wait("No answer")
    till.press("CANCEL")
    till.wait("In progress")
    till.press("ENTER")
    till.idle()
    end(till)
    till.world.run_for(900_000)
    assert bytes(till.left) == b""
    assert flash(till) == before


def test_real_counters_go_on_where_they_were(till):
    approved(till, "20260004", 1000)
    last = till.sent("0220")[-1].fields[11]
    begin(till)
    approved(till, "1002", 1000)
    end(till)
    approved(till, "20260004", 1000)
    stans = [m.fields[11] for m in till.sent("0220")]
    assert int(stans[-1]) == int(last) + 2  # the inquiry takes one


def sell(till, fen, number):
    till.menu("Sale")
    till.wait("Amount of sale")
    till.press(*str(fen), "ENTER")
    till.wait("Order no")
    till.press(*number, "ENTER")
    till.wait("Payment")
    till.press("1")
    till.wait("Swipe the card")
    till.world.swipe(track2(UNIONPAY_CREDIT))
    if fen > 100_000:
        till.wait("Card PIN")
        till.press(*"123456", "ENTER")
    enter_until(till, "Second check")
    enter_until(till, "ENTER sends")
    till.press("ENTER")
    till.sign_and_finish()


def take_back_last(till, *texts):
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Voucher")
    enter_until(till, "Enter password")
    till.press(*"123456", "ENTER")
    for text in texts:
        enter_until(till, text)
    till.press("ENTER")
    till.idle()


def test_sales_and_settlement_in_training_leave_nothing_behind(till):
    before = flash(till)
    begin(till)
    till.left.clear()
    sell(till, 128_000, "880001")
    approved(till, "880001")  # of the open batch, whole: a void
    sell(till, 5000, "880002")
    take_back_last(till, "not charged")
    sell(till, 5000, "880003")
    approved(till, "880003", 1000)
    slips = len(till.world.device.printer.sheets())
    till.menu("This till", "Settlement")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    for row in ("Sale x2", "Void x1", "Refund x1", "ENTER settles"):
        enter_until(till, row)
    till.press("ENTER")
    till.wait("is settled")
    till.press("ENTER")
    till.idle()
    slip = [line.text for line in till.world.device.printer.sheets()[slips]]
    assert sum("TRAINING 无效/NOT VALID" in line for line in slip) == 2
    approved(till, "880003", 1000)  # the next batch: still a refund
    end(till)
    assert bytes(till.left) == b"" and flash(till) == before
    till.menu("This till", "Settlement")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("Batch 000101")
    till.wait("No transactions")


def test_a_sale_of_training_that_was_refunded_in_part_cannot_be_taken_back(till):
    begin(till)
    sell(till, 5000, "880003")
    sale = till.world.device.terminal.counters._stan
    approved(till, "880003", 1000)
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press(*str(sale), "ENTER")
    till.wait("Voucher")
    enter_until(till, "Enter password")
    till.press(*"123456", "ENTER")
    enter_until(till, "the sale stands")


def test_wrong_password_in_training_is_counted_for_good(till):
    begin(till)
    till.menu("Service", "Training")
    till.wait("Enter password")
    till.press(*"999999", "ENTER")
    till.wait("Wrong password")
    till.world.power_off()
    till.world.power_on()
    terminal = till.world.device.terminal
    assert Operators(terminal.storage).tries_left("00") == 2


def test_whoever_logged_in_during_training_stays_logged_in(till):
    begin(till)
    till.menu("This till", "Log off")
    till.wait("log in")
    end_operator = till.world.device.terminal.operator
    assert end_operator is None
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "0", "ENTER")
    till.wait("Password")
    till.press(*"123456", "ENTER")
    till.idle()
    till.menu("Service", "Training")
    enter_until(till, "Training is over")
    assert till.world.device.terminal.operator == "00"


def test_what_would_change_the_real_terminal_is_refused(till):
    begin(till)
    till.left.clear()
    before = flash(till)
    for path in (
        ("Service", "Self-test"), ("Service", "Wipe till"), ("This till", "Password"),
        ("This till", "Sign off"), ("This till", "Operators", "Add"),
        ("This till", "Operators", "Limits"), ("Service", "Service call"),
    ):  # fmt: skip
        till.menu(*path)
        till.wait("Not in training")
        till.press("CANCEL")
        till.idle()
    assert flash(till) == before and bytes(till.left) == b""


def test_every_procedure_of_the_menus_is_practised_or_refused():
    """A new one has to be decided about."""
    practised = {
        "refund", "by_card", "sale", "status", "take_back", "correct", "records", "search",
        "reprint", "sign_on", "echo", "language", "log_off", "settle_slip", "version", "training",
        "show_log", "settle",
    }  # fmt: skip
    paths = {path for _, _, entries in MENUS.values() for _, path in entries if path not in MENUS}
    open_to_all = {path.split(".")[1] for path in paths if not path.startswith(NOT_IN_TRAINING)}
    assert open_to_all == practised
    assert "flows.activate.run".startswith(NOT_IN_TRAINING)
