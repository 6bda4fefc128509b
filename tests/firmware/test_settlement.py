"""Settlement at the till: what it counts, what it leaves out, and when it cannot go on."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from firmware import risk
from firmware.flows import batch as batch_flow
from firmware.params import Counters
from host_sim.acquirer import schema, server
from host_sim.acquirer.call import Answer
from protocol.batch import split_totals
from tests.firmware.test_counters import Files
from tests.till import Till

ORDER = "20260005"  # paid by QR code: no rule of the card's


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def refund(till, fen):
    till.send(ORDER, fen)
    till.sign_and_finish()


def to_totals(till):
    till.menu("This till", "Settlement")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Batch 000")


def settle(till):
    to_totals(till)
    while "ENTER settles" not in " ".join(till.world.screen()):
        till.press("ENTER")
    till.press("ENTER")


def finish(till):
    till.wait("The slip is printed")
    till.press("ENTER")
    till.idle()


def totals(till):
    """F48 of every 0500 so far: debit, credit, each fen and count."""
    return [split_totals(message.fields[48])[:4] for message in till.sent("0500")]


def settlements(till):
    with till.shop.engine.connect() as connection:
        rows = select(schema.settlement).where(schema.settlement.c.stan > 0)
        return connection.execute(rows.order_by(schema.settlement.c.id)).all()


def archived(till):
    return [int(name) for name in till.journal()._storage.names("archive")]


def test_what_was_taken_back_counts_nowhere(till):
    refund(till, 1000)
    refund(till, 2000)
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Refund 20.00")
    till.press("ENTER", "ENTER")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    till.press("ENTER", "ENTER")
    till.wait("Not refunded")
    till.press("ENTER")
    till.idle()
    settle(till)
    finish(till)
    assert totals(till) == [(0, 0, 1000, 1)] and settlements(till)[0].result == 1


def test_declined_counts_nowhere_and_a_voucher_that_is_owed_counts(till):
    till.send(ORDER, 1051)
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    till.world.device.printer.paper_out = True
    till.send(ORDER, 2000)
    till.wait("No paper")
    till.press("CANCEL")
    till.wait("ENTER = result")
    till.world.device.printer.paper_out = False
    settle(till)
    till.wait("The slip is printed")
    till.press("ENTER")
    till.wait("ENTER = result")
    assert totals(till) == [(0, 0, 2000, 1)] and settlements(till)[0].result == 1
    till.press("ENTER")
    till.sign_and_finish()
    settle(till)
    finish(till)
    assert totals(till)[1] == (0, 0, 0, 0)


def test_two_closed_batches_stay_for_reprints_and_older_ones_go(till):
    for _ in range(4):
        refund(till, 1000)
        settle(till)
        finish(till)
    refund(till, 1000)
    assert archived(till) == [103, 104, 105]
    assert [row.result for row in settlements(till)] == [1, 1, 1, 1]


def test_open_intent_is_carried_over_until_it_is_counted_and_its_batch_is_kept(till):
    till.faults.script("mute", "0220")
    till.faults.script("deaf", "0221", 40)
    till.send(ORDER, 2000)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("In progress")
    till.press("ENTER")
    till.idle()
    for _ in range(3):
        settle(till)
        finish(till)
    assert totals(till) == [(0, 0, 0, 0)] * 3
    assert len(till.sent("0500")[2].fields[62]) == 20  # DF0E, once
    till.faults._scripted.clear()
    till.wait("ENTER = result")
    till.press("ENTER")
    till.sign_and_finish()
    settle(till)
    finish(till)
    assert totals(till)[3] == (0, 0, 2000, 1)
    assert [row.result for row in settlements(till)] == [1] * 4
    settle(till)
    finish(till)
    assert totals(till)[4] == (0, 0, 0, 0)


def test_batch_that_the_host_does_not_know_as_open_settles_nothing(till):
    refund(till, 1000)
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(batch=103))
    settle(till)
    till.wait("host refused")
    till.press("ENTER")
    till.idle()
    refund(till, 2000)
    assert archived(till) == [101]


def refusing(code):
    return lambda call: Answer(code)


def test_first_refusal_of_the_host_leaves_the_batch_open(till, monkeypatch):
    refund(till, 1000)
    with monkeypatch.context() as patch:
        patch.setitem(server.HANDLERS, "settlement", refusing("58"))
        settle(till)
        till.wait("host refused")
    till.press("ENTER")
    till.idle()
    refund(till, 2000)
    settle(till)
    finish(till)
    assert totals(till)[1] == (0, 0, 3000, 2) and settlements(till)[0].result == 1


def test_refusal_behind_an_unanswered_request_ends_nothing(till, monkeypatch):
    """The first may have been carried out."""
    refund(till, 1000)
    till.faults.script("mute", "0500")
    settle(till)
    till.wait("Asking again 1")
    with monkeypatch.context() as patch:
        patch.setitem(server.HANDLERS, "settlement", refusing("58"))
        till.wait("Not allowed")
        till.press("ENTER")
        till.wait("ENTER = settle")
    till.press("1")
    till.wait("It goes first")
    till.press("ENTER")
    finish(till)
    assert len({message.fields[11] for message in till.sent("0500")}) == 1
    assert len(settlements(till)) == 1 and settlements(till)[0].result == 1


def test_stan_is_the_same_and_keys_are_new_when_the_host_asks_to_sign_on(till, monkeypatch):
    refund(till, 1000)
    sound, asked = server.HANDLERS["settlement"], []

    def first_77(call):
        asked.append(call)
        return Answer("77") if len(asked) == 1 else sound(call)

    monkeypatch.setitem(server.HANDLERS, "settlement", first_77)
    settle(till)
    finish(till)
    one, other = till.sent("0500")
    assert one.fields[48] == other.fields[48] and one.fields[11] == other.fields[11]
    assert len(till.sent("0800")) == 2


def test_nothing_is_sent_where_a_void_is_not_reversed(till):
    till.faults.script("mute", "0200")
    till.faults.script("deaf", "0400", 40)
    till.send("20260001")
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("In progress")
    till.press("ENTER")
    till.idle()
    till.menu("This till", "Settlement")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("not reversed")
    assert till.sent("0500") == []


# ------------------------------------------------------------------ a batch that is full


def full(room=True, used=0, limit=500, left=10_000):
    counters = SimpleNamespace(used=used, left=lambda: left)
    limits = Files({risk.LIMITS: b"batch=%d\n" % limit})
    limits.has_room = lambda: room
    return batch_flow.is_full(SimpleNamespace(counters=counters, storage=limits))


def test_batch_is_full_by_number_by_stans_and_by_room():
    assert not full(used=499) and full(used=500)
    assert not full(left=200) and full(left=199)
    assert full(room=False, used=1) and not full(room=False, used=0)


def test_batch_is_never_larger_than_the_totals_can_say():
    assert full(used=900, limit=0) and not full(used=899, limit=0)
    assert full(used=900, limit=999)


def test_transactions_of_a_batch_are_counted_durably_and_anew_in_the_next():
    files = Files()
    counters = Counters(files)
    counters.take_stan()
    counters.take_stan(1)
    assert Counters(files).used == 1 and Counters(files).left() == 999_997
    counters.open(2)
    assert (Counters(files).batch, Counters(files).used, Counters(files).left()) == (2, 0, 999_999)
