"""`tuidan campaign`: refunds with faults, by the thousand, and every one of them judged.

Random seeds, one seed as a story, the exhaustive sweeps, and the planted bugs that must be found.
"""

import hashlib
import importlib
import json
import sys
import time
from argparse import ArgumentTypeError
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tools.campaign import pool
from tools.campaign.progress import Progress

ROOT = Path(__file__).parents[2]
SHOWN = 10  # violations told one by one
SEEDS = 1000
EVERY_SITUATION = 2000  # seeds from which on each situation must have come up
SWEEPS = {
    "flash": ("tools.campaign.sweep_flash", "a power cut in every flash operation, four tears"),
    "flash-micropython": ("tools.campaign.sweep_micropython",
                          "the same for the part refund, the firmware on real MicroPython"),
    "wire": ("tools.campaign.sweep_wire", "every byte of a refund's wire, every byte fault"),
    "pairs": ("tools.campaign.sweep_pairs", "all pairs among frame, flash, database, key faults"),
    "host": ("tools.campaign.sweep_host", "a crash at every database operation, every crash image"),
}


def configure(parser):
    """Arguments of `tuidan campaign`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", type=_count, metavar="N",
                      help=f"how many random runs (default: {SEEDS})")
    what.add_argument("--seed", type=int, metavar="N", help="one run")
    what.add_argument("--sweep", choices=SWEEPS,
                      help="; ".join(f"{name}: {row[1]}" for name, row in SWEEPS.items()))
    what.add_argument("--mutants", action="store_true",
                      help="plant known bugs, one at a time, and see each found")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N",
                        help="first seed (default: 0)")
    parser.add_argument("--trace", action="store_true",
                        help="with --seed: tell the run line by line")
    parser.add_argument("--shrink", action="store_true",
                        help="with --seed: the fewest faults that still fail")
    parser.add_argument("--workers", type=_count, default=pool.processors(), metavar="N",
                        help="processes (default: one a processor)")
    parser.add_argument("--scheduler", metavar="ADDRESS",
                        help="a Dask scheduler to give the runs to, as tcp://127.0.0.1:8786")
    parser.add_argument("--step", type=_count, default=1, metavar="N",
                        help="with --sweep: only every N-th case (default: all)")
    parser.add_argument("--case", type=int, metavar="N",
                        help="with --sweep: this case alone, told line by line")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Exit code 1 if money went wrong somewhere, or a planted bug lived."""
    if args.seed is None and (args.trace or args.shrink):
        print("tuidan campaign: --trace and --shrink go with --seed", file=sys.stderr)
        return 2
    if args.seed is not None:
        return one_seed(args)
    if args.case is not None and not args.sweep:
        print("tuidan campaign: --case goes with --sweep", file=sys.stderr)
        return 2
    if args.sweep:
        return sweep(args) if args.case is None else one_case(args)
    if args.mutants:
        return mutants(args)
    return campaign(args)


# random seeds


def campaign(args):
    seeds = args.seeds or SEEDS
    work = pool.slices(args.first, seeds)
    progress = Progress(seeds, "seeds")
    began = time.monotonic()
    faults, failing, situations, kinds = 0, [], Counter(), Counter()
    traces = hashlib.sha256()
    done = 0
    try:
        played = (pool.on_cluster(work, args.scheduler) if args.scheduler
                  else pool.on_processes(work, args.workers))
        for part in played:
            done += part.runs
            faults += part.faults
            failing += part.failing
            situations += part.situations
            kinds += part.kinds
            for digest in part.digests:
                traces.update(digest.encode())
            progress.reached(done, f"{len(failing)} violated" if failing else "")
    except pool.NoCluster as reason:
        print(f"tuidan campaign: {reason}", file=sys.stderr)
        return 2
    finally:
        progress.end()
    from tools.campaign.situations import SOMETIMES

    never = [what for what in SOMETIMES if not situations[what]]
    told = {
        "runs": done,
        "faults": faults,
        "violations": sum(len(wrong) for _, wrong in failing),
        "seconds": round(time.monotonic() - began, 1),
        "failing_seeds": [seed for seed, _ in failing],
        "traces": traces.hexdigest()[:16],
        "situations": {what: situations[what] for what in SOMETIMES},
        "kinds": dict(sorted(kinds.items())),
    }
    incomplete = bool(never) and done >= EVERY_SITUATION
    if args.json:
        print(json.dumps(told))
    else:
        _tell_campaign(told, failing, never if incomplete else [])
    return 1 if failing or incomplete else 0


def _tell_campaign(told, failing, never):
    for seed, wrong in failing[:SHOWN]:
        print(f"seed {seed}: {'; '.join(wrong)}")
        print(f"    tuidan campaign --seed {seed} --trace")
    for what, count in told["situations"].items():
        print(f"{count:8}  {what}")
    for what in never:
        print(f"never came up, so nothing is proved about it: {what}")
    per_second = told["runs"] / max(told["seconds"], 0.1)
    print(f"{told['runs']} runs, {told['faults']} faults that took effect, "
          f"{told['violations']} violations, {told['seconds']} s ({per_second:.0f} a second), "
          f"traces {told['traces']}")


