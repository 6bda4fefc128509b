"""What makes a refund suspicious that the rules allow, as a table; each merchant has its limits.

A refund that a rule holds waits for a reviewer, who finds the rule with it. It is decided once,
when the refund is first judged: a repeat gets the answer that was stored.
"""

import json
from collections import namedtuple
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Integer, Row, bindparam, case, func, literal_column, select

from host_sim.acquirer import ledger
from host_sim.acquirer.call import Call
from host_sim.acquirer.schema import APPROVED, REVIEW, order, txn
from protocol.reference.tables import RISK_RULES

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)

# 0 switches a rule off. Refunds within the hour after which the next is held; an amount in fen that
# is held; what may go back within a week, in percent of the sales of that week; opening hours.
Limits = namedtuple(
    "Limits",
    "per_terminal per_operator amount_fen sales_percent opens closes",  # HHMM
    defaults=(0, 0, 0, 0, "0000", "0000"),
)
OFF = Limits()

# A refund and what came before it. `by_terminal`, `by_operator`: refunds within the hour;
# `back_fen`, `sold_fen`: the merchant's within the week.
Case = namedtuple("Case", "limits amount_fen clock by_terminal by_operator back_fen sold_fen")


def _is_out_of_hours(c):
    opens, closes = c.limits.opens, c.limits.closes
    if opens <= closes:
        return opens != closes and not opens <= c.clock < closes
    return closes <= c.clock < opens  # they close after midnight


RULES = (
    ("refunds of the terminal in an hour", lambda c: 0 < c.limits.per_terminal <= c.by_terminal),
    ("refunds of the operator in an hour", lambda c: 0 < c.limits.per_operator <= c.by_operator),
    ("large amount", lambda c: 0 < c.limits.amount_fen <= c.amount_fen),
    (
        "more back than the week's sales bear",
        lambda c: 0 < c.limits.sales_percent * c.sold_fen < 100 * (c.back_fen + c.amount_fen)
        or (c.limits.sales_percent and not c.sold_fen),
    ),
    ("out of hours", _is_out_of_hours),
)

_WENT_BACK = (txn.c.kind == literal_column("'refund'")) & txn.c.state.in_(
    [literal_column(str(state)) for state in (REVIEW, APPROVED)]
)
_OF_TERMINAL = _WENT_BACK & (txn.c.terminal_id == bindparam("terminal_id"))
_IN_HOUR = (txn.c.answered_at > bindparam("hour_ago")) & _OF_TERMINAL


def _sum(condition, value=txn.c.amount_fen):
    return func.coalesce(func.sum(case((condition, value), else_=0)), 0)


_BEFORE = (
    select(
        _sum(_IN_HOUR, literal_column("1", Integer)),
        _sum(_IN_HOUR & (txn.c.operator == bindparam("operator")), literal_column("1", Integer)),
        _sum(_WENT_BACK),
        _sum((txn.c.kind == literal_column("'sale'")) & (txn.c.state == APPROVED)),
    )
    .select_from(txn.join(order, txn.c.order_no == order.c.order_no))
    .where(
        order.c.merchant_id == bindparam("merchant_id"),
        txn.c.answered_at > bindparam("week_ago"),
    )
)


def held_by(call: Call) -> list[str]:
    """The rules of the merchant that hold this refund, which is not recorded yet."""
    return holds(call.connection, call.terminal, operator(call), call.amount_fen, call.now)


def holds(connection: Connection, terminal: Row, by, amount_fen: int, now: datetime) -> list[str]:
    """The same for a refund that comes by no message; `by`: operator or None."""
    limits = _limits(terminal.risk)
    if limits == OFF:
        return []
    before = connection.execute(
        _BEFORE,
        {
            "terminal_id": terminal.terminal_id,
            "operator": by,
            "merchant_id": terminal.merchant_id,
            "hour_ago": now - HOUR,
            "week_ago": now - WEEK,
        },
    ).one()
    judged = Case(limits, amount_fen, f"{now:%H%M}", *before)
    return [name for name, holds in RULES if holds(judged)]


def noted(call: Call, held: list[str]) -> dict:
    """What is kept with a refund: who entered it, why, what rules held it, here or there."""
    told = call.request.tags.get("DF13", "")
    numbers = [told[at : at + 2] for at in range(0, len(told), 2)]
    till = ["at the till: " + RISK_RULES.get(number, number) for number in numbers]
    return {
        "operator": operator(call),
        "reason": call.request.tags.get("DF06"),
        "rules": "; ".join(held + till) or None,
    }


def audit(call: Call, held: list[str]) -> None:
    """Say why a refund waits for a reviewer."""
    detail = f"stan {call.request.fields[11]}: {'; '.join(held)}"
    ledger.note(call.connection, call.now, call.terminal.terminal_id, "held for review", detail)


def operator(call: Call) -> str | None:
    return call.request.tags.get("DF07")


def packed(limits: Limits) -> str:
    """As merchant.risk keeps them: what is not off."""
    return json.dumps({name: value for name, value in limits._asdict().items()
                       if value != getattr(OFF, name)})  # fmt: skip


@cache  # a merchant's: few
def _limits(text: str) -> Limits:
    return Limits(**json.loads(text))
