"""What comes between an operator and his refund: late paper, fast fingers, a new batch, a cut."""

from datetime import datetime

import pytest
from sqlalchemy import delete, update

from firmware import refund_state as states
from host_sim.acquirer import faults, ledger, review, schema
from host_sim.bench.flash import PICO_BYTES
from protocol import tlv
from protocol.reference.codec import decode
from tests.fuzz.mutants import sealed
from tests.till import Till

SOLD_TODAY = "20260001"  # at this till, in the open batch: a full refund is a void
SOLD_LAST_WEEK = "20260004"
HELD = "20260011"


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def ask_for_order(till, order):
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*order, "ENTER")


def tell_of_the_order(till, **tags):
    """Let the host's next answers to order inquiries carry these tags, under a right MAC."""
    answer = till.shop.acquirer.answer

    def forged(packet, now):
        reply = answer(packet, now)
        message = decode(reply)
        if message.mti != "0610":
            return reply
        message.fields[62] = tlv.pack(list((tlv.unpack(message.fields[62]) | tags).items()))
        return sealed(message, till.world.device.terminal.keys.mac)

    till.shop.acquirer.answer = forged


def send_and_leave(till, order, part_fen):
    """Send a refund that gets no final answer, and leave it to the background."""
    till.send(order, part_fen)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("Do not enter")
    till.press("ENTER")
    till.idle()


def test_void_cut_off_by_a_power_cut_is_reversed_before_the_next_inquiry_goes_out(till):
    till.faults.script(faults.MUTE, "0200")
    till.send(SOLD_TODAY)
    till.wait("Sending")
    till.world.run_for(1000)
    till.world.power_off()
    till.world.run_for(2000)
    before = len(till.world.packets("out"))
    till.log_in()
    till.to_second_check(SOLD_LAST_WEEK, 1000)
    sent = [decode(packet).mti for packet in till.world.packets("out")[before:]]
    assert sent.index("0400") < sent.index("0600")
    assert till.given_back_fen(SOLD_TODAY) == 0


def test_cancel_ends_the_asking_while_the_line_is_busy_with_an_older_refund(till):
    till.faults.script(faults.DEAF, "0220")
    till.faults.script(faults.DEAF, "0221", times=99)
    send_and_leave(till, SOLD_LAST_WEEK, 1000)
    repeats = len(till.sent("0221"))
    assert till.world.run_until(lambda: len(till.sent("0221")) > repeats, 120_000)
    ask_for_order(till, "20260006")
    till.wait("Asking")
    pressed_at = till.world.now_ms
    till.press("CANCEL")
    till.wait("Nothing was sent")
    assert till.world.now_ms - pressed_at < 1000


def test_keys_typed_before_the_second_check_stands_on_the_screen_confirm_nothing(till):
    ask_for_order(till, SOLD_LAST_WEEK)
    till.wait("Check order")
    till.press("ENTER", "ENTER")
    till.wait("Full amount")
    till.press("1")
    till.wait("Supervisor")
    for key in [*"123456", *["ENTER"] * 6]:  # faster than the terminal takes them
        till.world.device.terminal.keypad.queue.put(key)
    till.world.device.wake()
    till.world.run_for(3000)
    assert till.world.screen()[0].startswith("Second check")
    assert till.sent("0220") == []


def test_keys_pressed_while_connecting_do_not_wipe_the_message_away(till):
    till.world.wire.cut()
    till.menu("This till", "Sign on")
    till.world.run_for(2000)
    till.press("ENTER")
    till.wait("No sign-on")
    till.world.run_for(60_000)
    assert till.world.screen()[0].startswith("No sign-on")


