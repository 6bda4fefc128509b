"""Sample merchants, terminals and orders, aged relative to a given day.

For tests and demonstrations only: the master keys are made from a public sentence and the cards
are published test cards, of which only a token and the masked number reach the database.
"""

import hashlib
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import Connection, insert, select

from host_sim.acquirer import activation, ledger, risk, schema
from host_sim.acquirer.keys import Secrets, pin_value, token

TEST_SHOP = "898110070110001"
SMALL_SHOP = "898110070110002"
CAREFUL_SHOP = "898110070110003"  # its refunds are held by rules of risk

TERMINAL = "10000001"  # the test shop's till
OTHER_TERMINAL = "10000002"  # its second till
SMALL_SHOP_TERMINAL = "10000003"
X919_TERMINAL = "10000004"  # test shop, MAC x9.19
CMAC_TERMINAL = "10000005"  # test shop, MAC aes-cmac
SM4_TERMINAL = "10000006"  # test shop, MAC sm4
NEW_TERMINAL = "10000007"  # test shop, to be activated
LATE_TERMINAL = "10000008"  # test shop, its activation code is too old
CAREFUL_TERMINAL = "10000009"

GIVEN_OUT = "20"  # how the number begins that the back office gives to a new terminal

OPEN_BATCH = 101

TOKEN_KEY = hashlib.sha256(b"tuidan sample token key").digest()

# Published test cards; the wallets are ours.
UNIONPAY_CREDIT = "6200000000000005"
UNIONPAY_DEBIT = "6200000000000047"
UNIONPAY_19 = "6205500000000000004"
VISA = "4242424242424242"

EXPIRY = "3012"  # YYMM, of all but one
# number, expiry, PIN, most that one sale may cost in fen
CARDS = (
    (UNIONPAY_CREDIT, EXPIRY, "123456", 5_000_000),
    (UNIONPAY_DEBIT, EXPIRY, "234567", 2_000_000),
    (UNIONPAY_19, EXPIRY, "345678", 5_000_000),
    (VISA, "2001", "4567", 5_000_000),  # expired
)

# merchant number, name, answers test amounts, balance in fen on the day of the samples
MERCHANTS = (
    (TEST_SHOP, "退单测试店", True, 10_000_000),
    (SMALL_SHOP, "街角小铺", False, 5_000),
    (CAREFUL_SHOP, "谨慎服饰", False, 1_000_000),
)
RISK = {
    CAREFUL_SHOP: risk.Limits(
        per_terminal=3,
        per_operator=2,
        amount_fen=50_000,
        sales_percent=75,
        opens="0900",
        closes="2100",
    ),
}

# terminal number, merchant number, MAC
TERMINALS = (
    (TERMINAL, TEST_SHOP, "unionpay-ecb"),
    (OTHER_TERMINAL, TEST_SHOP, "unionpay-ecb"),
    (SMALL_SHOP_TERMINAL, SMALL_SHOP, "unionpay-ecb"),
    (X919_TERMINAL, TEST_SHOP, "x9.19"),
    (CMAC_TERMINAL, TEST_SHOP, "aes-cmac"),
    (SM4_TERMINAL, TEST_SHOP, "sm4"),
    (NEW_TERMINAL, TEST_SHOP, "unionpay-ecb"),
    (LATE_TERMINAL, TEST_SHOP, "unionpay-ecb"),
    (CAREFUL_TERMINAL, CAREFUL_SHOP, "unionpay-ecb"),
)

# activation code, terminal number, days ago
ACTIVATIONS = (
    ("7001382059147260", NEW_TERMINAL, 0),
    ("8002461357904684", LATE_TERMINAL, 2),
)

