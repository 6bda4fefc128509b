"""The reviewer's decision on a refund that is held for review.

A held refund is decided once: approving posts it, declining leaves nothing posted.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select

from host_sim.acquirer import ledger
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.schema import APPROVED, DECLINED, REVIEW, order, txn

REFUSED = "05"
NOTE_BYTES = 60  # DF0A


# What a reviewer goes by: the refund, who entered it, and the rules that held it ("rules" None: the
# order's refunds are all held).
_WAITING = (
    select(txn)
    .join(order, txn.c.order_no == order.c.order_no)
    .where(order.c.merchant_id == bindparam("merchant_id"), txn.c.state == REVIEW)
    .order_by(txn.c.id)
)


class NotDecidable(Exception):
    """The refund is not held any more, the merchant's balance does not cover it now, or the note
    is longer than the status reply can carry."""


def waiting(connection: Connection, merchant_id: str) -> Sequence[Row]:
    """A merchant's refunds that wait for a reviewer, oldest first."""
    return connection.execute(_WAITING, {"merchant_id": merchant_id}).all()


def decide(
    connection: Connection, key: Key, merchant_id: str, approve: bool, note: str, now: datetime
) -> None:
    """Approve (post) or decline the held refund of a key, with a note of 60 bytes at most.

    Its amount has been kept free on the order since it was held. Raises NotDecidable.
    """
    held = ledger.find_txn(connection, key)
    if held is None or held.state != REVIEW:
        raise NotDecidable("the refund is not held for review")
    if len(note.encode()) > NOTE_BYTES:
        raise NotDecidable(f"the note is longer than {NOTE_BYTES} bytes")
    verdict = "approved" if approve else "declined"
    if approve:
        account = ledger.merchant_account(merchant_id)
        if ledger.balance_fen(connection, account) < held.amount_fen:
            raise NotDecidable("the merchant's balance does not cover it")
        sold = ledger.find_order(connection, held.order_no, merchant_id)
        ledger.post(connection, held.id, "refund", sold, held.amount_fen, now)
        ledger.change(connection, key, state=APPROVED, code="00", note=note)
    else:
        ledger.change(connection, key, state=DECLINED, code=REFUSED, note=note)
    ledger.note(connection, now, key.terminal_id, f"review {verdict}", f"stan {key.stan:06d}")
