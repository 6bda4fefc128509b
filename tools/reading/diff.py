"""`tuidan diff`: two captures compared, message by message and field by field.

Says which is the first difference and all of them; times count only if asked for.
"""
import argparse
import json
import re
import sys
from contextlib import ExitStack

from tools.capture.pcapng import PcapngFault
from tools.capture.progress import Watched
from tools.reading.aligning import aligned
from tools.reading.comparing import differences
from tools.reading.show import CHUNK
from tools.reading.telling import Telling
from tools.reading.told import WAYS, clock, printable, span

COMPARED = ("message", "nak", "noise")
WITH = ("screen", "paper")
PATH = re.compile(r"[0-9]{1,2}(\.[A-Za-z0-9 -]+)?|tpdu|header|mti")
LISTED = 200        # differences in text


def configure(parser):
    """Arguments of `tuidan diff`."""
    parser.epilog = ("Messages are paired by kind, STAN and order. Exit 1 at a difference, or if\n"
                     "a file is damaged: its sound part is compared.")
    parser.add_argument("a", metavar="A", help="a capture (pcapng)")
    parser.add_argument("b", metavar="B", help="another one")
    parser.add_argument("--ignore", type=_paths, default=frozenset(), metavar="FIELDS",
                        help="not compared: 11,12,13,37,64 or 62.DF0C or tpdu")
    parser.add_argument("--with", dest="more", action="append", choices=WITH, default=[],
                        metavar="WHAT", help="compare the screen or the paper, too")
    parser.add_argument("--times", action="store_true",
                        help="compare how long after the one before each came")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--reveal", action="store_true", help="card data and keys in full")


def _paths(text):
    paths = frozenset(word.strip().removeprefix("F") for word in text.split(",") if word.strip())
    for path in paths:
        if not PATH.fullmatch(path):
            raise argparse.ArgumentTypeError(f"{path!r} is no field: 11, 62.DF0C, 60.batch, tpdu")
    return paths


def run(args):
    """Compare and tell; exit code 0 alike, 1 a difference or a damaged file, 2 no file."""
    with ExitStack() as stack:
        tellings = []
        for name in (args.a, args.b):
            try:
                file = stack.enter_context(open(name, "rb", buffering=CHUNK))
                tellings.append(Telling(Watched(file, name, aside=False), args.reveal))
            except OSError as error:
                print(f"tuidan diff: cannot read {name}: {error.strerror}", file=sys.stderr)
                return 2
            except PcapngFault as fault:
                print(f"tuidan diff: {name}: {fault}", file=sys.stderr)
                return 1
        counts = {"a": args.a, "b": args.b, "compared": 0, "only_a": 0, "only_b": 0, "differ": 0}
        (_as_json if args.json else _as_text)(_compare(tellings, args, counts), counts)
    damaged = False
    for name, telling in zip((args.a, args.b), tellings, strict=True):
        if telling.reading.fault is not None:
            print(f"tuidan diff: {name}: damaged {telling.reading.fault}", file=sys.stderr)
            damaged = True
    return 1 if damaged or counts["only_a"] or counts["only_b"] or counts["differ"] else 0


def _compare(tellings, args, counts):
    """Rows {"what", "a", "b", ...} of every difference; counts them as it goes."""
    kinds = (*COMPARED, *args.more)
    one, other = ((told for told in telling if told.kind in kinds) for telling in tellings)
    algorithm = tellings[0].algorithm
    before: tuple = ()
    for a, b in aligned(one, other, stan="11" not in args.ignore):
        here = {"a": _where(a), "b": _where(b)}
        if a is None or b is None:
            counts["only_a" if b is None else "only_b"] += 1
            yield {"what": "only in A" if b is None else "only in B", **here}
            continue
        counts["compared"] += 1
        rows = _frames(a, b)
        if a.kind == "message":
            rows += differences(a.packet, b.packet, args.ignore, algorithm,
                                args.reveal and not (a.masked or b.masked))
        if args.times:
            rows += _times(before, (a, b))
        before = (a, b)
        counts["differ"] += bool(rows)
        yield from ({"what": "differs", **here, **row} for row in rows)


def _frames(a, b):
    """A row, in a list, if one of two frames was damaged in another way than the other."""
    said = [", ".join(words for code, words in told.wrong if code in ("frame", "lrc")) or "sound"
            for told in (a, b)]
    return [] if said[0] == said[1] else [{"field": "frame", "name": "frame", "words": said,
                                           "hex": [None, None], "at": [None, None]}]


def _times(before, now):
    """A row, in a list, if the two came at different times behind the ones before them."""
    if not before:
        return []
    waited = [told.at_us - earlier.at_us for told, earlier in zip(now, before, strict=True)]
    if waited[0] == waited[1]:
        return []
    return [{"field": "time", "name": "time behind the one before",
             "words": [span(us) for us in waited], "hex": [None, None], "at": [None, None],
             "us": waited}]


def _where(told):
    return None if told is None else {"number": told.number, "at_us": told.at_us,
                                      "way": told.way, "words": told.words}


def _as_json(found, counts):
    write = sys.stdout.write
    write('{"differences": [')
    first = None
    for row in found:
        write((",\n" if first else "") + json.dumps(row))
        first = first or row
    write(f'], "first": {json.dumps(first)}, {json.dumps(counts)[1:]}\n')


def _as_text(found, counts):
    told, place = 0, None
    for row in found:
        told += 1
        if told > LISTED:
            continue
        if told == 1:
            print("first difference:")
        here = (row["a"], row["b"])
        if row["what"] != "differs":
            side = row["what"][-1]
            print(f"{row['what']}: {_told(side, row['a'] or row['b'])}")
        else:
            if here != place:
                print(f"{_told('A', row['a'])}\n{_told('B', row['b'])}")
            print("\n".join(map(printable, _field(row))))
        if told == 1:
            print()
        place = here if told > 1 else None
    if told > LISTED:
        print(f"... and {told - LISTED} more")
    print(f"{counts['compared']} messages compared, {counts['differ']} of them differ, "
          f"{counts['only_a']} only in {counts['a']}, {counts['only_b']} only in {counts['b']}")


def _told(side, where):
    way = f"{WAYS[where['way']]}  " if where["way"] else ""
    words = printable(where["words"])
    return f"{side} {where['number']:>6}  {clock(where['at_us'])}  {way}{words}"


def _field(row):
    name = row["name"] if row["name"].startswith(("F", "DF")) or row["field"] == "time" else \
        f"F{row['field'].partition('.')[0]} {row['name']}" if "." in row["field"] else row["name"]
    one, other = row["words"]
    yield f"    {name}: {one}, differs in what is hidden" if row.get("hidden") else \
        f"    {name}: {one} in A, {other} in B"
    for side, at, data in zip("AB", row["at"], row["hex"], strict=True):
        if data:
            yield f"        {side} byte {at:>4}: {data}"
