"""`tuidan press`: plays key scripts on the sample shop in virtual time.

A script waits for what is on the screen, never for a time; after its last line nothing may be
left dangling: books that add up, no crash, an idle terminal.
"""
import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

from host_sim.play.player import Failed, Player
from host_sim.play.script import ScriptError, read_script
from host_sim.play.shop import open_shop
from host_sim.show import story
from host_sim.world import World
from tools.capture.run import record_script
from tools.capture.sink import Whole, is_same_file


def play(path, seed=None, capture=None, world=World):
    """Play the script at `path` on a new shop, in a world of that kind -> (Shop, result).

    `capture`: a binary file for all that passes.

    The result: {"script", "result": "passed" or "failed", "outcome", "seed", "language", "ms",
    "screens", "messages", "paper"}, and for a failed run {"error": {"where", "expected", "seen",
    "screen"}}. Raises ScriptError for a script that cannot be read, OSError for a full disk.
    """
    script = read_script(path)
    seed = script.seed if seed is None else seed
    shop = open_shop(script.terminal, script.language, seed, script.start, world,
                     scenario=script.scenario, blank=script.blank)
    recorder = record_script(capture, shop, script, seed) if capture else None
    error = None
    try:
        Player(script, shop).play()
    except Failed as failed:
        error = {"where": failed.where, "expected": failed.expected, "seen": failed.seen,
                 "screen": shop.world.screen()}
    if recorder:
        recorder.end("failed" if error else "passed")
    trace = shop.world.trace
    result = {"script": str(path), "result": "failed" if error else "passed",
              "outcome": story.outcome(trace), "seed": seed, "language": script.language,
              "ms": shop.world.now_ms, **story.record(trace)}
    return shop, result | ({"error": error} if error else {})


def capture_file(path, script):
    """A Whole for a script's capture. What is there stays if the script cannot be read, and the
    script itself anyway. Raises ScriptError, ValueError, OSError."""
    read_script(script)
    if is_same_file(path, script):
        raise ValueError(f"{path} is the script itself")
    return Whole(path)


def save_pictures(world, folder):
    """Save every screen of a run as 001.png, 002.png, ..., and what was printed as paper.png.

    The folder is made. Raises OSError.
    """
    from host_sim.show.pictures import draw_paper, draw_screen

    folder.mkdir(parents=True, exist_ok=True)
    seen = [event.value for event in world.trace if event.kind == "screen"]
    for number, one in enumerate(seen, 1):
        draw_screen(one.pixels).save(folder / f"{number:03}.png")
    printer = world.device.printer
    if printer.lines:
        draw_paper(printer.lines, printer.cuts).save(folder / "paper.png")


def picture_folder(text):
    """The value of `--pictures` -> Path of a folder that is there. For argparse."""
    folder = Path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot make {text}: {error.strerror}") from None
    return folder


def configure(parser):
    """Arguments of `tuidan press`."""
    parser.epilog = "tools/README.md tells the language of the scripts."
    parser.add_argument("scripts", nargs="+", metavar="SCRIPT", help="file with a key script")
    parser.add_argument("--seed", type=int, help="instead of the script's own")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--trace", action="store_true", help="tell every screen and packet")
    parser.add_argument("--pictures", metavar="DIR", type=picture_folder,
                        help="save screens and paper as PNG there")
    parser.add_argument("--capture", metavar="FILE", help="all that passes, as pcapng, there; "
                        "for one script")


def run(args):
    """Play every script given; exit code 0, 1 if one failed, 2 if one could not be read."""
    if args.capture and len(args.scripts) > 1:
        print("tuidan press: --capture is for one script", file=sys.stderr)
        return 2
    results = []
    for path in args.scripts:
        try:
            with capture_file(args.capture, path) if args.capture else nullcontext() as capture:
                shop, result = play(path, args.seed, capture)
            if args.pictures:
                several = len(args.scripts) > 1
                save_pictures(shop.world, args.pictures / (Path(path).stem if several else ""))
        except (ScriptError, ValueError) as reason:
            print(f"tuidan press: {reason}", file=sys.stderr)
            return 2
        results.append(result)
        if "error" in result:
            error = result["error"]
            print(f"{error['where']}: expected: {error['expected']}; {error['seen']}",
                  file=sys.stderr)
        if not args.json:
            print("\n".join(_told(shop, result, args.trace)), flush=True)
    if args.json:
        print(json.dumps(results[0] if len(results) == 1 else {"scripts": results}))
    return 1 if any(result["result"] == "failed" for result in results) else 0


def _told(shop, result, trace):
    """Lines for a person: the story if asked for, the last screen of a failure, the result."""
    if trace:
        teller = story.Teller(shop.mac)
        yield from teller.more(shop.world.trace)
        yield from teller.rest()
    elif "error" in result:
        yield from story.screen(result["error"]["screen"])
    yield (f"{result['result']} {result['script']}: {result['outcome'] or 'no refund sent'}, "
           f"{result['ms'] / 1000:.1f} s in virtual time")
