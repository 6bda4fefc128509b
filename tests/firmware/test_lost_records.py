"""A journal slot of which neither copy can be read: the host's answer ends it, nothing else."""

from random import Random

import pytest
from sqlalchemy import update

from firmware import refund_state as states
from firmware.journal import SLOTS, Journal
from firmware.record import pack
from firmware.storage import Storage, frame, put
from host_sim.acquirer import faults, ledger, schema
from host_sim.bench.flash import TEARS
from host_sim.world import pico_board, prepare_flash
from protocol.reference.codec import decode
from tests.fuzz.mutants import sealed
from tests.till import Till
from tools.campaign import operator

SOLD_TODAY = "20260001"  # at this till, in the open batch: a full refund is a void
SOLD_LAST_WEEK = "20260004"
HELD = "20260011"
QR_PAID = "20260005"
ZEROS = {4: "0" * 12, 37: "0" * 12, 61: "0" * 16}
SLOT_IN_USE_AGAIN = "slot9"
SILENT_AFTER = {"0220": "0221", "0200": "0400"}


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def lose(till, *names):
    """Switch off and flip a bit of these slots in both copies: one alone would be mended."""

    def flip(board):
        storage = Storage(board.data_flash())
        for name in names or [record.key() for record in Journal(storage).open_records()]:
            for volume in storage.volumes:
                with volume.open("journal/" + name, "rb") as file:
                    data = bytearray(file.read())
                data[30] ^= 1
                with volume.open("journal/" + name, "wb") as file:
                    file.write(data)

    till.world.power_off()
    prepare_flash(till.world.device.flash, flip, pico_board)


def send_without_answer(till, order, part_fen, fault, mti):
    """A record that is open, whatever the host made of the request."""
    till.faults.script(fault, mti)
    till.faults.script(faults.DEAF, SILENT_AFTER[mti], times=99)
    till.send(order, part_fen)
    till.wait("Asking again")
    till.faults._scripted.clear()


def read_result(till, *texts):
    till.wait("ENTER = result")
    till.press("ENTER")
    till.wait("Record lost")
    for text in texts:
        till.wait(text)
    till.press("ENTER")
    till.idle()


@pytest.mark.parametrize(
    ("order", "part_fen", "mti", "came"),
    [(SOLD_LAST_WEEK, 1000, "0220", 1000), (SOLD_TODAY, None, "0200", 12_800)],
)
def test_lost_record_that_the_host_approved_is_told_and_archived_as_approved(
    till, order, part_fen, mti, came
):
    send_without_answer(till, order, part_fen, faults.MUTE, mti)
    lost = till.journal().open_records()[0]
    lose(till)
    till.log_in()
    read_result(till, f"Voucher {lost.stan:06d}", lost.date, "was REFUNDED")
    kept = list(till.journal().finished())
    assert [(r.key(), r.state, r.order) for r in kept] == [(lost.key(), states.APPROVED, order)]
    assert till.journal().open_records() == [] and till.world.paper == []
    assert till.sent("0420") == till.sent("0400") == []
    assert till.given_back_fen(order) == came


@pytest.mark.parametrize(
    ("order", "part_fen", "mti", "closing"),
    [(SOLD_LAST_WEEK, 1000, "0220", "0420"), (SOLD_TODAY, None, "0200", "0400")],
)
def test_lost_record_that_the_host_does_not_know_is_closed_by_its_key_alone(
    till, order, part_fen, mti, closing
):
    send_without_answer(till, order, part_fen, faults.DEAF, mti)
    lost = till.journal().open_records()[0]
    late = till.world.packets("out")[-1]
    lose(till)
    till.log_in()
    read_result(till, f"Voucher {lost.stan:06d}", "was NOT refunded")
    sent = till.sent(closing)[-1].fields
    assert [sent[n] for n in ZEROS if n in sent] == [ZEROS[n] for n in ZEROS if n in sent]
    assert sent[4] == ZEROS[4] and sent[11] == f"{lost.stan:06d}"
    assert [r.state for r in till.journal().finished()] == [states.ANNULLED]
    till.shop.acquirer.answer(late, till.world.now())  # it arrives after all
    assert till.given_back_fen(order) == 0


def test_lost_record_that_is_held_for_review_is_cancelled_and_cannot_be_approved_any_more(till):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    lost = till.journal().open_records()[0]
    lose(till)
    till.log_in()
    read_result(till, "was NOT refunded")
    with till.shop.engine.begin() as connection:
        row = ledger.find_txn(
            connection, ledger.Key(lost.terminal, lost.batch, lost.stan, lost.date)
        )
    assert row.closing_code == "00"
    assert till.given_back_fen(HELD) == 0


def test_slot_that_was_free_when_it_was_lost_is_not_archived_again(till):
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    before = [vars(r) for r in till.journal().finished()]
    lose(till, till.world.device.terminal.journal._free[-1])
    till.log_in()
    till.world.run_for(60_000)
    till.wait("Ready")
    assert "result" not in " ".join(till.world.screen())
    assert [vars(r) for r in till.journal().finished()] == before
    assert till.journal().open_records() == []
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000
    assert len(till.world.device.terminal.journal._free) == SLOTS