# order number, days ago, terminal, paid with, amount in fen, quantity, product, what became of it:
# an amount is a refund already made, "void" and "hold" (refunds wait for a reviewer) are marks.
ORDERS = (
    ("20260001", 0, TERMINAL, UNIONPAY_CREDIT, 12_800, 1, "龙井茶礼盒", None),
    ("20260002", 0, OTHER_TERMINAL, UNIONPAY_DEBIT, 30_000, 2, "青花瓷杯", None),
    ("20260003", 0, TERMINAL, "wallet:80010003", 6_600, 3, "绿豆糕", None),
    ("20260004", 7, TERMINAL, UNIONPAY_19, 52_000, 1, "蓝牙耳机", None),
    ("20260005", 7, OTHER_TERMINAL, "wallet:80010005", 100_000, 1, "电饭煲", None),
    ("20260006", 10, TERMINAL, UNIONPAY_CREDIT, 40_000, 4, "丝绸围巾", 15_000),
    ("20260007", 20, TERMINAL, UNIONPAY_DEBIT, 8_800, 1, "保温杯", 8_800),
    ("20260008", 1, TERMINAL, UNIONPAY_CREDIT, 19_900, 1, "运动鞋", "void"),
    ("20260009", 200, TERMINAL, UNIONPAY_CREDIT, 26_000, 1, "台灯", None),
    ("20260010", 180, TERMINAL, VISA, 24_000, 2, "双肩包", None),
    ("20260011", 5, TERMINAL, UNIONPAY_DEBIT, 35_000, 1, "机械键盘", "hold"),
    (
        "20260012",
        3,
        TERMINAL,
        UNIONPAY_CREDIT,
        123_400,
        1,
        "手工雕花红木首饰盒带铜锁及丝绒内衬礼品装",
        None,
    ),
    ("20260101", 7, SMALL_SHOP_TERMINAL, UNIONPAY_CREDIT, 90_000, 1, "自行车", None),
    ("20260102", 0, SMALL_SHOP_TERMINAL, "wallet:80010102", 3_000, 2, "酱油", None),
    ("20260201", 3, CAREFUL_TERMINAL, UNIONPAY_CREDIT, 80_000, 1, "羊毛大衣", None),
    ("20260202", 2, CAREFUL_TERMINAL, "wallet:80010202", 40_000, 2, "牛仔裤", None),
    ("20260203", 20, CAREFUL_TERMINAL, UNIONPAY_DEBIT, 90_000, 1, "皮鞋", None),
)

_ISSUERS = {"620000": "09010000", "620550": "09020000", "424242": "09030000"}
_ANY_ISSUER = "09100000"
_WALLET_ISSUER = "09990000"


def tmk(terminal_id: str) -> bytes | None:
    """The 16-byte master key of a sample terminal, None for a terminal that is none of them."""
    return SECRETS.tmk_of(terminal_id)


def track2(number: str) -> str:
    """Track 2 of a sample card as F35 has it: number, expiry, service code, discretionary data."""
    expiry = {row[0]: row[1] for row in CARDS}[number]
    return f"{number}={expiry}2010000000000"[:37]


def secrets(terminals) -> Secrets:
    """Those of these terminals (rows as above) and of those that the back office gives out, each
    master key made from the terminal's number by the public rule."""
    numbers = frozenset(row[0] for row in terminals)

    @lru_cache(1024)
    def tmk_of(terminal_id):
        if terminal_id not in numbers and not terminal_id.startswith(GIVEN_OUT):
            return None
        return hashlib.sha256(b"tuidan sample TMK " + terminal_id.encode()).digest()[:16]

    return Secrets(tmk_of, TOKEN_KEY)


SECRETS = secrets(TERMINALS)


def load(
    connection: Connection,
    today: date,
    orders=ORDERS,
    merchants=MERCHANTS,
    terminals=TERMINALS,
    limits=RISK,
    activations=ACTIVATIONS,
) -> None:
    """Fill an empty ledger with the samples, or with rows like theirs, as they stand at the opening
    of `today`: in a few statements, however many rows there are."""
    opening = datetime.combine(today, time(0, 0))
    _put(connection, schema.merchant, [
        {
            "merchant_id": merchant_id,
            "name": name,
            "test_amounts": test_amounts,
            "risk": risk.packed(limits.get(merchant_id, risk.OFF)),
        }
        for merchant_id, name, test_amounts, _ in merchants
    ])  # fmt: skip
    _put(connection, schema.terminal, [
        {"terminal_id": terminal_id, "merchant_id": merchant_id, "mac": mac, "batch": OPEN_BATCH}
        for terminal_id, merchant_id, mac in terminals
    ])  # fmt: skip
    _put(connection, schema.card, [
        {
            "token": token(TOKEN_KEY, number),
            "issuer": _ISSUERS[number[:6]],
            "expiry": expiry,
            "most_fen": most_fen,
            "pin": pin_value(TOKEN_KEY, number, pin),
        }
        for number, expiry, pin, most_fen in CARDS
    ])  # fmt: skip
    merchant_of = {row[0]: row[1] for row in terminals}
    for code, terminal_id, days_ago in activations:
        if terminal_id in merchant_of:
            activation.enter(connection, code, terminal_id, opening - timedelta(days=days_ago))
    sold, done = _days(orders, merchant_of, today)
    _put(connection, schema.order, sold)
    named = [ledger.SETTLEMENT, *(ledger.merchant_account(row[0]) for row in merchants),
             *(ledger.customer_account(row["order_no"]) for row in sold)]  # fmt: skip
    _put(connection, schema.account, [{"name": name} for name in named])
    _post(connection, done, merchant_of, _settled(connection, merchant_of, opening))
    _put(connection, schema.rrn_counter, [{"last": len(done)}])
    for merchant_id, _, _, balance_fen in merchants:
        _bring_to(connection, merchant_id, balance_fen, opening)


