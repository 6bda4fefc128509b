"""From approved to paid, on simulated clearing days: the calendar is moved on, never the clock. So
what it does has the clock's time in the history, and its own day in the note.

In the evening of a day what was approved until then goes out to the customers' banks; their answers
come on later days. Of a refund at most one attempt is under way or paid, whatever is tried again.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Row, func, insert, select, update

from host_sim.acquirer import schema as books
from host_sim.office import audit, life
from host_sim.office import schema as tables
from host_sim.office.people import BANK, Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import clearing_day, payout, refund

# failure: (what it says, the cents of an amount with which a test shop's first attempt ends so)
FAILURES = {
    "account closed": ("the customer's account is closed", 81),
    "card frozen": ("the card is frozen or reported lost", 82),
    "name differs": ("the account has another holder's name", 83),
    "bank unreachable": ("the customer's bank did not answer in time", 84),
    "limit reached": ("the account takes no more this month", 85),
    "returned": ("the bank says that the money never arrived, or sent it back", None),
}
CARD_DAYS, WALLET_DAYS = 2, 1  # from going out to the bank's answer
MOST_DAYS = 60  # that the calendar is moved on at once


def day(connection: Connection, now: datetime) -> date:
    """The clearing's day: the clock's, or a later one that somebody has moved on to."""
    there = connection.execute(select(clearing_day.c.day)).scalar_one_or_none()
    return max(there or now.date(), now.date())


def is_behind(connection: Connection, now: datetime) -> bool:
    """Whether evenings lie behind the clock that have not passed (catch_up)."""
    there = connection.execute(select(clearing_day.c.day)).scalar_one_or_none()
    return there is None or there < now.date()


def advance(connection: Connection, actor: Actor, days: int, now: datetime) -> date:
    """Move the calendar on by so many days, each with its evening -> the day that it is then."""
    actor.must_be_allowed("advance the calendar")
    if not 1 <= days <= MOST_DAYS:
        raise Refused("WRONG_VALUE", f"1 to {MOST_DAYS} days")
    catch_up(connection, now)
    today = day(connection, now)
    for _ in range(days):
        today = _next(connection, today, now)
    audit.append(connection, actor, "calendar advanced", "calendar", now, new={"day": today})
    return today


def catch_up(connection: Connection, now: datetime) -> date:
    """Let the evenings pass that lie behind the clock; to be called wherever time has gone on."""
    there = connection.execute(select(clearing_day.c.day)).scalar_one_or_none()
    if there is None:
        connection.execute(insert(clearing_day).values(id=1, day=now.date()))
        return now.date()
    while there < now.date():
        there = _next(connection, there, now)
    return there


def retry(connection: Connection, actor: Actor, number: int, now: datetime) -> Row:
    """Send a failed refund out again. Twice is once; Refused NOT_NOW where nothing failed."""
    actor.must_be_allowed("retry")
    found = life.find(connection, number, actor)
    if found.state != tables.FAILED:
        raise Refused("NOT_NOW", f"it is {found.state}")
    return _send(connection, actor, found, day(connection, now), now)


def _next(connection, today, now):
    """The evening of `today`, and the morning after it with the banks' answers."""
    _send_out(connection, today, now)
    tomorrow = today + timedelta(days=1)
    connection.execute(update(clearing_day).values(day=tomorrow))
    due = select(payout).where(payout.c.state == "sent", payout.c.due_on <= tomorrow)
    for attempt in connection.execute(due.order_by(payout.c.id)).all():
        _answer(connection, attempt, tomorrow, now)
    return tomorrow


def _send_out(connection, today, now):
    """What a terminal may still take back (its batch is not settled) waits."""
    ready = (
        select(refund.c.id)
        .join(books.txn, refund.c.txn_id == books.txn.c.id)
        .where(
            refund.c.state == tables.APPROVED,
            (refund.c.channel != tables.TILL) | books.txn.c.settled.is_not(None),
        )
    )
    for number in connection.execute(ready.order_by(refund.c.id)).scalars().all():
        _send(connection, BANK, life.find(connection, number), today, now)


def _send(connection, actor, found, today, now):
    days = CARD_DAYS if found.masked_card else WALLET_DAYS
    last = select(func.coalesce(func.max(payout.c.attempt), 0)).where(
        payout.c.refund_id == found.id
    )
    attempt = connection.execute(last).scalar_one() + 1
    moved = life.move(
        connection, actor, found, tables.PROCESSING, now, f"{today}", failure=None
    )
    connection.execute(
        insert(payout).values(
            refund_id=found.id,
            attempt=attempt,
            state="sent",
            sent_on=today,
            due_on=today + timedelta(days=days),
        )
    )
    return moved


def _answer(connection, attempt, today, now):
    found = life.find(connection, attempt.refund_id)
    failure = _failure(connection, found, attempt.attempt)
    state = tables.FAILED if failure else tables.PAID
    connection.execute(
        update(payout)
        .where(payout.c.id == attempt.id, payout.c.state == "sent")
        .values(state=state, ended_on=today, failure=failure)
    )
    paid_at = None if failure else datetime.combine(today, now.time())
    note = f"{today} {FAILURES[failure][0] if failure else ''}".strip()
    life.move(connection, BANK, found, state, now, note, failure=failure, paid_at=paid_at)


def _failure(connection, found, attempt):
    """What a bank answers: at a shop with test amounts the cents say so, to the first attempt."""
    shop = select(books.merchant.c.test_amounts).where(
        books.merchant.c.merchant_id == found.merchant_id
    )
    if attempt > 1 or not connection.execute(shop).scalar_one():
        return None
    cents = found.amount_fen % 100
    return next((name for name, row in FAILURES.items() if row[1] == cents), None)