def test_batch_closed_behind_the_second_check_is_asked_again_and_is_a_refund(till):
    send_and_leave(till, "20260005", 10_096)  # a test amount: two answers that are not final
    till.to_second_check(SOLD_TODAY)
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(batch=102))
        connection.execute(delete(schema.key_set))  # so the next repeat brings a sign-on
    assert till.world.run_until(lambda: len(till.sent("0800")) == 2, 100_000)
    till.world.run_for(1000)
    till.press("ENTER")
    till.wait("Second check")
    till.press("ENTER")
    till.wait("ENTER sends")
    till.press("ENTER")
    till.sign_and_finish()
    assert till.sent("0200") == []
    assert till.sent("0220")[-1].fields[60][:8] == "25000102"
    assert till.given_back_fen(SOLD_TODAY) == 12_800


def test_order_of_another_number_than_asked_for_is_not_shown(till):
    tell_of_the_order(till, DF01="20260006")
    ask_for_order(till, SOLD_LAST_WEEK)
    till.wait("unusable")


def test_card_number_that_the_host_did_not_mask_is_masked_by_the_terminal(till):
    tell_of_the_order(till, DF10="6205500000000000004")
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    assert any("620550****0004" in line for line in till.world.paper)
    assert b"6205500000000000004" not in till.world.device.flash.read(0, PICO_BYTES)


def test_no_refund_is_begun_once_the_batch_has_used_up_its_stans(till):
    counters = till.world.device.terminal.counters
    till.to_second_check(SOLD_LAST_WEEK, 1000)
    counters.last = counters._stan + 1  # the last number of this batch,
    counters.take_stan()  # taken by somebody else
    till.press("ENTER")
    till.wait("no numbers left")
    till.press("ENTER")
    till.idle()
    till.press("1")  # the next one hears it before anything is typed
    till.wait("Batch full")
    till.press("CANCEL")
    till.wait("Nothing was sent")
    till.press("ENTER")
    till.idle()
    assert till.sent("0220") == [] and till.journal().open_records() == []
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(batch=102))
    till.menu("This till", "Sign on")
    till.wait("Keys renewed")
    till.idle()
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()


def test_reversal_of_a_void_goes_before_the_repeats_of_an_older_refund(till):
    for mti in ("0220", "0200"):
        till.faults.script(faults.DEAF, mti)
    for mti in ("0221", "0400"):
        till.faults.script(faults.DEAF, mti, times=99)
    send_and_leave(till, SOLD_LAST_WEEK, 1000)
    till.send(SOLD_TODAY)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("being reversed")
    till.press("ENTER")
    till.idle()
    before = len(till.world.packets("out"))
    till.world.run_for(600_000)
    behind = [decode(packet).mti for packet in till.world.packets("out")[before:]]
    rounds = behind[behind.index("0400") :]
    assert len(rounds) > 6 and rounds == (["0400", "0221"] * len(rounds))[: len(rounds)]


@pytest.mark.parametrize("approve, shown", [(True, "approved"), (False, "Declined 05")])
def test_reviewers_decision_is_shown_as_what_it_is(till, approve, shown):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    row = till.journal().open_records()[0]
    key = ledger.Key(row.terminal, row.batch, row.stan, row.date)
    with till.shop.engine.begin() as connection:
        review.decide(connection, key, till.shop.merchant, approve, "seen", till.world.now())
    till.wait("ENTER = result")
    record = till.journal().open_records()[0]
    assert record.code == ("00" if approve else "05")
    assert bool(record.arrival) == approve
    till.press("ENTER")
    till.wait(shown)
    assert till.given_back_fen(HELD) == (1000 if approve else 0)


def test_declined_refund_is_shown_again_after_a_power_cut_on_its_message(till):
    till.send("20260005", 10_051)  # a test amount: insufficient balance
    till.wait("Declined 51")
    till.world.power_off()
    till.log_in()
    till.wait("ENTER = result")
    till.press("ENTER")
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    assert till.journal().open_records() == []
    assert [r.state for r in till.journal().finished()] == [states.DECLINED]


def test_reply_from_after_new_years_eve_is_printed_with_its_own_year():
    till = Till(start=datetime(2026, 12, 31, 23, 59))
    till.log_in()
    till.faults.script(faults.DEAF, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    assert till.journal().open_records() == []
    printed = " ".join(till.world.paper)
    assert "2027-01-01" in printed and "2026-01-01" not in printed