def _put(connection, table, rows) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _days(orders, merchant_of, today):
    """What was sold, and what was done of it, day by day: rows of `order` and of `txn`."""
    sold, done, stans = [], [], Counter()

    def do(kind, terminal_id, batch, order_no, amount_fen, at):
        stans[terminal_id, batch] += 1
        rrn = ledger.rrn_of(len(done) + 1, at)
        done.append({
            "terminal_id": terminal_id,
            "batch": batch,
            "stan": stans[terminal_id, batch],
            "dated": f"{at:%Y%m%d}" if kind == "refund" else "",
            "kind": kind,
            "state": schema.APPROVED,
            "order_no": order_no,
            "amount_fen": amount_fen,
            "code": "00",
            "rrn": rrn,
            "auth_code": None if kind == "refund" else rrn[-6:],
            "answered_at": at,
        })  # fmt: skip

    for row in sorted(orders, key=lambda row: -row[1]):
        order_no, days_ago, terminal_id, _, amount_fen, _, _, became = row
        minute = int(order_no[-2:]) % 60 if order_no[-2:].isdigit() else 0
        sold_at = datetime.combine(today - timedelta(days=days_ago), time(9, minute))
        batch = OPEN_BATCH if days_ago == 0 else OPEN_BATCH - 1
        if days_ago > 1:
            batch = max(1, OPEN_BATCH - days_ago)
        do("sale", terminal_id, batch, order_no, amount_fen, sold_at)
        sold.append(_sold(row, merchant_of[terminal_id], done[-1]))
        if became == "void":
            do("void", terminal_id, batch, order_no, amount_fen, sold_at + timedelta(hours=1))
        elif isinstance(became, int):
            do("refund", terminal_id, batch + 1, order_no, became, sold_at + timedelta(days=1))
    return sold, done


def _sold(row, merchant_id, sale) -> dict:
    """The order that a sale made."""
    order_no, _, terminal_id, paid_with, amount_fen, quantity, product, became = row
    by_card = paid_with.isdigit()
    return {
        "order_no": order_no,
        "merchant_id": merchant_id,
        "product": product,
        "quantity": quantity,
        "amount_fen": amount_fen,
        "sold_on": f"{sale['answered_at']:%Y%m%d}",
        "terminal_id": terminal_id,
        "batch": sale["batch"],
        "stan": sale["stan"],
        "rrn": sale["rrn"],
        "issuer": _ISSUERS.get(paid_with[:6], _ANY_ISSUER) if by_card else _WALLET_ISSUER,
        "token": token(TOKEN_KEY, paid_with),
        "masked_card": f"{paid_with[:6]}****{paid_with[-4:]}" if by_card else None,
        "hold_refunds": became == "hold",
    }


def _settled(connection, terminals, at) -> dict:
    """{terminal: its settlement}. What the samples sold was counted before the terminal came to the
    shop: it has no records of it. The open batch stays open."""
    none = dict.fromkeys(("debit_fen", "debit_count", "credit_fen", "credit_count"), 0)
    _put(connection, schema.settlement, [
        none | {"terminal_id": terminal_id, "batch": OPEN_BATCH - 1, "stan": 0, "fingerprint": "",
                "result": 1, "settled_at": at, "ended_at": at}
        for terminal_id in terminals
    ])  # fmt: skip
    rows = connection.execute(select(schema.settlement.c.terminal_id, schema.settlement.c.id))
    return dict(rows.all())


def _post(connection, done, merchant_of, settled) -> None:
    """Write down what was done, and post it."""
    _put(connection, schema.txn, [row | {"settled": settled[row["terminal_id"]]} for row in done])
    rows = connection.execute(select(schema.txn.c.rrn, schema.txn.c.id))
    number_of = dict(rows.all())
    _put(connection, schema.posting, [
        ledger.posted(row["kind"], merchant_of[row["terminal_id"]], row["order_no"],
                      row["amount_fen"], row["answered_at"], number_of[row["rrn"]])
        for row in done
    ])  # fmt: skip


def _bring_to(connection, merchant_id, balance_fen, at) -> None:
    """Pay out to the merchant (or take in) what makes the balance `balance_fen`."""
    account = ledger.merchant_account(merchant_id)
    surplus_fen = ledger.balance_fen(connection, account) - balance_fen
    if surplus_fen:
        pair = (account, ledger.SETTLEMENT) if surplus_fen > 0 else (ledger.SETTLEMENT, account)
        ledger.transfer(connection, "payout", *pair, abs(surplus_fen), at)
