"""`tuidan ledger check|upgrade`: which version of its tables a ledger has.

Whatever opens a ledger brings it up by itself; `check` changes nothing, and `upgrade` is for
whoever wants it done before. All or nothing: an upgrade that dies has not begun.
"""
import json
import sys

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import schema, versions
from host_sim.acquirer.witness import PutBack
from tools.ledger import NoLedger, must_be_there


def configure(parser):
    """Arguments of `tuidan ledger`."""
    parser.add_argument("what", choices=("check", "upgrade"))
    parser.add_argument("--ledger", required=True, metavar="FILE_OR_URL",
                        help="a SQLite file, or postgresql://...")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Exit code 0 where it is of today's version in the end; 1 where not, or it cannot be read."""
    try:
        must_be_there(args.ledger)
        found = _version(args.ledger)
        if args.what == "upgrade":
            schema.open_engine(args.ledger).dispose()
    except (NoLedger, PutBack, SQLAlchemyError) as reason:
        return _failed(str(reason).splitlines()[0])
    now = found if args.what == "check" else versions.TODAY
    good = now == versions.TODAY
    if args.json:
        print(json.dumps({"version": now, "was": found, "newest": versions.TODAY, "good": good}))
    elif found != now:
        print(f"version {now}; it was {found or 'empty'}")
    else:
        print(f"version {now or 'none: it is empty'}{'' if good else _OLDER}")
    return 0 if good else 1


_OLDER = f", older than this program's {versions.TODAY}; `tuidan ledger upgrade` brings it up"


def _version(named):
    engine = schema.engine_of(named)
    try:
        with engine.connect() as connection:
            return versions.of(connection)
    finally:
        engine.dispose()


def _failed(words):
    print(f"tuidan ledger: {words}", file=sys.stderr)
    return 1
