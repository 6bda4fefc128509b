"""Applying for a refund in the back office, and taking an application back.

An application is held for review in the ledger from the first moment, so its amount is kept free
on the order; approving it is the only way that it is ever posted (review.py).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, insert, select

from host_sim.acquirer import ledger, risk, rules
from host_sim.acquirer import schema as books
from host_sim.acquirer.handlers.inquiry import ARRIVAL_DAYS
from host_sim.acquirer.terms import USUAL, Terms
from host_sim.office import audit, life, masking, orders
from host_sim.office import schema as tables
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import refund
from protocol import HELD_FOR_REVIEW

WHOLE_ONLY = ("03",)  # reasons for which no part may go back, as firmware/reasons.py has them

# What the acquirer's rules refuse with, in the back office's words.
_REFUSED = {
    "25": "ORDER_UNKNOWN",
    "C9": "ORDER_VOIDED",
    "22": "OUT_OF_WINDOW",
    "13": "AMOUNT_ZERO",
    "61": "AMOUNT_ABOVE_LIMIT",
    "64": "AMOUNT_ABOVE_ORDER",
    "51": "BALANCE_TOO_LOW",
}

@dataclass(frozen=True)
class Application:
    """What somebody asks for. `key`: of the form, so that it counts once however often it is sent;
    `out_trade_no`: the integrator's own number, once a merchant; each may be None."""

    order_no: str
    amount_fen: int
    reason: str
    type: str = tables.ONLINE
    quantity: int = 1
    contact: str = ""
    remark: str = ""
    key: str | None = None
    out_trade_no: str | None = None

    def fingerprint(self) -> str:
        """Of what must be equal for two applications with one number to be the same one."""
        told = (self.order_no, self.amount_fen, self.reason, self.type, self.quantity)
        return hashlib.sha256(repr(told).encode()).hexdigest()


def expected_on(day):
    """When the money is on the customer's account at the latest, if it is approved on `day`."""
    return day + timedelta(days=ARRIVAL_DAYS)


def check(
    connection: Connection, actor: Actor, asked: Application, now: datetime, terms: Terms = USUAL
) -> Row:
    """The order that an application is about, as orders.find has it, if it may be applied for;
    nothing is written. Raises Refused."""
    actor.must_be_allowed("apply")
    sold = orders.find(connection, asked.order_no, actor.merchant_id)
    _check_values(asked, sold)
    account = ledger.merchant_account(sold.merchant_id)
    code = rules.refund_code(
        rules.Attempt(
            order=sold,
            amount_fen=asked.amount_fen,
            rrn=sold.rrn,
            original=(0, 0, sold.sold_on[4:]),
            tokens=set(),
            terminal=None,
            balance_fen=ledger.balance_fen(connection, account),
            today=now.date(),
            terms=terms,
        )
    )
    if code not in ("00", HELD_FOR_REVIEW):
        left = sold.amount_fen - rules.taken_fen(sold)
        raise Refused(_REFUSED[code], f"{left} fen are left" if code == "64" else "")
    if asked.reason in WHOLE_ONLY and asked.amount_fen != sold.amount_fen:
        raise Refused("AMOUNT_NOT_WHOLE")
    return sold


