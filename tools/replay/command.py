"""`tuidan replay`: what a capture holds happens again, to the terminal, the acquirer, or both.

Exit code 0: no difference; 1: a difference, or a file that is cut; 2: nothing could be replayed.
"""
import json
import sys
from pathlib import Path

from host_sim.play.script import ScriptError
from host_sim.roomy import spread_out
from host_sim.world import World
from tools.capture.pcapng import PcapngFault
from tools.capture.progress import Watched
from tools.capture.sink import is_same_file
from tools.mpy import NoMicroPython, on_micropython
from tools.replay import by_rules, exact, report, till_by_rules
from tools.replay import rules as rule_files
from tools.replay.rules import RulesError
from tools.replay.stages import STAGES, NotExact

ENDS = tuple(STAGES)
OTHERS = ("other terminals were at the same host: what was done at them, which it may have "
          "answered differently for, is not in this file")
LONG = 1 << 20          # bytes from which on it pays to load the whole firmware first


def configure(parser):
    """Arguments of `tuidan replay`."""
    parser.epilog = "tools/replay/README.md tells what is replayed how, and the rules."
    parser.add_argument("file", metavar="FILE", help="a capture")
    parser.add_argument("--against", choices=ENDS, help="one end only; else both, or the "
                        "acquirer where it goes by rules")
    parser.add_argument("--exact", action="store_true", help="exactly or not at all")
    parser.add_argument("--micropython", action="store_true",
                        help="the terminal's firmware on real MicroPython")
    parser.add_argument("--rules", metavar="FILE",
                        help="by these rules, not exactly; --write-rules makes a file of them")
    parser.add_argument("--write-rules", metavar="FILE", type=Path,
                        help="write the usual rules there, to be edited")
    parser.add_argument("--script", metavar="SCRIPT", help="key script of what the operator does, "
                        "against the terminal by rules")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="the result as JUnit XML too")
    parser.add_argument("--html", metavar="FILE", type=Path, help="the result as a page too")


def run(args):
    """Replay, tell, and give the exit code."""
    if any(out and is_same_file(out, args.file) for out in (args.junit, args.html)):
        return _refuse(args, "what is to be written is the capture itself")
    if args.write_rules and args.write_rules.exists():
        return _refuse(args, f"{args.write_rules} is there already, and may be edited: --rules")
    try:
        world = on_micropython() if args.micropython else World
        if Path(args.file).stat().st_size > LONG and not args.micropython:
            spread_out()
        if args.write_rules:
            args.write_rules.write_bytes(rule_files.SHIPPED.read_bytes())
        result = replay_file(args.file, args.against, args.exact, world, args.rules, args.script)
    except (NotExact, NoMicroPython, PcapngFault, RulesError, ScriptError) as reason:
        return _refuse(args, reason)
    except OSError as error:
        if error.filename != args.file:
            raise
        return _refuse(args, f"cannot be read: {error.strerror}")
    if args.junit:
        args.junit.write_bytes(report.junit(result))
    if args.html:
        args.html.write_text(report.html(result), encoding="utf-8")
    if args.json:
        print(json.dumps(report.as_json(result), ensure_ascii=False))
    else:
        print("\n".join(report.text(result)))
    if report.is_empty(result):
        return 2
    return 1 if result.differences or result.cut else 0


def _refuse(args, reason):
    print(f"tuidan replay: {args.file}: {reason}", file=sys.stderr)
    return 2


def replay_file(path, against=None, exactly=False, world=World, rules=None, script=None):
    """Replay the capture at `path` -> report.Result. `against` of ENDS, None for what can be;
    `exactly`: or not at all; `rules`: a Rules' file, by which it is replayed then;
    `script`: a key script for the terminal's operator, by rules too.
    Raises NotExact, RulesError, ScriptError, PcapngFault, OSError."""
    held = rule_files.read(rules) if rules else None
    if held is None and script is None:
        try:
            return exactly_replayed(path, ENDS if against is None else (against,), world)
        except NotExact as reason:
            if exactly:
                raise
            why = f"by rules, as {reason}"
    else:
        why = f"by the rules of {rules}" if rules else f"by rules, the operator by {script}"
    end = against or ("terminal" if script else "acquirer")
    return replayed_by_rules(path, end, held or rule_files.read(), why, world, script)


def replayed_by_rules(path, against, rules, how, world=World, script=None):
    """What the file's own end said, said again in a session of ours."""
    with open(path, "rb") as file:
        reading = Watched(file, path)
        packets, run = enumerate(reading, 1), reading.head.run
        if against == "acquirer":
            found, left_out = by_rules.replay(packets, run, rules)
        else:
            found, left_out = till_by_rules.replay(list(packets), run, rules, world, script)
    cut = str(reading.fault) if reading.fault else None
    return report.Result(str(path), how, (against,), found.packets, found.differences, found.more,
                         left_out, cut)


def exactly_replayed(path, ends, world=World):
    """The run of a simulator's capture again, to each end apart."""
    found, packets, more, cut = [], 0, 0, None
    for end in ends:
        with open(path, "rb") as file:
            reading = Watched(file, f"{path} against the {end}")
            comparison = exact.replay(reading, end, world)
        found += comparison.differences
        packets += comparison.packets
        more += comparison.more
        cut = str(reading.fault) if reading.fault else None
    found.sort(key=lambda one: one.at_us)
    unknown = [OTHERS] if reading.head.run.get("others") and any(
        one.against == "acquirer" for one in found) else []
    return report.Result(str(path), "exactly", ends, packets, found, more, unknown, cut)
