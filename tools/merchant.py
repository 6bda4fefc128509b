"""`tuidan merchant balance|top-up|statement`: a merchant's account in a ledger's file.

It may be used while an acquirer runs on the same file: each waits for the other's transaction.
"""
import csv
import json
import sys
from datetime import date, datetime

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import merchants, schema
from host_sim.acquirer.money import fen, yuan
from host_sim.acquirer.witness import PutBack
from tools.ledger import NoLedger, must_be_there

COLUMNS = ("time", "kind", "order", "terminal", "reference", "amount", "balance")


def _day(text):
    return date.fromisoformat(text)


def _money(text):
    return fen(text)


_day.__name__, _money.__name__ = "day like 2026-03-16", "amount in yuan like 500.00"


def configure(parser):
    """Arguments of `tuidan merchant`."""
    parser.add_argument("what", choices=("balance", "top-up", "statement"))
    parser.add_argument("--ledger", required=True, metavar="FILE_OR_URL",
                        help="an acquirer's SQLite file, or postgresql://...")
    parser.add_argument("--merchant", required=True, metavar="NUMBER", help="its 15 digits")
    parser.add_argument("--amount", type=_money, metavar="YUAN", help="of a top-up, like 500.00")
    parser.add_argument("--from", dest="first", type=_day, metavar="DAY",
                        help="of a statement, like 2026-03-16 (default: today)")
    parser.add_argument("--to", dest="last", type=_day, metavar="DAY", help="(default: today)")
    parser.add_argument("--csv", action="store_true", help="a statement as CSV")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Exit code 0; 1 for a ledger or merchant that is not there, 2 for wrong usage."""
    now = datetime.now()
    first, last = args.first or now.date(), args.last or now.date()
    wrong = None
    if (args.what == "top-up") != (args.amount is not None):
        wrong = "a top-up needs --amount, and nothing else takes it"
    elif first > last:
        wrong = f"--from {first} is later than --to {last}"
    elif args.csv and (args.json or args.what != "statement"):
        wrong = "--csv is for a statement, and goes without --json"
    if wrong:
        print(f"tuidan merchant: {wrong}", file=sys.stderr)
        return 2
    try:
        must_be_there(args.ledger)
        with schema.open_engine(args.ledger).begin() as connection:
            name = merchants.name(connection, args.merchant)
            _ACTIONS[args.what](connection, args, name, first, last, now)
        return 0
    except (merchants.NoSuchMerchant, NoLedger, PutBack, ValueError, SQLAlchemyError) as reason:
        print(f"tuidan merchant: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1


def _balance(connection, args, name, first, last, now):
    _tell(args, name, merchants.balance_fen(connection, args.merchant))


def _top_up(connection, args, name, first, last, now):
    _tell(args, name, merchants.top_up(connection, args.merchant, args.amount, now),
          topped_up_fen=args.amount)


def _tell(args, name, balance_fen, **more):
    if args.json:
        print(json.dumps({"merchant": args.merchant, "name": name, "balance_fen": balance_fen,
                          **more}))
    else:
        print(f"{args.merchant} {name}: {yuan(balance_fen)} yuan")


def _statement(connection, args, name, first, last, now):
    told = merchants.statement(connection, args.merchant, first, last)
    if args.json:
        entries = [dict(zip(COLUMNS, _row(one), strict=True)) | {
            "amount_fen": one.amount_fen, "balance_fen": one.balance_fen} for one in told.entries]
        print(json.dumps({"merchant": args.merchant, "name": name, "from": str(first),
                          "to": str(last), "opening_fen": told.opening_fen, "entries": entries,
                          "closing_fen": told.closing_fen}))
        return
    rows = [("", "opening", "", "", "", "", yuan(told.opening_fen)), *map(_row, told.entries),
            ("", "closing", "", "", "", "", yuan(told.closing_fen))]
    if args.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([COLUMNS, *rows])
        return
    print(f"{args.merchant} {name}, {first} to {last}")
    for row in (COLUMNS, *rows):
        print("{:19} {:8} {:>16} {:8} {:12} {:>14} {:>16}".format(*row))


def _row(entry):
    return (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.kind, entry.order_no or "",
            entry.terminal or "", entry.reference or "", yuan(entry.amount_fen),
            yuan(entry.balance_fen))


_ACTIONS = {"balance": _balance, "top-up": _top_up, "statement": _statement}