@pytest.mark.parametrize("state", [states.PREPARED, states.SENT])
@pytest.mark.parametrize(
    ("order", "part_fen"), [(SOLD_LAST_WEEK, 1000), (SOLD_TODAY, None)], ids=["refund", "void"]
)
def test_finished_record_that_an_aged_volume_calls_open_is_not_undone(till, order, part_fen, state):
    till.send(order, part_fen)
    till.sign_and_finish()
    given_back = till.given_back_fen(order)

    def age(board):
        storage = Storage(board.data_flash())
        record = list(Journal(storage).finished())[-1]
        record.state = state
        storage.rename("journal/" + record.key(), "journal/" + SLOT_IN_USE_AGAIN)
        framed = frame(1, pack(record))
        put(storage.volumes[1], "journal/" + record.key(), "wb", framed)

    till.world.power_off()
    prepare_flash(till.world.device.flash, age, pico_board)
    till.log_in()
    till.world.run_for(60_000)
    assert till.sent("0420") == till.sent("0400") == till.sent("0221") == []
    assert till.given_back_fen(order) == given_back
    assert till.journal().open_records() == []
    assert len(till.world.device.terminal.journal._free) == SLOTS


def test_free_slots_whose_last_refund_gave_nothing_back_need_no_host(till):
    till.send("20260005", 10_051)  # a test amount: insufficient balance
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    lose(till, till.world.device.terminal.journal._free[-1], "slot5", "slot7")
    asked = len(till.sent("0600"))
    till.log_in()
    till.world.run_for(60_000)
    assert len(till.sent("0600")) == asked
    assert len(till.world.device.terminal.journal._free) == SLOTS
    assert len(list(till.journal().finished())) == 1


def test_no_new_refund_is_begun_before_the_lost_record_is_clear(till):
    send_without_answer(till, SOLD_LAST_WEEK, 1000, faults.DEAF, "0220")
    lose(till)
    till.faults.script(faults.DEAF, "0600", times=2)
    till.log_in()
    till.press("1")
    till.wait("damaged record")
    assert till.sent("0420") == []
    till.press("ENTER")
    till.idle()
    till.press("1")
    till.wait("Reason")
    assert till.sent("0420") != []
    till.press("CANCEL")
    till.wait("Nothing was sent")
    till.press("ENTER")
    read_result(till, "was NOT refunded")


def test_lost_record_that_is_counted_in_a_settled_batch_stands(till):
    """The host refuses to cancel what was settled meanwhile: it is asked again, and tells."""
    send_without_answer(till, QR_PAID, 10_096, faults.MUTE, "0220")  # test amount: open, code 96
    message = till.sent("0220")[0]
    message.mti = "0221"
    repeat = sealed(message, till.world.device.terminal.keys.mac)
    answer = till.shop.acquirer.answer

    def answer_settled(packet, now):
        if decode(packet).mti == "0420":
            answer(repeat, now), answer(repeat, now)  # delayed on the line; the second is approved
            with till.shop.engine.begin() as connection:
                refunds = update(schema.txn).where(schema.txn.c.kind == "refund")
                connection.execute(refunds.values(settled=1))
        return answer(packet, now)

    till.shop.acquirer.answer = answer_settled
    lose(till)
    till.log_in()
    read_result(till, "was REFUNDED")
    assert len(till.sent("0420")) == 1
    assert till.given_back_fen(QR_PAID) == 10_096


def come_to_rest(till):
    """Switch on and answer every screen, a power cut in between included."""
    till.world.power_on()
    try:
        operator.settle(till.world)
    except operator.GoneAstray:
        assert till.world.power_cuts == 1
        till.world.power_on()
        operator.settle(till.world)


def clear_up(operation, tear):
    """A till that cleared a lost record up, with a power cut in this flash operation after the
    next start; and how many operations that took."""
    till = Till()
    till.log_in()
    send_without_answer(till, SOLD_LAST_WEEK, 1000, faults.DEAF, "0220")
    lose(till)
    flash = till.world.device.flash
    before = flash.operations
    flash.cut_at(operation, tear, Random(operation))
    come_to_rest(till)
    return till, flash.operations - before


@pytest.mark.parametrize("tear", TEARS)
def test_power_cut_while_a_lost_record_is_cleared_up_does_no_harm(tear, monkeypatch):
    lost_is_read = (("Record lost", ("ENTER",)),)
    monkeypatch.setattr(operator, "ANSWERS", lost_is_read + operator.ANSWERS)
    total = clear_up(99_999, tear)[1]
    cuts = 0
    for operation in range(TEARS.index(tear), total, 5):
        till, _ = clear_up(operation, tear)
        cuts += till.world.power_cuts
        assert till.journal().open_records() == []
        assert {r.state for r in till.journal().finished()} == {states.ANNULLED}
        assert len(till.journal()._free) == SLOTS
        assert till.given_back_fen(SOLD_LAST_WEEK) == 0
    assert cuts > 3
