"""The customer says that the money did not come, or should have: a dispute with evidence.

One is open at a time; neither who opened it closes it nor who applied. An upheld one makes a paid
refund a failed one, which may be sent out again: the attempt that was paid is marked as returned
first.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from host_sim.office import audit, clearing, life, masking
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import dispute, payout


def open_dispute(
    connection: Connection, actor: Actor, number: int, claim: str, now: datetime
) -> int:
    """Open one about a paid, failed or rejected refund -> its number; evidence is added apart."""
    actor.must_be_allowed("open dispute")
    if not 1 <= len(claim.strip()) <= 200:
        raise Refused("WRONG_VALUE", "claim")
    found = life.find(connection, number, actor)
    claim = masking.written(claim)
    life.move(connection, actor, found, tables.DISPUTED, now, claim)
    values = {"refund_id": number, "state": "open", "before": found.state, "claim": claim,
              "opened_by": actor.name, "opened_at": now}  # fmt: skip
    return tables.added(connection, dispute, values)


def close(
    connection: Connection, actor: Actor, number: int, upheld: bool, answer: str, now: datetime
) -> Row:
    """Close the open dispute of refund `number` -> the refund. Upheld, a paid refund becomes failed
    ("returned"); in every other case the refund is again what it was, and a rejected one may be
    applied for anew. Raises Refused."""
    actor.must_be_allowed("close dispute")
    if not 1 <= len(answer.strip()) <= 200:
        raise Refused("WRONG_VALUE", "answer")
    answer = masking.written(answer)
    found = life.find(connection, number, actor)
    there = connection.execute(
        select(dispute).where(dispute.c.refund_id == number, dispute.c.state == "open")
    ).one_or_none()
    if there is None:
        raise Refused("NOT_NOW", "there is no open dispute")
    if actor.name in (there.opened_by, found.applicant):
        raise Refused("OWN_APPLICATION", "who applied, or opened a dispute, does not close it")
    connection.execute(
        update(dispute)
        .where(dispute.c.id == there.id)
        .values(state="upheld" if upheld else "refused", answer=answer, closed_by=actor.name,
                closed_at=now)
    )  # fmt: skip
    audit.append(connection, actor, f"dispute {'upheld' if upheld else 'refused'}",
                 f"refund {number}", now, new={"answer": answer})  # fmt: skip
    if not (upheld and there.before == tables.PAID):
        return life.move(connection, actor, found, there.before, now, answer)
    connection.execute(
        update(payout)
        .where(payout.c.refund_id == number, payout.c.state == "paid")
        .values(state="returned", failure="returned", ended_on=clearing.day(connection, now))
    )
    return life.move(connection, actor, found, tables.FAILED, now, answer, failure="returned",
                     paid_at=None)  # fmt: skip
