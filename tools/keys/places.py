"""What `tuidan keys` does where a key lies: in a terminal's slot, in an acquirer's files.

As blocks.py, it tells names and check values only.
"""
import sys

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import schema
from host_sim.acquirer.witness import PutBack
from tools.keys import books, parts, slot
from tools.keys.blocks import told_block
from tools.keys.parts import Key, Misuse, Wrong
from tools.ledger import NoLedger, must_be_there

TOLD_BY_HAND = ("the host was not told: call the acquirer, who is to take this TMK out of use; "
                "a new one comes by an activation code or by keys inject")


def inject(args):
    key = _to_inject(args)
    if args.kcv and not key.kcv.startswith(args.kcv):
        raise Wrong(f"the key has the check value {key.kcv}, not {args.kcv}: nothing was injected")
    if args.scenario:
        if not (args.terminal and args.under):
            raise Misuse("a scenario takes a key for a --terminal, --under a transport key")
        books.inject(args.scenario, args.terminal, key, parts.load("kbpk", args.under))
        told = {"terminal": args.terminal, "kcv": key.kcv, "scenario": args.scenario}
        return told, [f"TMK {key.kcv} of terminal {args.terminal} is in {args.scenario}: tuidan "
                      f"acquirer --transport-key opens it"]
    if bool(args.terminal) != bool(args.merchant):
        raise Misuse("--terminal and --merchant go together: the numbers of a blank terminal")
    numbers = args.terminal and {
        "terminal": args.terminal, "merchant": args.merchant, "mac": args.mac}
    target = _device(args)
    there = target.inject(key, numbers or {})
    if ["TMK", key.kcv.lower(), True] not in there["keys"]:
        if there["terminal"] != args.terminal and not there["keys"]:
            raise Wrong(f"that is terminal {there['terminal']}, not {args.terminal}: nothing was "
                        "changed")
        raise Wrong("what was read back is another key: try again, or another key slot")
    then = ("the terminal signs on next, for its working keys" if there["terminal"] else
            "no numbers are set, so it will ask to be activated: --terminal and --merchant")
    told = {"terminal": there["terminal"], "kcv": key.kcv, "at": target.name}
    return told, [f"TMK {key.kcv} is in the key slot of {target.name}, read back; {then}"]


def _to_inject(args):
    if bool(args.key) == bool(args.block):
        raise Misuse("--key or --block, one of them: what is to be injected")
    if args.key:
        if args.under and not args.scenario:
            raise Misuse("--under opens a --block, or is a scenario's transport key")
        return parts.load("tmk", args.key)
    if not args.under:
        raise Misuse("--under is missing: what opens the block")
    return parts.unblock(args.block, parts.load("kbpk", args.under), "tmk")


def show(args):
    return _told([_device(args).show()])


def list_(args):
    if bool(args.scenario) == bool(args.ledger):
        raise Misuse("--scenario or --ledger, one of them")
    if args.scenario:
        return _told(books.listed(args.scenario, _transport(args)))
    try:
        must_be_there(args.ledger)
        with schema.open_engine(args.ledger).begin() as connection:
            found = books.in_ledger(connection)
    except (NoLedger, PutBack, SQLAlchemyError) as reason:
        raise Wrong(str(reason).splitlines()[0]) from None
    return _told(found, "not proved yet", False)


def _told(rows, otherwise="does not open under this TMK", finding=True):
    keys = [{"terminal": row["terminal"], "key": name, "kcv": check.upper(), "good": good}
            for row in rows for name, check, good in row["keys"]]
    lines = [f"{one['terminal'] or '-':8}  {one['key']:12}  {one['kcv']}"
             + ("" if one["good"] else f"  {otherwise}") for one in keys]
    wrong = finding and any(not one["good"] for one in keys)
    return {"keys": keys} | ({"wrong": True} if wrong else {}), lines or ["there are no keys"]


def wipe(args):
    if not args.yes and not sys.stdin.isatty():
        raise Misuse("nobody can be asked here: --yes wipes without")
    target = _device(args)
    number = target.show()["terminal"] or "-"
    if not args.yes and input(f"all keys of terminal {number} at {target.name} go; its records "
                              "stay. Its number again: ") != number:
        raise Wrong("that is not its number: nothing was wiped")
    if target.wipe()["keys"]:
        raise Wrong("a key is still there: the key slot does not take the erase")
    return ({"terminal": number, "at": target.name, "wiped": True, "host_told": False},
            [f"terminal {number} at {target.name} has no keys any more", TOLD_BY_HAND])


def export(args):
    return told_block(args, _exported(args))


def _exported(args):
    if bool(args.flash) == bool(args.scenario):
        raise Misuse("--flash or --scenario, one of them: where the key is (a board gives none)")
    if args.scenario:
        if not args.terminal:
            raise Misuse("--terminal is missing: whose key")
        return books.master_key(args.scenario, args.terminal, _transport(args))
    value = slot.FlashFile(args.flash).key()
    if value is None:
        raise Wrong(f"the key slot of {args.flash} is empty")
    return Key("tmk", value)


def _device(args):
    if bool(args.port) == bool(args.flash):
        raise Misuse("--port or --flash, one of them: where the terminal is")
    return slot.AtPort(args.port) if args.port else slot.FlashFile(args.flash)


def _transport(args):
    return parts.load("kbpk", args.transport_key) if args.transport_key else None
