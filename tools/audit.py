"""`tuidan audit verify`: whether the back office's audit is as it was written, row by row.

The first row that does not hold is named. A hash that was written down earlier (--noted) must still
be in the chain, which shows that nobody has written the whole of it anew.
"""
import json
import sys

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer.witness import PutBack
from host_sim.office import audit
from tools.ledger import NoLedger, open_ledger


def configure(parser):
    """Arguments of `tuidan audit`."""
    parser.add_argument("what", choices=("verify",))
    parser.add_argument("--ledger", required=True, metavar="FILE_OR_URL",
                        help="a SQLite file, or postgresql://...")
    parser.add_argument("--noted", metavar="HASH", help="of an earlier verification")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Exit code 0; 1 for a chain that is broken or a ledger that cannot be read."""
    try:
        with open_ledger(args.ledger).reading() as connection:
            rows, last = audit.verify(connection, args.noted)
    except audit.Broken as broken:
        if args.json:
            print(json.dumps({"good": False, "row": broken.row, "reason": str(broken)}))
        print(f"tuidan audit: {broken}", file=sys.stderr)
        return 1
    except (NoLedger, PutBack, SQLAlchemyError) as reason:
        print(f"tuidan audit: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1
    print(json.dumps({"good": True, "rows": rows, "hash": last}) if args.json
          else f"{rows} rows, all as they were written; the last hash is {last}")
    return 0