# one seed


def one_seed(args):
    from tools.campaign.plan import plan
    from tools.campaign.run import Run
    from tools.campaign.shrink import shrink

    chosen = plan(args.seed)
    if args.shrink:
        chosen = shrink(chosen, lambda line: print(line, file=sys.stderr))
    made = Run(chosen)
    verdict, story = made.story() if args.trace else (made.play(), [])
    if args.json:
        print(json.dumps({
            "seed": args.seed, "wishes": [str(wish) for wish in chosen.wishes],
            "plan": [str(fault) for fault in chosen.faults],
            "faults": [str(fault) for fault in verdict.faults],
            "violations": verdict.wrong, "trace": verdict.trace, "story": story}))
    else:
        print(f"seed {args.seed}: {', '.join(str(wish) for wish in chosen.wishes)}")
        for fault in chosen.faults if args.shrink else verdict.faults:
            print(f"  {fault}")
        for line in story:
            print(line)
        for sentence in verdict.wrong:
            print(f"VIOLATED {sentence}")
        print(f"{len(verdict.faults)} faults took effect, {len(verdict.wrong)} violations, "
              f"trace {verdict.trace[:16]}")
    return 1 if verdict.wrong else 0


# every case of a kind


def sweep(args):
    from host_sim.roomy import spread_out

    spread_out()
    module = importlib.import_module(SWEEPS[args.sweep][0])
    began = time.monotonic()
    cases = module.cases()[:: args.step]
    progress = Progress(len(cases), "cases")
    verdicts = []
    with ProcessPoolExecutor(args.workers, initializer=spread_out) as processes:
        for verdict in processes.map(module.play, cases, chunksize=16):
            verdicts.append(verdict)
            progress.reached(len(verdicts))
    progress.end()
    violated = [(at * args.step, verdict) for at, verdict in enumerate(verdicts) if verdict.wrong]
    told = {
        "sweep": args.sweep,
        "runs": len(verdicts),
        "faults": sum(verdict.faults for verdict in verdicts),
        "violations": len(violated),
        "seconds": round(time.monotonic() - began, 1),
        "counts": module.counts(verdicts),
        "failing": [{"number": number, "case": str(verdict.case), "wrong": verdict.wrong}
                    for number, verdict in violated],
    }
    if args.json:
        print(json.dumps(told))
    else:
        for one in told["failing"][:SHOWN]:
            print(f"{one['case']}: {'; '.join(one['wrong'])}")
            print(f"    tuidan campaign --sweep {args.sweep} --case {one['number']}")
        for what, count in told["counts"].items():
            print(f"{count:8}  {what}")
        print(f"{told['runs']} cases, {told['faults']} faults that took effect, "
              f"{told['violations']} violations, {told['seconds']} s")
    return 1 if violated else 0


def one_case(args):
    from host_sim.roomy import spread_out

    spread_out()
    module = importlib.import_module(SWEEPS[args.sweep][0])
    cases = module.cases()
    if not 0 <= args.case < len(cases):
        print(f"tuidan campaign: the sweep has cases 0 to {len(cases) - 1}", file=sys.stderr)
        return 2
    verdict, story = module.story(cases[args.case])
    if args.json:
        print(json.dumps({"sweep": args.sweep, "number": args.case, "case": str(verdict.case),
                          "faults": verdict.faults, "violations": verdict.wrong, "story": story}))
    else:
        print(verdict.case)
        for line in story:
            print(line)
        for sentence in verdict.wrong:
            print(f"VIOLATED {sentence}")
        print(f"{verdict.faults} faults took effect, {len(verdict.wrong)} violations")
    return 1 if verdict.wrong else 0


# planted bugs


def mutants(args):
    if not (ROOT / "tests" / "campaign" / "mutants.py").exists():
        print("tuidan campaign: the planted bugs are part of the tests, in a checkout only",
              file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    planted = importlib.import_module("tests.campaign.mutants")
    progress = Progress(len(planted.MUTANTS), "mutants")
    fates = []
    try:
        for fate in planted.hunt(args.first, args.seeds or planted.SEEDS, args.workers):
            fates.append(fate)
            progress.reached(len(fates), fate.name)
    except planted.Stale as stale:
        print(f"tuidan campaign: the planted bug fits the code no longer: {stale}",
              file=sys.stderr)
        return 1
    finally:
        progress.end()
    lived = [fate for fate in fates if fate.seeds is None]
    if args.json:
        print(json.dumps({
            "mutants": len(fates), "killed": len(fates) - len(lived),
            "seeds": {fate.name: fate.seeds for fate in fates},
            "by": {fate.name: fate.by for fate in fates}}))
    else:
        for fate in fates:
            print(f"{'LIVES' if fate.seeds is None else fate.seeds:>6}  {fate.name}: {fate.by}")
        print(f"{len(fates)} planted bugs, {len(fates) - len(lived)} killed, "
              f"median {planted.median(fates)} seeds")
    return 1 if lived else 0


def _count(text):
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)
