"""`tuidan office add-admin`: who may come into the back office first.

There is no password to begin with. One is asked for twice, or is the first line of standard input;
it is never an argument, for a machine's other users can read those.
"""
import getpass
import sys
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import schema
from host_sim.acquirer.witness import PutBack
from host_sim.office import accounts, audit, store
from host_sim.office.people import Actor
from tools.ledger import NoLedger, must_be_there

REFUSALS = {
    "name_form": "a name is 2 to 32 of a-z, 0-9, '.', '_' and '-', a letter first",
    "name_taken": "there is such an account already",
    "password_length": f"a password has {accounts.LEAST} to {accounts.MOST} characters",
    "password_weak": "the password is easily guessed: the name is in it, or too few characters are",
}


def configure(parser):
    """Arguments of `tuidan office`."""
    parser.add_argument("what", choices=("add-admin",))
    parser.add_argument("--ledger", required=True, metavar="FILE_OR_URL",
                        help="an acquirer's SQLite file, or postgresql://...")
    parser.add_argument("--name", required=True, help="to log in with")


def run(args):
    """Exit code 0; 1 for a ledger that is not there or an account that cannot be."""
    try:
        must_be_there(args.ledger)
    except NoLedger as reason:
        return _failed(str(reason))
    password = _password()
    if password is None:
        return _failed("the two are not the same")
    now = datetime.now(UTC).replace(tzinfo=None)
    actor = Actor(getpass.getuser(), accounts.ADMINISTRATOR, "command line")
    try:
        engine = store.prepare(schema.open_engine(args.ledger))
        digest = accounts.Door(engine).digest(args.name, password)
        with engine.begin() as connection:
            accounts.add(connection, args.name, accounts.ADMINISTRATOR, digest, now)
            audit.append(connection, actor, "account added", f"account {args.name}", datetime.now(),
                         new={"role": accounts.ADMINISTRATOR, "merchant_id": None})
    except accounts.Refused as refusal:
        return _failed(REFUSALS[refusal.reason])
    except (PutBack, SQLAlchemyError) as reason:
        return _failed(str(reason).splitlines()[0])
    print(f"{args.name} may log in as an administrator")
    return 0


def _password():
    """None where the two that were typed differ."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    return first if getpass.getpass("Once more: ") == first else None


def _failed(words):
    print(f"tuidan office: {words}", file=sys.stderr)
    return 1
