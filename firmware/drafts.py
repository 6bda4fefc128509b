"""A refund or void as the operator asked for it, before it has a STAN, a date and a slot.

Whether it is the one or the other is the rule's choice, never the operator's.
"""

import hashlib

from firmware import refund_state as states
from firmware.transaction import Record
from protocol.subfields import f61, split_f61

CURRENCY = "156"  # F49, RMB
BY_ORDER = "012"  # F22: keyed, no PIN
NORMAL = "00"  # F25


def record(terminal, order, reason, amount_fen):
    """The Record. `order`: orders.Order; `reason`: row of reasons.REASONS."""
    draft = Record()
    draft.type = _void_or_refund(
        order, amount_fen, terminal.params.terminal, terminal.counters.batch
    )
    draft.terminal = terminal.params.terminal
    draft.batch = terminal.counters.batch
    draft.amount_fen = amount_fen
    draft.currency = CURRENCY
    draft.entry_mode = BY_ORDER
    draft.condition = NORMAL
    # A void names the original by batch and STAN, a refund by its date alone.
    draft.original = order.original
    if draft.type == states.REFUND:
        draft.original = f61(0, 0, split_f61(order.original)[2])
    draft.original_rrn = order.rrn
    draft.order = order.number
    draft.product = order.product
    draft.quantity = order.quantity
    draft.order_amount_fen = order.amount_fen
    draft.reason = reason[0]
    draft.operator = terminal.operator
    draft.card = order.card
    draft.token = order.token
    draft.fingerprint = _fingerprint(draft)
    return draft


def _void_or_refund(order, amount_fen, terminal, batch):
    """refund_state.VOID if own terminal, open batch, full amount, nothing refunded; else REFUND."""
    same_till = order.terminal == terminal and split_f61(order.original)[0] == batch
    whole = amount_fen == order.amount_fen and order.refunded_fen == 0
    return states.VOID if same_till and whole else states.REFUND


def _fingerprint(record):
    """8 bytes over what makes this refund this refund; never over MAC, keys or tries."""
    business = "%d|%s|%s|%s|%s|%s|%s" % (
        record.amount_fen,
        record.currency,
        record.original,
        record.original_rrn,
        record.order,
        record.reason,
        record.operator,
    )
    return hashlib.sha256(business.encode() + record.token).digest()[:8]
