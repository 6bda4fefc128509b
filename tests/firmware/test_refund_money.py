"""Where the money is, whatever happens: firmware and acquirer together, in virtual time."""

from functools import partial

import pytest

from firmware import main
from firmware import refund_state as states
from host_sim.acquirer import faults
from host_sim.world import World
from protocol.mac import des
from protocol.mac.portable import PortableCiphers
from protocol.reference.ciphers import Ciphers
from tests.till import Till, journal_of

SOLD_TODAY = "20260001"  # at this till, in the open batch: a full refund is a void
SOLD_LAST_WEEK = "20260004"
FULL_FEN = 52_000


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def states_of(journal):
    return [record.state for record in journal.open_records()]


@pytest.mark.parametrize("order, mti", [(SOLD_LAST_WEEK, "0220"), (SOLD_TODAY, "0200")])
def test_sent_is_durable_before_the_first_byte_of_the_request(till, order, mti):
    seen = []
    send = till.world.device._on_link

    def first_byte(data):
        if till.world.screen()[0] == "Sending":
            seen.append(states_of(journal_of(till.world.device.flash)))
        send(data)

    till.world.device._on_link = first_byte
    till.send(order)
    till.sign_and_finish()
    assert len(till.sent(mti)) == 1
    assert seen[0] == [states.SENT]


def test_approval_is_durable_before_it_is_shown_or_printed(till):
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Refund approved")
    assert states_of(till.journal()) == [states.APPROVED]
    assert till.world.paper == []
    till.sign_and_finish()
    assert till.journal().open_records() == []
    assert [r.state for r in till.journal().finished()] == [states.APPROVED]
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_lost_reply_is_asked_for_again_with_the_same_key_and_credits_once(till):
    till.faults.script(faults.MUTE, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    till.sign_and_finish()
    first, again = till.sent("0220")[0], till.sent("0221")[0]
    assert {n: first.fields[n] for n in (4, 11, 37, 60, 61, 62)} == {
        n: again.fields[n] for n in (4, 11, 37, 60, 61, 62)
    }
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_dead_host_leaves_the_refund_in_progress_and_it_ends_behind_the_operators_back(till):
    till.faults.script(faults.DEAF, "0220")
    till.faults.script(faults.DEAF, "0221", times=8)
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Do not enter")
    assert states_of(till.journal()) == [states.SENT]
    till.press("ENTER")
    till.wait("1 in progress")
    till.wait("ENTER = result")
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000
    till.press("ENTER")
    till.sign_and_finish()
    assert any("DUPLICATED" in line for line in till.world.paper)


def test_refund_in_progress_cannot_be_entered_again(till):
    till.faults.script(faults.DEAF, "0220")
    till.faults.script(faults.DEAF, "0221", times=99)
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("Do not enter")
    till.press("ENTER")
    till.wait("1 in progress")
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*SOLD_LAST_WEEK, "ENTER")
    till.wait("Do not enter")
    till.press("ENTER")
    till.idle()
    assert len(till.sent("0220")) == 1


@pytest.mark.parametrize("fault", [faults.DEAF, faults.MUTE, faults.BAD_MAC])
def test_void_without_a_trusted_answer_is_reversed_and_leaves_no_credit(till, fault):
    till.faults.script(fault, "0200")
    till.send(SOLD_TODAY)
    till.wait("was not refunded")
    till.press("ENTER")
    till.idle()
    reversal = till.sent("0400")[0]
    assert reversal.fields[11] == till.sent("0200")[0].fields[11]
    assert reversal.fields[39] == ("A0" if fault == faults.BAD_MAC else "98")
    assert till.given_back_fen(SOLD_TODAY) == 0
    assert till.journal().open_records() == []


