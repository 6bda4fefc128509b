"""What the ledger's database refuses whatever the rules say, as triggers of SQLite and PostgreSQL.

Written once for each of the two: a table of them is attached to the tables that they guard, and
made with them.
"""

from sqlalchemy import DDL, Table, event

DIALECTS = ("sqlite", "postgresql")

_NET_BACK = """(select sum(case p.kind when 'undo' then -p.amount_fen else p.amount_fen end)
           from posting p left join txn t on t.id = p.txn_id
           where p.order_no = new.order_no and p.kind <> 'sale'
             and (t.kind is null or t.kind <> 'sale'))
        > (select o.amount_fen from sold_order o where o.order_no = new.order_no)"""


def refusing(table: str, name: str, when: str, condition: str, words: str) -> list[tuple[str, str]]:
    """[(dialect, statement)] of a trigger of `table` that refuses in `words`. `when`: like "before
    update"; `condition`: SQL about old and new that both dialects read alike."""
    stop = "return old;" if when.endswith("delete") else "return new;"
    return [
        (
            "sqlite",
            f"create trigger {name} {when} on {table} when {condition} "
            f"begin select raise(abort, '{words}'); end",
        ),
        (
            "postgresql",
            f"create function {name}() returns trigger language plpgsql as $$ begin if {condition} "
            f"then raise exception '{words}' using errcode = '23000'; end if; {stop} end $$",
        ),
        (
            "postgresql",
            f"create trigger {name} {when} on {table} for each row execute function {name}()",
        ),
    ]


def kept_as_written(table: str) -> list[tuple[str, str]]:
    """No row of `table` is ever changed or removed."""
    words = f"{table} rows are kept as written"
    rows = [
        line
        for verb in ("update", "delete")
        for line in refusing(table, f"{table}_no_{verb}", f"before {verb}", "1 = 1", words)
    ]
    emptied = f"{table}_no_truncate"
    return [
        *rows,
        (
            "postgresql",
            f"create function {emptied}() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}' using errcode = '23000'; end $$",
        ),
        (
            "postgresql",
            f"create trigger {emptied} before truncate on {table} execute function {emptied}()",
        ),
    ]


TRIGGERS = {
    "posting": [
        *kept_as_written("posting"),
        # The rules refuse an over-refund before this does.
        *refusing(
            "posting",
            "posting_never_above_the_order",
            "after insert",
            f"new.kind in ('refund', 'void') and {_NET_BACK}",
            "refunds above the order",
        ),
    ],
    "audit": kept_as_written("audit"),
    "txn": refusing(
        "txn",
        "txn_counted_once",
        "before update",
        "old.settled is not null and (new.settled is null or new.settled <> old.settled "
        "or new.state <> old.state)",
        "counted in a settlement",
    ),
}


def attach(tables: dict[str, Table], triggers: dict[str, list[tuple[str, str]]]) -> None:
    """Have the triggers made whenever their tables are."""
    for name, statements in triggers.items():
        for dialect, statement in statements:
            made = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(tables[name], "after_create", made)
