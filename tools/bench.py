"""`tuidan bench`: the codecs, the MACs, whole refunds, captures and the face, measured in one run.

Everything is a ratio of CPU time, both sides in this run; a figure in seconds would only tell
how fast the machine is. What a finger feels, and what a page of the back office takes, is in
milliseconds all the same.
"""
import json
import sys
from time import process_time

from host_sim.play.shop import open_shop
from tools import bench_codec, bench_face, bench_mac, bench_office, bench_reading, bench_replay
from tools.demo import ORDER, Operator

FLOWS = 20


def flows(count=FLOWS):
    """Whole refunds in virtual time, power on to idle, two copies printed.

    {"flows", "flows a CPU second", "virtual against CPU time"}: how often one is played in a
    second of this machine's CPU, and how many times as fast as on a terminal.
    """
    _play(0)  # what is loaded once is not of the flow
    virtual_ms, began = 0, process_time()
    for seed in range(count):
        virtual_ms += _play(seed)
    spent = process_time() - began
    return {"flows": count, "flows a CPU second": round(count / spent, 2),
            "virtual against CPU time": round(virtual_ms / 1000 / spent, 1)}


def _play(seed):
    """Virtual milliseconds of one refund."""
    world = open_shop(seed=seed).world
    Operator(world, "zh", ORDER, None, lambda: None).play()
    return world.now_ms


SECTIONS = {"codecs, times as fast as pyiso8583": bench_codec.ratios,
            "MACs, times as fast": bench_mac.ratios,
            "whole refunds": flows,
            "captures, decoded and told": bench_reading.figures,
            "captures, replayed": bench_replay.figures,
            "face, from the key to changed pixels": bench_face.figures,
            "back office, a million refunds": bench_office.figures}


def configure(parser):
    """Arguments of `tuidan bench`."""
    parser.epilog = "Needs a checkout with the development dependencies (make bench sets them up)."
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Measure and tell; exit code 0, 2 where a rival is not installed."""
    figures = {}
    for name, measure in SECTIONS.items():
        try:
            figures[name] = measure()
        except (ModuleNotFoundError, FileNotFoundError) as missing:
            print(f"tuidan bench: needs a checkout with the development dependencies: {missing}",
                  file=sys.stderr)
            return 2
        if not args.json:
            print("\n".join([name, *_rows(figures[name], "  ")]), flush=True)
    if args.json:
        print(json.dumps(figures))
    return 0


def _rows(figures, indent):
    for name, value in figures.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _rows(value, indent + "  ")
        else:
            yield f"{indent}{name:<{38 - len(indent)}}{value:>8}"