def apply(
    connection: Connection, actor: Actor, asked: Application, now: datetime, terms: Terms = USUAL
) -> Row:
    """Write an application -> the refund's row; the same again where its key or out_trade_no was
    there already. Raises Refused."""
    actor.must_be_allowed("apply")
    there = _sent_before(connection, actor, asked)
    if there is not None:
        return there
    sold = check(connection, actor, asked, now, terms)
    till = ledger.find_terminal(connection, _back_office(connection, sold.merchant_id))[0]
    held = risk.holds(connection, till, None, asked.amount_fen, now)
    rrn = ledger.next_rrn(connection, now)
    key = ledger.Key(till.terminal_id, till.batch, int(rrn[-6:]), f"{now:%Y%m%d}")
    txn_id = ledger.record(
        connection,
        key,
        kind="refund",
        state=books.REVIEW,
        fingerprint=asked.fingerprint(),
        order_no=sold.order_no,
        amount_fen=asked.amount_fen,
        code=HELD_FOR_REVIEW,
        rrn=rrn,
        answered_at=now,
        reason=asked.reason,
        rules="; ".join(held) or None,
    )
    values = {
        "txn_id": txn_id,
        "channel": tables.API if actor.name.startswith("api ") else tables.OFFICE,
        "type": asked.type,
        "state": tables.APPLIED,
        "merchant_id": sold.merchant_id,
        "order_no": sold.order_no,
        "terminal_id": sold.terminal_id,
        "product": sold.product,
        "card_tail": sold.masked_card and sold.masked_card[-4:],
        "quantity": asked.quantity,
        "amount_fen": asked.amount_fen,
        "reason": asked.reason,
        "contact": masking.cards(asked.contact),
        "remark": masking.written(asked.remark),
        "rules": "; ".join(held) or None,
        "applicant": actor.name,
        "out_trade_no": asked.out_trade_no,
        "key": asked.key,
        "applied_at": now,
        "expected_on": expected_on(now.date()),
    }
    number = tables.added(connection, refund, values)
    life.note_step(connection, actor, number, None, tables.APPLIED, now)
    told = {name: values[name] for name in ("order_no", "amount_fen", "reason", "type", "rules")}
    audit.append(connection, actor, "refund applied", f"refund {number}", now, new=told)
    return life.find(connection, number)


def withdraw(connection: Connection, actor: Actor, number: int, now: datetime) -> Row:
    """Take back an application that is not decided yet: its amount is free on the order again.
    The applicant's own, or by a reviewer's hand. Raises Refused."""
    found = life.find(connection, number, actor)
    if actor.name != found.applicant:
        actor.must_be_allowed("review")
    if found.channel == tables.TILL:
        raise Refused("NOT_NOW", "what a terminal sent, the terminal takes back")
    if found.state not in tables.WAITING:
        raise Refused("NOT_NOW", f"it is {found.state}")
    moved = life.move(connection, actor, found, tables.CANCELLED, now)
    ledger.change(connection, life.key_of(connection, found), state=books.CANCELLED,
                  closing_code="00")  # fmt: skip
    return moved


def _check_values(asked, sold):
    wrong = (
        ("reason", asked.reason not in tables.REASONS),
        ("type", asked.type not in (tables.ON_SITE, tables.ONLINE)),
        ("quantity", not 1 <= asked.quantity <= sold.quantity),
        ("contact", len(asked.contact) > 60),
        ("remark", len(asked.remark) > 200),
        ("out_trade_no", asked.out_trade_no is not None and not 1 <= len(asked.out_trade_no) <= 32),
        ("key", asked.key is not None and not 1 <= len(asked.key) <= 64),
    )
    for name, is_wrong in wrong:
        if is_wrong:
            raise Refused("WRONG_VALUE", name)


def _sent_before(connection, actor, asked):
    """The refund of the same key or number, None if there is none. Refused DUPLICATE for another
    refund under it."""
    named = []
    if asked.key is not None:
        named.append(refund.c.key == asked.key)
    if asked.out_trade_no is not None:
        sold = orders.find(connection, asked.order_no, actor.merchant_id)
        named.append(
            (refund.c.out_trade_no == asked.out_trade_no)
            & (refund.c.merchant_id == (actor.merchant_id or sold.merchant_id))
        )
    for condition in named:
        there = connection.execute(
            select(refund.c.id, refund.c.applicant, books.txn.c.fingerprint)
            .join(books.txn, refund.c.txn_id == books.txn.c.id)
            .where(condition)
        ).one_or_none()
        if there is None:
            continue
        if there.fingerprint != asked.fingerprint() or there.applicant != actor.name:
            raise Refused("DUPLICATE")
        return life.find(connection, there.id)
    return None


def _back_office(connection, merchant_id):
    """The number of the terminal that a merchant's back office is to the ledger."""
    own = books.terminal.c.terminal_id.startswith(tables.BACK_OFFICE)
    found = select(books.terminal.c.terminal_id).where(own)
    there = connection.execute(
        found.where(books.terminal.c.merchant_id == merchant_id)
    ).scalar_one_or_none()
    if there is None:
        count = len(connection.execute(found).all())
        there = f"{tables.BACK_OFFICE}{count + 1:06d}"
        connection.execute(
            insert(books.terminal).values(
                terminal_id=there, merchant_id=merchant_id, mac="unionpay-ecb", batch=1
            )
        )
    return there