def test_nothing_goes_online_before_the_last_void_is_reversed(till):
    till.faults.script(faults.MUTE, "0200")
    till.faults.script(faults.DEAF, "0400", times=7)
    till.send(SOLD_TODAY)
    till.wait("being reversed")
    assert till.given_back_fen(SOLD_TODAY) == 12_800
    till.press("ENTER")
    till.idle()
    inquiries = len(till.sent("0600"))
    till.press("1")
    till.wait("Last void or sale not reversed.")
    assert len(till.sent("0600")) == inquiries
    till.press("ENTER")
    till.idle()
    till.press("1")
    till.wait("Reason")
    assert till.given_back_fen(SOLD_TODAY) == 0
    assert states_of(till.journal()) == [states.ANNULLED]
    till.press("CANCEL")
    till.wait("Nothing was sent")
    till.press("ENTER")
    till.wait("ENTER = result")
    till.press("ENTER")
    till.wait("was not refunded")
    till.press("ENTER")
    till.idle()
    assert till.journal().open_records() == []


def test_bad_mac_on_a_refund_reply_moves_nothing_and_the_repeat_settles_it(till):
    till.faults.script(faults.BAD_MAC, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    assert states_of(till.journal()) == [states.SENT]
    till.sign_and_finish()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_held_refund_is_not_printed_and_not_sent_again(till):
    till.send("20260011", 1000)
    till.wait("A reviewer")
    assert states_of(till.journal()) == [states.PENDING_REVIEW]
    till.press("ENTER")
    till.idle()
    till.world.run_for(600_000)
    assert till.world.paper == []
    assert till.sent("0221") == [] and len(till.sent("0600")) > 1
    assert till.given_back_fen("20260011") == 0


@pytest.mark.parametrize("moment", ["Sending", "Asking again", "Refund approved", "Signature"])
def test_power_cut_in_mid_refund_ends_in_one_credit_and_paper_that_says_so(till, moment):
    if moment == "Asking again":
        till.faults.script(faults.MUTE, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait(moment)
    till.world.power_off()
    till.world.run_for(2000)
    till.log_in()
    till.wait("ENTER = result")
    till.press("ENTER")
    till.sign_and_finish()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000
    assert till.journal().open_records() == []
    assert any("DUPLICATED" in line for line in till.world.paper)


def test_power_cut_before_the_second_check_leaves_nothing(till):
    till.to_second_check(SOLD_LAST_WEEK, 1000)
    till.world.power_off()
    till.world.run_for(2000)
    till.log_in()
    till.world.run_for(600_000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 0
    assert till.journal().open_records() == []
    assert till.sent("0220") == till.sent("0420") == []


def test_keys_hammered_while_waiting_confirm_nothing(till):
    till.faults.script(faults.DELAY, "0220", delay_ms=20_000)
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Sending")
    till.press(*["ENTER"] * 12)
    till.wait("Signature")
    assert len(till.sent("0220")) == 1
    till.sign_and_finish()
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_no_paper_is_asked_for_and_the_copy_says_duplicate(till):
    till.world.device.printer.paper_out = True
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("No paper")
    till.world.device.printer.paper_out = False
    till.press("ENTER")
    till.sign_and_finish()
    assert any("DUPLICATED" in line for line in till.world.paper)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_voucher_put_off_is_owed_and_printed_later(till):
    till.world.device.printer.paper_out = True
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("No paper")
    till.press("CANCEL")
    till.wait("ENTER = result")
    till.world.device.printer.paper_out = False
    till.press("ENTER")
    till.sign_and_finish()
    assert till.journal().open_records() == []


def test_devices_own_ciphers_give_the_same_bytes_as_the_hosts():
    runs = []
    for ciphers in (partial(PortableCiphers, des), Ciphers):
        till = Till(world=partial(World, boot=lambda board, own=ciphers: main.start(board, own())))
        till.log_in()
        till.send(SOLD_LAST_WEEK, 1000)
        till.sign_and_finish()
        runs.append(till.world.trace)
    assert runs[0] == runs[1]


def test_same_seed_gives_the_same_bytes_screens_and_paper_and_another_seed_does_not():
    def run(seed):
        till = Till(seed=seed)
        till.log_in()
        till.send(SOLD_LAST_WEEK, 1000)
        till.sign_and_finish()
        return till.world.trace

    assert run(7) == run(7)
    assert run(7) != run(8)
