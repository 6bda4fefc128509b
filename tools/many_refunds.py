"""A ledger with very many refunds, seeded, to measure the back office on: `python -m
tools.many_refunds FILE`. It is a whole ledger: each refund has its transaction, postings, history
and payout, the books balance, no order gave back more than it took, and the audit's chain holds.
"""
import argparse
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import Table, insert, update

from host_sim.acquirer import ledger, samples, schema, versions
from host_sim.office import audit, store
from host_sim.office import schema as office
from host_sim.office import schema_more as more

REFUNDS, ORDERS = 1_000_000, 100_000
DAYS = 365
SHOPS, TILLS = 20, 5  # tills of each
FIRST_ID = 1_000  # behind what the samples have
AT_ONCE = 20_000
_TODAY = date(2026, 1, 15)
_NOW = datetime(2026, 1, 15, 12)
_PRODUCTS = ("蓝牙耳机", "电饭煲", "丝绸围巾", "保温杯", "运动鞋", "台灯", "双肩包", "机械键盘",
             "Tea set", "Raincoat", "Desk lamp", "Garden chair")  # fmt: skip
_CLERKS = tuple(f"clerk{number:02}" for number in range(30))
_REVIEWERS = tuple(f"reviewer{number}" for number in range(8))
# What became of refunds, out of 1,000; the newest wait or are on their way whatever else.
_ENDS = (("paid", 950), ("failed", 20), ("rejected", 15), ("cancelled", 10), ("disputed", 5))
_NEWEST = ((200, "applied"), (2_000, "approved"), (8_000, "processing"))
_STATES = {"applied": schema.REVIEW, "rejected": schema.DECLINED, "cancelled": schema.CANCELLED}
_BOOKED = ("approved", "processing", "paid", "failed", "disputed")


