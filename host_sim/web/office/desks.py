"""Short pages: the reviewers' queue, the clearing's days, the audit, the customer's own query."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Row

from host_sim.office import audit, clearing, knocks, records, review, schema
from host_sim.web.office import values
from host_sim.web.office.desk import Desk

A_GROUP = 50  # of a state on the clearing's page
A_PAGE = 50
ASKED = knocks.Limit("query", 20, timedelta(minutes=10))  # from one address
ASKED_ORDER = knocks.Limit("query of", 10, timedelta(hours=1))  # a card tail has 10,000


async def queue(desk: Desk):
    with desk.store.reading() as connection:
        rows = review.queue(connection, desk.actor, review.AT_ONCE + 1)
        shop_names = dict(values.shops(connection, desk.actor.merchant_id))
    return desk.page("queue.html", here="review", rows=rows[: review.AT_ONCE],
                     shop_names=shop_names, more=len(rows) > review.AT_ONCE,
                     waiting=min(len(rows), review.AT_ONCE))  # fmt: skip


async def clearing_days(desk: Desk):
    with desk.store.writing() as connection:
        day = clearing.catch_up(connection, desk.now)
    with desk.store.reading() as connection:
        of = desk.actor.merchant_id
        groups = [
            (state, records.page(connection, records.Filter(state, of), None, A_GROUP))
            for state in (schema.FAILED, schema.PROCESSING, schema.APPROVED)
        ]
    return desk.page("clearing.html", here="clearing", day=day, groups=groups, most=A_GROUP)


async def advance(desk: Desk):
    days = values.whole(desk.asked("days"), "days")
    with desk.store.writing() as connection:
        clearing.advance(connection, desk.actor, days, desk.now)
    return desk.go("/clearing", "advanced")


async def trail(desk: Desk, verified="", wrong=""):
    before = desk.asked("before")
    with desk.store.reading() as connection:
        number = values.whole(before, "before") if before else None
        rows = audit.page(connection, number, A_PAGE + 1)
    return desk.page("audit.html", here="audit", trail=rows[:A_PAGE], before=before, wrong=wrong,
                     next=rows[A_PAGE - 1].id if len(rows) > A_PAGE else "",
                     verified=verified)  # fmt: skip


async def verify(desk: Desk):
    try:
        with desk.store.reading() as connection:
            count, last = audit.verify(connection)
    except audit.Broken as broken:
        return await trail(desk, wrong=desk.w["audit_broken"].format(broken))
    return await trail(desk, verified=desk.w["audit_good"].format(count, last))


async def customer_form(desk: Desk):
    return desk.page("customer.html", rows=[], order="", tail="")


async def customer(desk: Desk):
    """What a customer sees who knows order and card. Each question counts, right or wrong; an order
    that is not there and a wrong card are told alike."""
    order_no, tail = desk.asked("order")[:32], desk.asked("card_tail")[:4]
    now = desk.house.clock()
    with desk.store.writing() as connection:
        admitted = knocks.admits(connection, ASKED, desk.source, now)
        admitted &= knocks.admits(connection, ASKED_ORDER, order_no, now)
    rows: Sequence[Row] = []
    wrong, status = desk.w["customer_too_many"], 429
    if admitted:
        with desk.store.reading() as connection:
            rows = records.customer(connection, order_no, tail)
        wrong, status = ("", 200) if rows else (desk.w["customer_nothing"], 404)
    return desk.page("customer.html", status, rows=rows, order=order_no, tail="", wrong=wrong)
