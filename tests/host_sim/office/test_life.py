"""A refund's whole life: applied for, reviewed by another person, posted, paid, disputed."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from host_sim.acquirer import samples, scenario
from host_sim.acquirer.host import Host
from host_sim.office import audit, clearing, disputes, life, refunds, reprints, review
from host_sim.office.refusals import Refused
from host_sim.office.schema import refund
from tests.host_sim.acquirer.till import code
from tests.host_sim.office.desk import ANNA, BOB, CARL, ORDER


def refused(deed, *words, **more):
    with pytest.raises(Refused) as reason:
        deed(*words, **more)
    return reason.value.code


def test_application_approved_by_another_person_is_posted_and_paid(desk):
    number = desk.apply().id
    assert desk.back_fen() == 0 and desk.host.order(ORDER).held_fen == 1000
    assert desk.do(review.approve, BOB, number, "ok").state == "approved"
    assert desk.back_fen() == 1000
    states = [desk.days() and desk.find(number).state for _ in range(3)]
    assert states == ["processing", "paid", "paid"]
    told = [step.after for step in desk.look(life.history, number)]
    assert told == ["applied", "approved", "processing", "paid"]
    assert desk.look(audit.verify)[0] >= 4


def test_applicant_cannot_approve_whatever_his_role(desk):
    number = desk.apply(actor=BOB).id
    assert refused(desk.do, review.approve, BOB, number, "ok") == "OWN_APPLICATION"
    assert refused(desk.do, review.approve, ANNA, number, "ok") == "NOT_ALLOWED"
    assert desk.back_fen() == 0


def test_two_reviewers_post_one_credit(desk):
    number = desk.apply().id
    desk.do(review.approve, BOB, number, "ok")
    assert refused(desk.do, review.approve, CARL, number, "ok") == "NOT_NOW"
    assert desk.do(review.approve, BOB, number, "ok").state == "approved"  # the back button
    assert desk.back_fen() == 1000


def test_rejected_application_frees_the_amount(desk):
    number = desk.apply(52_000).id
    assert refused(desk.apply, 1) == "AMOUNT_ABOVE_ORDER"
    desk.do(review.reject, BOB, number, "no receipt")
    assert desk.apply(52_000).id != number


def test_form_sent_twice_is_one_application(desk):
    first = desk.apply(key="form 1")
    assert desk.apply(key="form 1").id == first.id
    assert refused(desk.apply, 999, key="form 1") == "DUPLICATE"


def test_refund_held_at_a_till_is_decided_here_and_the_till_learns_it(desk, till):
    order = desk.host.order("20260011")
    assert code(till.refund(order, 5000, stan=500)) == "09"
    (waiting,) = desk.look(review.queue, BOB)
    assert (waiting.channel, waiting.amount_fen, waiting.reason) == ("till", 5000, "01")
    desk.do(review.approve, BOB, waiting.id, "fine")
    assert code(till.status(500)) == "00"
    assert desk.find(waiting.id).state == "approved"
    assert desk.back_fen("20260011") == 5000


def test_refund_that_the_till_takes_back_is_cancelled_here(desk, till):
    order = desk.host.order("20260011")
    till.refund(order, 5000, stan=500)
    number = desk.refunds()[-1].id
    assert code(till.cancel(order, 5000, 500)) == "00"
    assert desk.find(number).state == "cancelled"
    assert refused(desk.do, review.approve, BOB, number, "ok") == "NOT_NOW"


def test_upheld_dispute_lets_the_money_go_out_again_and_only_once(desk):
    number = desk.approved().id
    desk.days(3)
    desk.do(disputes.open_dispute, ANNA, number, "no money came")
    assert refused(desk.do, disputes.close, ANNA, number, True, "yes") == "NOT_ALLOWED"
    assert desk.do(disputes.close, BOB, number, True, "the bank sent it back").state == "failed"
    desk.do(clearing.retry, BOB, number)
    assert refused(desk.do, clearing.retry, BOB, number) == "NOT_NOW"
    desk.days(3)
    assert desk.find(number).state == "paid"
    assert [row.state for row in desk.look(life.payouts, number)] == ["returned", "paid"]
    assert desk.back_fen() == 1000


def test_who_applied_does_not_send_the_money_out_again(desk):
    """To uphold a dispute lets it go out a second time: that is for another person too."""
    number = desk.apply(actor=BOB).id
    desk.do(review.approve, CARL, number, "ok")
    desk.days(3)
    desk.do(disputes.open_dispute, ANNA, number, "no money came")
    assert refused(desk.do, disputes.close, BOB, number, True, "yes") == "OWN_APPLICATION"
    assert desk.do(disputes.close, CARL, number, False, "it came").state == "paid"


def test_what_the_database_complains_of_names_nobody(desk):
    """Such a complaint may come to stand in a log."""
    desk.apply(key="one form", contact="13812345678")
    row = {name: value for name, value in desk.refunds()[-1]._asdict().items() if name != "id"}
    for changed in ({}, {"key": "another", "amount_fen": -1}):
        with pytest.raises(IntegrityError) as reason, desk.store.writing() as connection:
            connection.execute(insert(refund).values(row | changed))
        assert "13812345678" not in str(reason.value)


def test_refund_of_a_till_goes_out_when_its_batch_is_settled(desk, till):
    order = desk.host.order(ORDER)
    assert code(till.refund(order, 700)) == "00"
    number = desk.refunds()[-1].id
    desk.days(2)
    assert desk.find(number).state == "approved"
    assert desk.refunds()[-1].terminal_id == samples.TERMINAL


def test_approved_application_cannot_be_withdrawn(desk):
    number = desk.approved().id
    assert refused(desk.do, refunds.withdraw, ANNA, number) == "NOT_NOW"
    assert desk.find(number).state == "approved" and desk.back_fen() == 1000


@pytest.mark.parametrize("deed", [review.approve, review.reject])
def test_dispute_about_a_rejection_is_no_second_review(desk, deed):
    number = desk.apply().id
    desk.do(review.reject, BOB, number, "no receipt")
    desk.do(disputes.open_dispute, ANNA, number, "there is one")
    assert refused(desk.do, deed, CARL, number, "now") == "NOT_NOW"
    assert refused(desk.do, review.approve, BOB, number, "now") == "NOT_NOW"
    assert desk.do(review.reject, BOB, number, "no receipt").state == "disputed"  # as before
    assert desk.back_fen() == 0


@pytest.mark.parametrize("seed", range(2))
def test_reviewers_of_a_scenario_leave_what_the_back_office_applied_for(desk, till, seed):
    """They are not two persons: to them it would be posted by nobody, which the database refuses,
    and the host with it every terminal."""
    beside = Host(desk.host.engine, scenario.read("review_day"), seed)
    number = desk.apply().id
    till.refund(desk.host.order("20260011"), 5000, stan=500)
    held = desk.refunds()[-1].id
    beside.review(desk.now + timedelta(hours=1))
    assert desk.find(number).state == "applied" and desk.back_fen() == 0
    assert desk.find(held).reviewer == "acquirer"
    assert desk.do(review.approve, BOB, number, "ok").state == "approved"


def test_rejected_refund_has_no_voucher_while_it_is_disputed(desk, till):
    number = desk.apply().id
    desk.do(review.reject, BOB, number, "no receipt")
    desk.do(disputes.open_dispute, ANNA, number, "there is one")
    assert not reprints.has_voucher(desk.find(number))
    assert refused(desk.do, reprints.send, BOB, number, samples.TERMINAL) == "NOT_NOW"
    paid = desk.approved(700).id
    desk.days(3)
    desk.do(disputes.open_dispute, ANNA, paid, "no money came")
    assert reprints.has_voucher(desk.find(paid))
