"""Wrong details put right, the old value kept: what money goes by (order, amount) never is.

A wrong amount is corrected by taking the application back and applying again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, insert, update

from host_sim.acquirer import ledger
from host_sim.office import audit, life, masking, refunds
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import correction, refund

# field: its greatest length in characters
FIELDS = {"contact": 60, "remark": 200, "reason": 2, "type": 7, "quantity": 4}
_ONE_OF = {"reason": tables.REASONS, "type": (tables.ON_SITE, tables.ONLINE)}


def correct(
    connection: Connection, actor: Actor, number: int, field: str, new: str, why: str,
    now: datetime,
) -> Row:  # fmt: skip
    """Put a field of FIELDS right -> the refund. Raises Refused."""
    actor.must_be_allowed("correct")
    found = life.find(connection, number, actor)
    if field not in FIELDS or len(new) > FIELDS[field]:
        raise Refused("WRONG_VALUE", field)
    if new not in _ONE_OF.get(field, (new,)):
        raise Refused("WRONG_VALUE", field)
    if not 1 <= len(why.strip()) <= 200:
        raise Refused("WRONG_VALUE", "why")
    why = masking.written(why)
    if field == "remark":
        new = masking.written(new)
    if field == "contact":
        new = masking.cards(new)
    whole_only = field == "reason" and new in refunds.WHOLE_ONLY
    if whole_only and found.amount_fen != found.order_fen:
        raise Refused("AMOUNT_NOT_WHOLE")
    value: str | int = new
    if field == "quantity":
        sold = ledger.find_number(connection, found.order_no)
        if not (new.isascii() and new.isdigit() and sold and 1 <= int(new) <= sold.quantity):
            raise Refused("WRONG_VALUE", field)
        value = int(new)
    old = getattr(found, field)
    if old == value:
        raise Refused("WRONG_VALUE", "it is so already")
    connection.execute(update(refund).where(refund.c.id == number).values({field: value}))
    row = {"refund_id": number, "field": field, "old": str(old or ""), "new": new, "why": why,
           "who": actor.name, "at": now}  # fmt: skip
    connection.execute(insert(correction).values(row))
    audit.append(connection, actor, "refund corrected", f"refund {number}", now,
                 {field: _shown(field, row["old"])},
                 {field: _shown(field, new), "why": why})  # fmt: skip
    return life.find(connection, number)


def shown(connection: Connection, number: int) -> Sequence[dict]:
    """A refund's corrections, oldest first, contact data masked."""
    return [
        row._asdict() | {name: _shown(row.field, getattr(row, name)) for name in ("old", "new")}
        for row in life.corrections(connection, number)
    ]


def _shown(field, text):
    return masking.contact(text) if field == "contact" else text