class Ledger:
    """The rows of everything, made from a seed; `refunds` and `orders`: how many."""

    def __init__(self, refunds=REFUNDS, orders=ORDERS, seed=1):
        self.refunds, self.orders = refunds, orders
        self._rng = Random(seed)
        self.trailed, self.last_hash = 0, audit.FIRST
        self.shops = [f"8981100799{number:05}" for number in range(SHOPS)]
        self.tills = [(f"5{shop:03}{till:04}", self.shops[shop])
                      for shop in range(SHOPS) for till in range(TILLS)]
        self.sold = [self._order(number) for number in range(orders)]

    def _order(self, number):
        rng, day = self._rng, _TODAY - timedelta(days=DAYS + 1)
        till, shop = self.tills[number % len(self.tills)]
        card = rng.random() < 0.7
        number = f"{70_000_000 + number}"
        return {
            "order_no": number, "merchant_id": shop, "product": rng.choice(_PRODUCTS),
            "quantity": 1 + rng.randrange(9), "amount_fen": 100 * (100 + rng.randrange(50_000)),
            "sold_on": f"{day + timedelta(days=rng.randrange(DAYS)):%Y%m%d}", "terminal_id": till,
            "batch": 1, "stan": int(number) - 69_999_999, "rrn": "3000" + number,
            "issuer": "09010000" if card else "09990000", "token": rng.randbytes(8),
            "masked_card": f"620000****{rng.randrange(10_000):04}" if card else None,
            "hold_refunds": False,
        }  # fmt: skip

    def of_shops(self) -> Iterator[tuple[Table, dict]]:
        for shop in self.shops:
            yield schema.merchant, {"merchant_id": shop, "name": f"Shop {shop[-5:]}",
                                    "test_amounts": False, "risk": "{}"}
            yield schema.account, {"name": ledger.merchant_account(shop)}
        for till, shop in self.tills:
            yield schema.terminal, {"terminal_id": till, "merchant_id": shop,
                                    "mac": "unionpay-ecb", "batch": 900, "proved_set": 0}
        for number, shop in enumerate(self.shops):
            yield schema.terminal, {"terminal_id": f"BO9{number:05}", "merchant_id": shop,
                                    "mac": "unionpay-ecb", "batch": 1, "proved_set": 0}
        for number, (till, _) in enumerate(self.tills):
            yield schema.settlement, {
                "id": FIRST_ID + number, "terminal_id": till, "batch": 1, "stan": 0,
                "fingerprint": "", "debit_fen": 0, "debit_count": 0, "credit_fen": 0,
                "credit_count": 0, "result": 1, "settled_at": _NOW}  # fmt: skip

    def of_orders(self) -> Iterator[tuple[Table, dict]]:
        for number, sold in enumerate(self.sold):
            at = datetime.strptime(sold["sold_on"], "%Y%m%d") + timedelta(hours=9)
            customer = ledger.customer_account(sold["order_no"])
            yield schema.order, sold
            yield schema.account, {"name": customer}
            yield schema.txn, {
                "id": FIRST_ID + number, "terminal_id": sold["terminal_id"], "batch": 1,
                "stan": sold["stan"], "dated": "", "kind": "sale", "state": schema.APPROVED,
                "order_no": sold["order_no"], "amount_fen": sold["amount_fen"], "tries": 0,
                "code": "00", "rrn": sold["rrn"], "auth_code": "000000", "answered_at": at,
                "settled": FIRST_ID + number % len(self.tills)}  # fmt: skip
            yield schema.posting, {
                "txn_id": FIRST_ID + number, "order_no": sold["order_no"], "kind": "sale",
                "debit": customer, "credit": ledger.merchant_account(sold["merchant_id"]),
                "amount_fen": sold["amount_fen"], "posted_at": at}  # fmt: skip

    def of_refunds(self) -> Iterator[tuple[Table, dict]]:
        """Oldest first, spread over DAYS; of an order at most what it has for each of its own."""
        each = -(-self.refunds // self.orders)
        places = list(range(self.refunds))
        self._rng.shuffle(places)
        for number, place in enumerate(places):
            yield from self._refund(number, self.sold[place % self.orders], each)

    def _refund(self, number, sold, each):
        rng = self._rng
        identity, txn = FIRST_ID + number, FIRST_ID + self.orders + number
        left = self.refunds - number
        state = next((name for most, name in _NEWEST if left <= -(-most * self.refunds // REFUNDS)),
                     None) or self._end()  # fmt: skip
        till = state != "rejected" and rng.random() < 0.7
        at = _NOW - timedelta(days=DAYS) * (left / self.refunds)
        at = at.replace(microsecond=0)
        decided = at if till else at + timedelta(minutes=rng.randrange(5, 3_000))
        fen = 1 + rng.randrange(sold["amount_fen"] // each)
        booked = state in _BOOKED
        reason = f"0{1 + rng.randrange(5)}"
        terminal = sold["terminal_id"] if till else "BO9" + sold["merchant_id"][-5:]
        rrn = f"4{number:011}"
        yield schema.txn, {
            "id": txn, "terminal_id": terminal, "batch": 2 + number // 900_000,
            "stan": 1 + number % 900_000, "dated": f"{at:%Y%m%d}", "kind": "refund",
            "state": _STATES.get(state, schema.APPROVED), "order_no": sold["order_no"],
            "amount_fen": fen, "tries": 0, "code": "00" if booked else "09", "rrn": rrn,
            "answered_at": at, "closing_code": "00" if state == "cancelled" else None,
            "operator": "01" if till else None, "reason": reason,
            "settled": FIRST_ID + int(terminal[1:4]) * TILLS + int(terminal[4:])
            if till and booked else None}  # fmt: skip
        who = f"till {terminal}/01" if till else rng.choice(_CLERKS)
        reviewer = None if till or not (booked or state == "rejected") else rng.choice(_REVIEWERS)
        paid = decided + timedelta(days=2) if state in ("paid", "disputed") else None
        yield office.refund, {
            "id": identity, "txn_id": txn, "channel": "till" if till else rng.choice(_CHANNELS),
            "type": "on-site" if till else "online", "state": state,
            "merchant_id": sold["merchant_id"], "order_no": sold["order_no"],
            "terminal_id": sold["terminal_id"], "product": sold["product"],
            "card_tail": sold["masked_card"] and sold["masked_card"][-4:],
            "quantity": None if till else 1, "amount_fen": fen, "reason": reason, "contact": "",
            "remark": "", "applicant": who, "reviewer": reviewer,
            "note": "no receipt" if state == "rejected" else None,
            "out_trade_no": f"M{number}", "applied_at": at,
            "decided_at": None if state == "applied" else decided, "paid_at": paid,
            "expected_on": (decided + timedelta(days=5)).date(),
            "failure": "card frozen" if state == "failed" else None}  # fmt: skip
        way = {"paid": ("approved", "processing", "paid"), "rejected": ("rejected",),
               "failed": ("approved", "processing", "failed"), "cancelled": ("cancelled",),
               "disputed": ("approved", "processing", "paid", "disputed"),
               "approved": ("approved",), "processing": ("approved", "processing")}  # fmt: skip
        if not till:
            yield more.trail, self._trailed(at, who, identity, fen)
        before = None
        for after in ("applied", *way.get(state, ())):
            yield office.step, {"refund_id": identity, "at": at if before is None else decided,
                                "who": who if before is None else reviewer or "bank",
                                "before": before, "after": after, "note": ""}
            before = after
        if booked:
            yield schema.posting, {
                "txn_id": txn, "order_no": sold["order_no"], "kind": "refund",
                "debit": ledger.merchant_account(sold["merchant_id"]),
                "credit": ledger.customer_account(sold["order_no"]), "amount_fen": fen,
                "posted_at": decided}  # fmt: skip
        if booked and state != "approved":
            yield office.payout, {
                "refund_id": identity, "attempt": 1, "state": _PAYOUTS[state],
                "sent_on": decided.date(), "due_on": (decided + timedelta(days=2)).date(),
                "ended_on": None if state == "processing" else (decided + timedelta(days=2)).date(),
                "failure": "card frozen" if state == "failed" else None}  # fmt: skip

    def _trailed(self, at, who, identity, fen):
        self.trailed += 1
        row = {"id": self.trailed, "at": at, "who": who, "source": "127.0.0.1",
               "event": "refund applied", "subject": f"refund {identity}", "old": "{}",
               "new": f'{{"amount_fen": {fen}}}'}  # fmt: skip
        row["hash"] = self.last_hash = audit.chained(row, self.last_hash)
        return row

    def _end(self):
        drawn = self._rng.randrange(1_000)
        for name, share in _ENDS:
            drawn -= share
            if drawn < 0:
                return name
        raise AssertionError


_CHANNELS = ("office", "api")
_PAYOUTS = {"paid": "paid", "disputed": "paid", "failed": "failed", "processing": "sent"}


def make(path: str, refunds=REFUNDS, orders=ORDERS, seed=1, tell=lambda words: None) -> None:
    """A new ledger at `path`. Triggers and indices are put up again when the rows are there."""
    engine = store.prepare(schema.open_engine(path))
    with engine.begin() as connection:
        samples.load(connection, _TODAY)
        versions.take_triggers_down(connection)
    engine.dispose()
    made = Ledger(refunds, orders, seed)
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-200000"):
        raw.execute(f"pragma {pragma}")
    indices = raw.execute("select name, sql from sqlite_master where type = 'index' and sql is not "
                          "null").fetchall()  # fmt: skip
    for name, _ in indices:
        raw.execute(f"drop index {name}")
    raw.execute("begin")
    for rows in (made.of_shops(), made.of_orders(), made.of_refunds()):
        while part := list(islice(rows, AT_ONCE)):
            _write(raw, part)
    raw.execute("commit")
    tell("rows")
    for _, statement in indices:
        raw.execute(statement)
    raw.close()
    tell("indices")
    with engine.begin() as connection:
        store.put_triggers_up(connection)
        connection.execute(insert(office.clearing_day), {"id": 1, "day": _TODAY})
        head = {"rows": made.trailed, "hash": made.last_hash}
        connection.execute(update(more.trail_head).values(head))
    engine.dispose()


def _write(raw, part):
    by_table: dict = {}
    for table, row in part:
        by_table.setdefault((table.name, tuple(row)), []).append(tuple(row.values()))
    for (table, names), rows in by_table.items():
        raw.executemany(f"insert into {table} ({', '.join(names)}) values "
                        f"({', '.join('?' * len(names))})", rows)  # fmt: skip


sqlite3.register_adapter(datetime, lambda at: f"{at:%Y-%m-%d %H:%M:%S.%f}")
sqlite3.register_adapter(date, date.isoformat)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--refunds", type=int, default=REFUNDS)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if Path(args.file).exists():
        sys.exit(f"{args.file} is there already")
    make(args.file, args.refunds, args.orders, args.seed, lambda words: print(words, flush=True))


if __name__ == "__main__":
    main()
