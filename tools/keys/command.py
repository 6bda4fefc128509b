"""`tuidan keys`: a key's whole life, from its components to its end. VERBS is the list of it.

What is printed is names and check values. The digits of a key leave only into a file of mode 600,
or, one component at a time, onto the screen of somebody who asked for it.
"""
import argparse
import json
import sys

from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer.scenario import ScenarioError
from host_sim.acquirer.witness import PutBack
from protocol.errors import LocalMisuse
from protocol.mac import KEY_SIZES
from tools.board import Failed
from tools.keys import blocks, places
from tools.keys.parts import USES, Misuse, Wrong


def configure(parser):
    """Arguments of `tuidan keys`."""
    parser.epilog = "tools/keys/README.md plays a key's whole life."
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, (help_, example, arguments, _) in VERBS.items():
        one = verbs.add_parser(
            name, help=help_, description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  tuidan keys {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter)
        for argument in arguments.split():
            words, options = ARGUMENTS[argument]
            one.add_argument(*words, **options)
        one.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Exit code 0; 1 for a finding about a key, a board or a file that cannot be used; 2 for wrong
    usage."""
    try:
        told, lines = VERBS[args.verb][3](args)
    except (Misuse, LocalMisuse) as reason:
        print(f"tuidan keys {args.verb}: {reason} (see tuidan keys {args.verb} --help)",
              file=sys.stderr)
        return 2
    except (Wrong, Failed, ScenarioError, PutBack, SQLAlchemyError) as reason:
        print(f"tuidan keys {args.verb}: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1
    except OSError as reason:
        print(f"tuidan keys {args.verb}: {reason.filename}: {reason.strerror}", file=sys.stderr)
        return 2
    print(json.dumps(told) if args.json else "\n".join(lines))
    return 1 if told.get("wrong") else 0


def _count(text):
    count = int(text)
    if not 1 <= count <= 9:
        raise ValueError
    return count


def _check_value(text):
    value = bytes.fromhex(text)
    if not 3 <= len(value) <= 4:
        raise ValueError
    return value.hex().upper()


def _digits(size):
    def read(text):
        if len(text) != size or not (text.isascii() and text.isdigit()):
            raise ValueError
        return text
    read.__name__ = f"number of {size} digits"
    return read


_count.__name__, _check_value.__name__ = "number from 1 to 9", "check value of 6 or 8 digits"

ARGUMENTS: dict[str, tuple[list, dict]] = {
    "use": (["--use"], {"choices": USES, "default": "tmk", "help": "what the key is for (tmk)"}),
    "any-use": (["--use"], {"choices": USES, "help": "what the key has to be for"}),
    "components": (["--components"], {"type": _count, "default": 3, "metavar": "N",
                                      "help": "how many persons share it (3)"}),
    "single": (["--single"], {"action": "store_true", "help": "8 bytes in place of 16 (mak)"}),
    "out-folder": (["--out"], {"metavar": "FOLDER", "help": "for the files, of mode 600"}),
    "out-file": (["--out"], {"metavar": "FILE", "help": "for the block"}),
    "name": (["--name"], {"help": "how the files begin"}),
    "reveal": (["--reveal"], {"action": "store_true",
                              "help": "show one component after the other on this screen"}),
    "files": (["files"], {"nargs": "+", "metavar": "FILE",
                          "help": "components, one a line; - is standard input"}),
    "kcv": (["--kcv"], {"type": _check_value, "metavar": "DIGITS",
                        "help": "check value that the whole must have"}),
    "key": (["--key"], {"nargs": "+", "metavar": "FILE", "help": "its components"}),
    "key-needed": (["--key"], {"nargs": "+", "metavar": "FILE", "required": True,
                               "help": "its components"}),
    "under-needed": (["--under"], {"nargs": "+", "metavar": "FILE", "required": True,
                                   "help": "components of the kbpk or transport key"}),
    "under": (["--under"], {"nargs": "+", "metavar": "FILE",
                            "help": "components of the kbpk or transport key"}),
    "block": (["--block"], {"metavar": "FILE", "help": "a TR-31 block of the TMK"}),
    "block-file": (["block"], {"metavar": "FILE", "help": "its file; - is standard input"}),
    "port": (["--port"], {"help": "serial port of a board"}),
    "flash": (["--flash"], {"metavar": "FILE",
                            "help": "as tuidan terminal --flash; that terminal must be off"}),
    "scenario": (["--scenario"], {"metavar": "FILE", "help": "of an acquirer"}),
    "ledger": (["--ledger"], {"metavar": "FILE_OR_URL", "help": "of an acquirer: working keys"}),
    "transport-key": (["--transport-key"], {
        "nargs": "+", "metavar": "FILE",
        "help": "components of the key that opens the scenario's blocks"}),
    "terminal": (["--terminal"], {"type": _digits(8), "metavar": "NUMBER", "help": "its number"}),
    "merchant": (["--merchant"], {"type": _digits(15), "metavar": "NUMBER",
                                  "help": "with --terminal: the numbers of a blank terminal"}),
    "mac": (["--mac"], {"choices": KEY_SIZES, "default": "unionpay-ecb",
                        "help": "of a blank terminal"}),
    "yes": (["--yes"], {"action": "store_true", "help": "do not ask"}),
}

# verb: (help, example, its arguments, function)
VERBS = {
    "generate": ("make a key, in components", "generate --components 3 --out safe",
                 "use components single out-folder name reveal", blocks.generate),
    "combine": ("check components, and tell the whole's check value",
                "combine safe/tmk-1.component safe/tmk-2.component safe/tmk-3.component",
                "files use kcv", blocks.combine),
    "wrap": ("a key into a TR-31 block (version B) under a kbpk",
             "wrap --key safe/tmk-*.component --under safe/kbpk-1.component --out tmk.block",
             "key-needed under-needed use out-file", blocks.wrap),
    "unwrap": ("what a TR-31 block holds", "unwrap tmk.block --under safe/kbpk-1.component",
               "block-file under-needed any-use out-folder name", blocks.unwrap),
    "inject": ("a TMK into a board, the flash of a simulated terminal, or an acquirer's scenario",
               "inject --port /dev/ttyACM0 --block tmk.block --under safe/kbpk-1.component",
               "key block under kcv port flash scenario terminal merchant mac", places.inject),
    "export": ("a TMK out of a flash or a scenario, as a TR-31 block",
               "export --scenario ordinary_day --terminal 10000001 --under safe/kbpk-1.component",
               "flash scenario terminal transport-key under-needed out-file", places.export),
    "list": ("the keys of an acquirer, by check values", "list --scenario ordinary_day",
             "scenario ledger transport-key", places.list_),
    "show": ("the keys of a terminal, by check values", "show --flash till.flash",
             "port flash", places.show),
    "wipe": ("all keys of a terminal go; its records stay", "wipe --flash till.flash",
             "port flash yes", places.wipe),
}
