"""`tuidan campaign`: play a refund through every place where something can go wrong.

What there is today: `--sweep flash`, the power cut in every flash operation, torn in four ways.
"""

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tools.campaign import sweep

SHOWN = 10  # violations told one by one


def configure(parser):
    """Arguments of `tuidan campaign`."""
    parser.add_argument("--sweep", choices=("flash",), required=True,
                        help="flash: a power cut in every program and erase, torn in four ways")
    parser.add_argument("--step", type=_count, default=1, metavar="N",
                        help="only every N-th operation (default: all)")
    parser.add_argument("--workers", type=_count, default=os.cpu_count(), metavar="N",
                        help="processes (default: one a processor)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Play the sweep and tell it; exit code 1 if a run left the money wrong."""
    began = time.monotonic()
    cases = [case for order in sweep.PROCEDURES for case in sweep.cases(order, args.step)]
    verdicts = []
    with ProcessPoolExecutor(args.workers) as pool:
        for verdict in pool.map(sweep.play, cases, chunksize=8):
            verdicts.append(verdict)
            _progress(len(verdicts), len(cases))
    violations = [verdict for verdict in verdicts if verdict.wrong]
    told = {
        "sweep": args.sweep,
        "runs": len(verdicts),
        "faults": sum(verdict.cut for verdict in verdicts),
        "violations": len(violations),
        "seconds": round(time.monotonic() - began, 1),
        "failing": [{**v.case._asdict(), "wrong": v.wrong} for v in violations],
    }
    if args.json:
        print(json.dumps(told))
    else:
        for one in told["failing"][:SHOWN]:
            print(f"order {one['order']}, cut {one['tear']} operation {one['operation']}: "
                  f"{'; '.join(one['wrong'])}")
        print(f"{told['runs']} runs, {told['faults']} power cuts, {told['violations']} violations, "
              f"{told['seconds']} s")
    return 1 if violations else 0


def _progress(done, total):
    if sys.stderr.isatty():
        print(f"\r{done} of {total} runs", end="\n" if done == total else "", file=sys.stderr)


def _count(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number
