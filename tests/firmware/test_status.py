"""The status of a refund, asked for by the menu: both ends' word for it, and nothing moves."""

import pytest

from host_sim.acquirer import faults, ledger, review

SOLD_TODAY = "20260001"
SOLD_LAST_WEEK = "20260004"
HELD = "20260011"


@pytest.fixture
def till(terminal):
    terminal.log_in()
    return terminal


def ask(till, voucher=""):
    till.menu("Records", "Refund status")
    till.wait("Voucher number")
    till.press(*voucher, "ENTER")
    till.wait("Here:")
    return till.world.screen()[1:]


def records(till):
    journal = till.journal()
    return [vars(r) for r in (*journal.open_records(), *journal.finished())]


@pytest.mark.parametrize("order, part_fen", [(SOLD_LAST_WEEK, 1000), (SOLD_TODAY, None)])
def test_refund_and_void_are_refunded_at_both_ends(till, order, part_fen):
    till.send(order, part_fen)
    till.sign_and_finish()
    before = records(till)
    assert ask(till)[:2] == ["Here: refunded", "Host: refunded"]
    assert records(till) == before
    assert till.given_back_fen(order) == (part_fen or 12_800)


def test_reviewers_note_is_shown_before_the_record_knows(till):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    assert ask(till)[:2] == ["Here: in review", "Host: in review"]
    till.press("ENTER")
    till.idle()
    row = till.journal().open_records()[0]
    key = ledger.Key(row.terminal, row.batch, row.stan, row.date)
    with till.shop.engine.begin() as connection:
        review.decide(connection, key, till.shop.merchant, False, "no receipt", till.world.now())
    assert ask(till)[1:] == ["Host: declined", "Note: no receipt"]
    assert [r["state"] for r in records(till)] == [row.state]


def test_silent_host_leaves_what_is_known_here(till):
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    till.faults.script(faults.DEAF, "0600")
    assert ask(till) == ["Here: refunded", "The host does", "not answer."]
    till.press("ENTER")
    till.idle()
    assert ask(till)[1] == "Host: refunded"


def test_asking_can_be_given_up(till):
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    till.faults.script(faults.DEAF, "0600")
    till.menu("Records", "Refund status")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Connecting")
    till.press("CANCEL")
    till.wait("Nothing was sent")
