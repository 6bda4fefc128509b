"""`tuidan record-test`: a capture becomes a regression test, a folder that pytest collects.

The expectation is what the replay gives now. The capture is kept as it is: what it masks stays
masked, and what it does not mask goes wherever the folder goes.
"""
import shutil
import sys
from pathlib import Path

from tools.capture.pcapng import PcapngFault
from tools.replay import report
from tools.replay.command import ENDS, exactly_replayed, replay_file
from tools.replay.rules import SHIPPED, RulesError
from tools.replay.stages import NotExact
from tools.testing.folders import short

CAPTURE, RULES, EXPECTED = "capture.pcapng", "rules.toml", "replay.toml"


def configure(parser):
    """Arguments of `tuidan record-test`."""
    parser.epilog = ("pytest runs the folder through the plugin that comes with tuidan; "
                     "tools/testing/README.md.")
    parser.add_argument("file", metavar="FILE", help="a capture")
    parser.add_argument("folder", metavar="DIR", type=Path, help="new folder for the test")
    parser.add_argument("--against", choices=ENDS, help="one end only; else what can be")
    parser.add_argument("--rules", metavar="FILE", help="by these rules, even if it could be exact")
    parser.add_argument("--about", metavar="TEXT", default="", help="what it is a test of")


def run(args):
    """Make the folder; exit code 0, 2 if that cannot be."""
    if args.folder.exists():
        print(f"tuidan record-test: {args.folder} is there already", file=sys.stderr)
        return 2
    try:
        results = [replay_file(args.file, end, rules=args.rules) for end in _ends(args)]
    except (NotExact, PcapngFault, RulesError) as reason:
        print(f"tuidan record-test: {args.file}: {reason}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename != args.file:
            raise
        print(f"tuidan record-test: {args.file}: cannot be read: {error.strerror}",
              file=sys.stderr)
        return 2
    if all(map(report.is_empty, results)):
        print("\n".join([*report.text(results[0])]), file=sys.stderr)
        return 2
    args.folder.mkdir(parents=True)
    shutil.copyfile(args.file, args.folder / CAPTURE)
    exactly = results[0].how == "exactly"
    if not exactly:
        shutil.copyfile(args.rules or SHIPPED, args.folder / RULES)
    (args.folder / EXPECTED).write_text(_expected(results, exactly), encoding="utf-8")
    (args.folder / "README.md").write_text(_readme(args, results), encoding="utf-8")
    for result in results:
        print(report.headline(result))
    print(f"{args.folder}: pytest runs it from now on")
    return 0


def _ends(args):
    """The ends that the test is of: both where they go exactly."""
    if args.against:
        return (args.against,)
    if args.rules:
        return ("acquirer",)
    try:
        exactly_replayed(args.file, ENDS)
    except NotExact:
        return ("acquirer",)
    return ENDS


def _expected(results, exactly):
    """replay.toml."""
    found = [short(one) for result in results for one in result.differences]
    lines = ["# What the replay must give; made by tuidan record-test. A known difference is named",
             "# by its end, packet and field: take it out when it is mended.",
             f'capture = "{CAPTURE}"', *([] if exactly else [f'rules = "{RULES}"']),
             f"against = {[end for result in results for end in result.against]}",
             "differences = [", *(f'    "{one}",' for one in found), "]", "", "[packets]",
             *(f"{result.against[0]} = {result.packets}" for result in results), ""]
    return "\n".join(lines)


def _readme(args, results):
    about = args.about or f"What {Path(args.file).name} holds happens again."
    return "\n\n".join((f"# {args.folder.name}", about, "\n".join(
        f"- {result.how}, against the {result.against[0]}: {result.packets} packets, "
        f"{len(result.differences)} known differences" for result in results),
        "`pytest` runs it, here or above.", ""))
