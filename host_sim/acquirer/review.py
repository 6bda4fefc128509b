"""The reviewer's decision on a refund that is held for review.

A held refund is decided once: approving posts it, declining leaves nothing posted.
"""

from datetime import datetime

from sqlalchemy import Connection

from host_sim.acquirer import ledger
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.schema import APPROVED, DECLINED, REVIEW

REFUSED = "05"
NOTE_BYTES = 60  # DF0A


class NotDecidable(Exception):
    """The refund is not held any more, the merchant's balance does not cover it now, or the note
    is longer than the status reply can carry."""


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
        order = ledger.find_order(connection, held.order_no, merchant_id)
        ledger.post(connection, held.id, "refund", order, held.amount_fen, now)
        ledger.change(connection, key, state=APPROVED, code="00", note=note)
    else:
        ledger.change(connection, key, state=DECLINED, code=REFUSED, note=note)
    ledger.note(connection, now, key.terminal_id, f"review {verdict}", f"stan {key.stan:06d}")
