"""`tuidan integrator`: a merchant's own programs. Keys and secrets are shown once, when they are
made."""
import getpass
import sys
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer.witness import PutBack
from host_sim.office import integrators
from host_sim.office.people import ADMINISTRATOR, Actor
from host_sim.office.refusals import Refused
from tools.ledger import NoLedger, open_ledger

# what: the arguments that it needs
NEEDS = {
    "add-key": ("name", "merchant"),
    "end-key": ("name",),
    "list-keys": (),
    "add-webhook": ("merchant", "url"),
    "end-webhook": ("merchant", "url"),
}


def configure(parser):
    """Arguments of `tuidan integrator`."""
    parser.add_argument("what", choices=tuple(NEEDS))
    parser.add_argument("--ledger", required=True, metavar="FILE_OR_URL",
                        help="a SQLite file, or postgresql://...")
    parser.add_argument("--name", help="of a key")
    parser.add_argument("--merchant", metavar="NUMBER", help="its 15 digits")
    parser.add_argument("--may-review", action="store_true",
                        help="the key may decide what another key or person applied for")
    parser.add_argument("--url", help="where a merchant's program is told of changes")


def run(args):
    """Exit code 0; 1 for what cannot be, 2 for wrong usage."""
    missing = [name for name in NEEDS[args.what] if not getattr(args, name)]
    if missing:
        print(f"tuidan integrator: {args.what} needs --{missing[0]}", file=sys.stderr)
        return 2
    actor = Actor(getpass.getuser(), ADMINISTRATOR, "command line")
    try:
        with open_ledger(args.ledger).writing() as connection:
            for line in _do(connection, actor, args, datetime.now()):
                print(line)
        return 0
    except (NoLedger, PutBack, Refused, SQLAlchemyError) as reason:
        print(f"tuidan integrator: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1


def _do(connection, actor, args, now):
    """The lines to be printed."""
    if args.what == "add-key":
        return [integrators.make_key(connection, actor, args.name, args.merchant, args.may_review,
                                     now)]
    if args.what == "end-key":
        integrators.end_key(connection, actor, args.name, now)
        return [f"{args.name} is good no more"]
    if args.what == "add-webhook":
        return [integrators.add_webhook(connection, actor, args.merchant, args.url, now)]
    if args.what == "end-webhook":
        integrators.end_webhook(connection, actor, args.merchant, args.url, now)
        return [f"nothing is told at {args.url} any more"]
    return [f"{row.name:28} {row.merchant_id} {'reviews' if row.may_review else 'applies':8}"
            f" made {row.made_at:%Y-%m-%d}{' ended' if row.ended_at else ''}"
            for row in integrators.keys(connection)]
