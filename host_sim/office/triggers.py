"""What the database does and refuses for the back office, on SQLite and PostgreSQL alike.

What the acquirer does to a refund's transaction, knowing nothing of a back office, is taken over in
the same database transaction: a refund's row here never says anything else than the ledger.
"""

from host_sim.acquirer.handlers.inquiry import ARRIVAL_DAYS
from host_sim.acquirer.triggers import kept_as_written, refusing
from host_sim.office.schema import BACK_OFFICE, REASONS, WAITING

_WAITING = f"({', '.join(map(repr, WAITING))})"
_OWN = f"like '{BACK_OFFICE}%'"
_ARRIVES = {
    "sqlite": f"date({{}}, '+{ARRIVAL_DAYS} days')",
    "postgresql": f"({{}} + interval '{ARRIVAL_DAYS} days')::date",
}
_AT_TIME = (
    "coalesce((select max(p.posted_at) from posting p where p.txn_id = new.id and p.kind = '{}'), "
    "new.answered_at)"
)


def adopt(dialect: str, which: str) -> str:
    """The statement that gives tills' refunds that the ledger has, and `which` (SQL about txn t)
    picks, their rows here."""
    arrives = _ARRIVES[dialect].format("t.answered_at")
    return f"""insert into refund (txn_id, channel, type, state, merchant_id, order_no, terminal_id,
      product, card_tail, amount_fen, reason, contact, remark, rules, applicant, applied_at,
      decided_at, expected_on)
    select t.id, 'till', 'on-site', case t.state when 2 then 'applied' else 'approved' end,
      o.merchant_id, o.order_no, t.terminal_id, o.product,
      substr(o.masked_card, length(o.masked_card) - 3), t.amount_fen,
      case when t.reason in ({", ".join(map(repr, REASONS))}) then t.reason end, '', '', t.rules,
      'till ' || t.terminal_id || '/' || coalesce(t.operator, '--'), t.answered_at,
      case t.state when 3 then t.answered_at end, case t.state when 3 then {arrives} end
    from txn t join sold_order o on o.order_no = t.order_no
    where t.kind = 'refund' and t.state in (2, 3) and t.terminal_id not {_OWN}
      and not exists (select 1 from refund r where r.txn_id = t.id) and {which}"""


def _followed(dialect):
    """What happens when the state of a refund's transaction changes."""
    lines = [adopt(dialect, "t.id = new.id")]
    for state, after, posted, fro in (
        (3, "approved", "refund", _WAITING),
        (4, "rejected", "refund", _WAITING),
        (5, "cancelled", "undo", f"{_WAITING[:-1]}, 'approved')"),
    ):
        at = _AT_TIME.format(posted)
        arrives = _ARRIVES[dialect].format(at) if state == 3 else "expected_on"
        which = f"txn_id = new.id and new.state = {state} and state in {fro}"
        decided = "" if state == 5 else ", reviewer = 'acquirer', note = new.note"
        lines += [
            "insert into refund_step (refund_id, at, who, before, after, note) select id, "
            f"{at}, 'acquirer', state, '{after}', coalesce(new.note, '') from refund where {which}",
            f"update refund set state = '{after}', decided_at = {at}, expected_on = {arrives}"
            f"{decided} where {which}",
        ]
    return ";\n".join(lines) + ";"


def _doing(name, event, condition, body):
    """[(dialect, statement)] of a trigger that does something; `body`: of a dialect."""
    return [
        ("sqlite", f"create trigger {name} {event} for each row when {condition} begin "
                   f"{body('sqlite')} end"),
        ("postgresql", f"create function {name}() returns trigger language plpgsql as $$ begin "
                       f"{body('postgresql')} return null; end $$"),
        ("postgresql", f"create trigger {name} {event} for each row when ({condition}) "
                       f"execute function {name}()"),
    ]  # fmt: skip


def _told(_dialect):
    return """insert into outbox (webhook_id, refund_id, state) select w.id, new.id, new.state
      from webhook w where w.merchant_id = new.merchant_id and w.ended_at is null;"""


_TWO_PERSONS = f"""new.kind = 'refund' and exists (select 1 from txn t where t.id = new.txn_id
  and t.terminal_id {_OWN} and not exists (select 1 from refund r where r.txn_id = t.id
    and r.reviewer is not null and r.reviewer <> r.applicant))"""
_FIXED = ("txn_id", "channel", "merchant_id", "order_no", "amount_fen", "applicant")
_CHANGED = " or ".join(f"new.{name} <> old.{name}" for name in _FIXED)
_DECIDED = "old.reviewer is not null and (new.reviewer is null or new.reviewer <> old.reviewer)"
_UNDER_WAY = """new.state = 5 and old.state <> 5 and exists (select 1 from refund r join payout p
  on p.refund_id = r.id where r.txn_id = new.id and p.state in ('sent', 'paid'))"""
_ENDED = "old.state <> 'sent' and not (old.state = 'paid' and new.state = 'returned')"
_NOT_GRANTED = """not exists (select 1 from refund r join txn t on t.id = r.txn_id
  where r.id = new.refund_id and t.state = 3)"""

_OF_A_MERCHANT = "new.role = 'administrator' and new.merchant_id is not null"

TRIGGERS = {
    "txn": [
        *_doing("refund_begins", "after insert on txn", "new.kind = 'refund'",
                lambda dialect: adopt(dialect, "t.id = new.id") + ";"),
        *_doing("refund_follows", "after update on txn",
                "new.kind = 'refund' and new.state <> old.state", _followed),
        *refusing("txn", "refund_under_way", "before update", _UNDER_WAY,
                  "the money is on its way to the customer"),
    ],
    "posting": refusing("posting", "refund_two_persons", "before insert", _TWO_PERSONS,
                        "a refund of the back office takes two persons"),
    "refund": [
        *refusing("refund", "refund_fixed", "before update", f"{_CHANGED} or {_DECIDED}",
                  "what was applied for and who decided stay as they are"),
        *refusing("refund", "refund_kept", "before delete", "1 = 1", "refunds are kept"),
        *_doing("refund_told", "after update on refund", "new.state <> old.state", _told),
        *_doing("refund_told_first", "after insert on refund", "1 = 1", _told),
    ],
    "payout": [
        *refusing("payout", "payout_granted", "before insert", _NOT_GRANTED,
                  "only what the ledger has posted is paid out"),
        *refusing("payout", "payout_ended", "before update", _ENDED, "an attempt ends once"),
        *refusing("payout", "payout_kept", "before delete", "1 = 1", "attempts are kept"),
    ],
    "office_person": [
        *refusing("office_person", "administrator_new", "before insert", _OF_A_MERCHANT,
                  "administrators are of no merchant"),
        *refusing("office_person", "administrator_changed", "before update", _OF_A_MERCHANT,
                  "administrators are of no merchant"),
    ],
    "refund_step": kept_as_written("refund_step"),
    "correction": kept_as_written("correction"),
    "trail": kept_as_written("trail"),
}  # fmt: skip
