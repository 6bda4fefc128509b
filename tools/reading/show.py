"""`tuidan show`: a capture told in plain words, as JSON, or as one page for a browser."""
import argparse
import json
import sys
from pathlib import Path

from host_sim.show.mask import free_text
from tools.capture.pcapng import PcapngFault
from tools.capture.progress import Watched
from tools.capture.recording import CHANNELS
from tools.capture.sink import is_same_file
from tools.reading import text
from tools.reading.telling import Telling

ONLY = tuple(CHANNELS)
CHUNK = 1 << 16


def configure(parser):
    """Arguments of `tuidan show`."""
    parser.epilog = (
        "What looks wrong is marked with !!. MACs are checked where the capture holds a sign-on\n"
        "under the published test key, or with --mac. Exit 1 if a file is damaged or no capture.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a capture (pcapng)")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="fields and bytes of every message, every ACK, screens in boxes")
    parser.add_argument("--only", action="append", choices=ONLY, metavar="WHAT",
                        help=f"only {', '.join(ONLY)}; more than one may be given")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--html", metavar="OUT", help="write one page for a browser there")
    parser.add_argument("--mac", type=mac_key, metavar="FILE", default=(None, None),
                        help='of {"algorithm": ..., "key": hex}: the MAK to check MACs with')
    parser.add_argument("--reveal", action="store_true",
                        help="card data, keys and what was typed at a password, too")
    parser.add_argument("--progress", action="store_true",
                        help="on standard error, also where that is no terminal")


def mac_key(path):
    """(algorithm, key as bytes) of a file as decode's "mac". For argparse."""
    from protocol.mac import KEY_SIZES

    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
        key = bytes.fromhex(given["key"])
        algorithm = given.get("algorithm")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise argparse.ArgumentTypeError(f'{path} holds no {{"algorithm", "key"}}') from None
    sizes = KEY_SIZES.get(algorithm, {8, 16} if algorithm is None else ())
    if len(key) not in sizes:
        raise argparse.ArgumentTypeError(f"{path}: the key does not fit the algorithm")
    return algorithm, key


def run(args):
    """Tell every file; exit code 0, 1 for a damaged file or one that is none, 2 for no file."""
    worst = 0
    if args.html and len(args.files) > 1:
        print("tuidan show: --html takes one capture", file=sys.stderr)
        return 2
    if args.json and len(args.files) > 1:
        print("tuidan show: --json takes one capture", file=sys.stderr)
        return 2
    if args.html and is_same_file(args.html, args.files[0]):
        print("tuidan show: --html OUT is the capture itself", file=sys.stderr)
        return 2
    for name in args.files:
        worst = max(worst, _show(name, args))
    return worst


def _show(name, args):
    try:
        file = sys.stdin.buffer if name == "-" else open(name, "rb", buffering=CHUNK)
    except OSError as error:
        print(f"tuidan show: cannot read {name}: {error.strerror}", file=sys.stderr)
        return 2
    with file:
        try:
            reading = Watched(file, name, args.progress or None, aside=False)
        except PcapngFault as fault:
            print(f"tuidan show: {name}: {fault}", file=sys.stderr)
            return 1
        algorithm, key = args.mac
        telling = Telling(reading, args.reveal, key, algorithm)
        wanted = (told for told in telling if not args.only or told.channel in args.only)
        if args.html:
            from tools.reading import page
            try:
                page.write(args.html, name, telling, wanted, args.reveal)
            except OSError as error:
                print(f"tuidan show: cannot write {args.html}: {error.strerror}", file=sys.stderr)
                return 2
        elif args.json:
            _as_json(name, telling, wanted, args.reveal)
        else:
            _as_text(name, telling, wanted, args)
        if reading.fault is not None:
            print(f"tuidan show: {name}: damaged {reading.fault}; "
                  f"{telling.packets} packets before that were read", file=sys.stderr)
            return 1
    return 0


def _as_text(name, telling, wanted, args):
    for line in text.heading(name, telling.reading.head):
        print(line)
    for told in wanted:
        for line in text.lines(told, args.verbose, args.reveal, telling.algorithm):
            print(line)
    for line in text.summary(telling.summary()):
        print(line)


def _as_json(name, telling, wanted, reveal):
    """One object, written piece by piece: a capture may be larger than the memory."""
    from tools.reading.data import as_data

    write = sys.stdout.write
    head = telling.reading.head
    about = json.dumps({"file": name, "application": head.application, "run": head.run})
    write((about if reveal else free_text(about))[:-1])
    write(', "events": [')
    comma = ""
    for told in wanted:
        write(comma + json.dumps(as_data(told, reveal)))
        comma = ",\n"
    write(f'], "summary": {json.dumps(telling.summary())}}}\n')
