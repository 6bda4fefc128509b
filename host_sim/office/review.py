"""The reviewer's desk: who applied never decides, and what is decided is decided once.

Approving takes the decision and the posting in one transaction of the ledger: a crash between them
leaves neither, a second approval finds nothing to approve.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, select

from host_sim.acquirer import ledger
from host_sim.acquirer import review as books_review
from host_sim.acquirer import schema as books
from host_sim.office import life, masking, refunds
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import refund

NOTE_BYTES = books_review.NOTE_BYTES  # of a note that a terminal shows
AT_ONCE = 200  # of the queue; what is decided makes room for the next


def queue(connection: Connection, actor: Actor, limit: int = AT_ONCE) -> Sequence[Row]:
    """What waits for a decision, of tills and of the back office alike, oldest first; `own` is true
    for what this actor applied for and cannot decide."""
    waiting = (
        select(refund, (refund.c.applicant == actor.name).label("own"))
        .where(refund.c.state.in_(tables.WAITING))
        .order_by(refund.c.id)
        .limit(limit)
    )
    if actor.merchant_id is not None:
        waiting = waiting.where(refund.c.merchant_id == actor.merchant_id)
    return connection.execute(waiting).all()


def take(connection: Connection, actor: Actor, number: int, now: datetime) -> Row:
    """Begin a review: the applicant sees that somebody is at it. Anybody may still decide."""
    found = _mine(connection, actor, number)
    if found.state == tables.IN_REVIEW:
        return found
    return life.move(connection, actor, found, tables.IN_REVIEW, now)


def ask_more(connection: Connection, actor: Actor, number: int, question: str, now: datetime):
    """Ask the applicant for more; a till has nobody who could answer."""
    found = _mine(connection, actor, number)
    question = masking.written(question)
    _short(question)
    if found.channel == tables.TILL:
        raise Refused("NOT_NOW", "a terminal cannot be asked; approve or reject it")
    if not question.strip():
        raise Refused("WRONG_VALUE", "question")
    return life.move(connection, actor, found, tables.MORE_ASKED, now, question, note=question)


def answer_more(connection: Connection, actor: Actor, number: int, answer: str, now: datetime):
    """The applicant's answer to what was asked; evidence is added apart."""
    found = life.find(connection, number, actor)
    if actor.name != found.applicant:
        raise Refused("NOT_ALLOWED", "the applicant answers")
    if not 1 <= len(answer.strip()) <= 200:
        raise Refused("WRONG_VALUE", "answer")
    if found.state != tables.MORE_ASKED:
        raise Refused("NOT_NOW", "nothing was asked")
    return life.move(connection, actor, found, tables.IN_REVIEW, now, masking.written(answer))


def approve(connection: Connection, actor: Actor, number: int, note: str, now: datetime) -> Row:
    """Approve and post -> the refund. The same reviewer again gets the same answer and posts
    nothing. Raises Refused: OWN_APPLICATION, NOT_NOW, BALANCE_TOO_LOW, NOT_ALLOWED, WRONG_VALUE."""
    found = _mine(connection, actor, number)
    if _decided(connection, actor, found) == books.APPROVED:
        return found
    _must_wait(found)
    note = masking.written(note)
    _short(note)
    key = life.key_of(connection, found)
    account = ledger.merchant_account(found.merchant_id)
    if ledger.balance_fen(connection, account) < found.amount_fen:
        raise Refused("BALANCE_TOO_LOW")
    moved = life.move(
        connection, actor, found, tables.APPROVED, now, note, reviewer=actor.name,
        note=note or None, decided_at=now, expected_on=refunds.expected_on(now.date()),
    )  # fmt: skip
    _post(connection, key, found, True, note, now)
    return moved


def reject(connection: Connection, actor: Actor, number: int, note: str, now: datetime) -> Row:
    """Reject, with a reason; nothing is posted and the amount is free on the order again."""
    found = _mine(connection, actor, number)
    if _decided(connection, actor, found) == books.DECLINED:
        return found
    _must_wait(found)
    note = masking.written(note)
    _short(note)
    if not note.strip():
        raise Refused("WRONG_VALUE", "note")
    key = life.key_of(connection, found)
    moved = life.move(
        connection, actor, found, tables.REJECTED, now, note, reviewer=actor.name, note=note,
        decided_at=now, expected_on=None,
    )  # fmt: skip
    _post(connection, key, found, False, note, now)
    return moved


def _mine(connection, actor, number):
    actor.must_be_allowed("review")
    found = life.find(connection, number, actor)
    if found.applicant == actor.name:
        raise Refused("OWN_APPLICATION")
    return found


def _decided(connection, actor, found):
    """What he has decided of it, as the ledger's state; None where it was not he."""
    if found.reviewer != actor.name:
        return None
    state = select(books.txn.c.state).where(books.txn.c.id == found.txn_id)
    return connection.execute(state).scalar_one()


def _must_wait(found):
    """A dispute leads back to what was decided, and to no other decision."""
    if found.state not in tables.WAITING:
        raise Refused("NOT_NOW", f"it is {found.state}")


def _short(note):
    if len(note.encode()) > NOTE_BYTES:
        raise Refused("WRONG_VALUE", f"a note has {NOTE_BYTES} bytes at most")


def _post(connection, key, found, approved, note, now):
    try:
        books_review.decide(connection, key, found.merchant_id, approved, note, now)
    except books_review.NotDecidable as reason:
        raise Refused("NOT_NOW", str(reason)) from None
