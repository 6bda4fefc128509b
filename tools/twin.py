"""`tuidan twin`: the same key script on CPython and on real MicroPython, in virtual time.

Both firmwares stand in the same world, so whatever leaves them must be the same to the byte and
the millisecond. Bytes that could be a key are counted, never shown.
"""
import json
import sys
from itertools import zip_longest
from typing import NamedTuple

from host_sim.play.player import Failed, Player
from host_sim.play.script import ScriptError, read_script
from host_sim.play.shop import open_shop
from host_sim.show.explain import explain
from host_sim.tap import FrameTap, overhear
from host_sim.world import World
from protocol.errors import WireFault
from tools.mpy import NoMicroPython, on_micropython

NAMES = ("CPython", "MicroPython")
WIRE = ("terminal to host", "host to terminal")
FRAME_HEAD = 3          # STX and length before a packet
AS_WRITTEN = "as the script says"


class Sighting(NamedTuple):
    """What was seen at one moment: `data` are bytes of the line or to the printer, pixels, or
    the flash; `text` is what a person would have read."""
    at_ms: int
    data: bytes
    text: str = ""


class Run(NamedTuple):
    """One side: `seen` is {channel: [Sighting]}, the flash's at the end; `end` is AS_WRITTEN or
    where the run left the script."""
    seen: dict
    steps: int
    end: str


class Difference(NamedTuple):
    """Where two runs part: `at_ms` is the earlier of the two, `told` a line for each side, None
    where it had nothing more to show, and `context` what is known besides."""
    at_ms: int
    channel: str
    told: tuple
    context: str


def play(path, world=World):
    """Play the script at `path` in a world of that kind -> Run. Raises ScriptError."""
    script = read_script(path)
    shop = open_shop(script.terminal, script.language, script.seed, script.start, world,
                     scenario=script.scenario, blank=script.blank)
    seen = {name: [] for name in ("end", *WIRE, "printer")}
    with shop.world as made:
        _listen(made.wire.to_host, seen["terminal to host"])
        _listen(made.wire.to_terminal, seen["host to terminal"])
        _listen(made.device.to_printer, seen["printer"])
        end = AS_WRITTEN
        try:
            Player(script, shop).play()
        except Failed as fault:
            end = str(fault)
    flash, at_ms = made.device.flash, made.now_ms
    seen["screen"] = [Sighting(event.at_ms, event.value.pixels, " | ".join(event.value.rows))
                      for event in made.trace if event.kind == "screen"]
    seen["flash"] = [Sighting(at_ms, flash.read(0, flash.size))]
    seen["steps"] = [Sighting(at_ms, b"", f"{made.device.steps} steps")]
    seen["end"] = [Sighting(at_ms, b"", end)]
    return Run(seen, made.device.steps, end)


def _listen(line, seen):
    overhear(line, lambda data, now_ms: seen.append(Sighting(now_ms, data)))


def compare(one, other):
    """The first Difference between two Runs, None if there is none."""
    found = [_first(channel, one.seen[channel], other.seen[channel]) for channel in one.seen]
    return min((each for each in found if each), key=lambda each: each.at_ms, default=None)


def _first(channel, one, other):
    for index, pair in enumerate(zip_longest(one, other)):
        if pair[0] != pair[1]:
            at_ms = min(seen.at_ms for seen in pair if seen)
            told = tuple(_told(channel, seen) for seen in pair)
            context = _context(channel, *pair) if all(pair) else f"number {index + 1}"
            return Difference(at_ms, channel, told, context)
    return None


def _told(channel, seen):
    """One side's sighting in a line; flash and wire are told by _context."""
    if seen is None:
        return None
    what = seen.text or (f"{len(seen.data)} bytes" if seen.data else "")
    return f"at {seen.at_ms} ms: {what}"


def _context(channel, one, other):
    """What differs between two sightings of one channel."""
    places = [at for at, pair in enumerate(zip_longest(one.data, other.data)) if pair[0] != pair[1]]
    if not places:
        return "the same at another time" if one.at_ms != other.at_ms else ""
    if channel == "screen":
        pixels = sum((a ^ b).bit_count() for a, b in zip(one.data, other.data, strict=True))
        return (f"{pixels} pixels, the first in column {places[0] % 128}, "
                f"lines {places[0] // 128 * 8} to {places[0] // 128 * 8 + 7}")
    if channel == "flash":
        block, offset = divmod(places[0], 4096)
        return f"{len(places)} bytes, the first in block {block} at {offset}"
    where = f"{len(places)} bytes, the first at {places[0]}"
    return f"{where}: {_field(one, other, places[0])}" if channel in WIRE else where


def _field(one, other, at):
    """Which field of a packet on the line byte `at` belongs to, and what both sides say there."""
    words = []
    for seen in (one, other):
        packets = FrameTap().feed(seen.data)
        try:
            parts = explain(packets[0]) if packets else []
        except WireFault:
            parts = []
        inside = [part for part in parts if part.at <= at - FRAME_HEAD < part.at + part.size]
        words.append(f"{inside[-1].name}: {inside[-1].words}" if inside else
                     "no field of a packet")
    return " / ".join(words)


def configure(parser):
    """Arguments of `tuidan twin`."""
    parser.epilog = "tools/README.md tells the language of the scripts."
    parser.add_argument("scripts", nargs="+", metavar="SCRIPT", help="file with a key script")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Play every script twice; exit code 0, 1 at the first difference, 2 if one cannot be read."""
    counts = dict.fromkeys(("scripts", "steps", "wire_bytes", "pixels", "paper_bytes",
                            "flash_bytes"), 0)
    for path in args.scripts:
        try:
            runs = [play(path), play(path, on_micropython())]
        except (ScriptError, ValueError, NoMicroPython) as reason:
            print(f"tuidan twin: {reason}", file=sys.stderr)
            return 2
        difference = compare(*runs)
        if difference is not None:
            return _differ(path, difference, counts, args.json)
        if runs[0].end != AS_WRITTEN:
            print(f"tuidan twin: both alike, but not as written: {runs[0].end}", file=sys.stderr)
            return 1
        _count(counts, runs[0])
        if not args.json:
            print(f"identical {path}: {runs[0].steps} steps", flush=True)
    if args.json:
        print(json.dumps({"identical": True, **counts}))
    else:
        print("identical: " + ", ".join(f"{count} {name.replace('_', ' ')}"
                                        for name, count in counts.items()))
    return 0


def _count(counts, run):
    """Add what was compared of one script."""
    size = {name: sum(len(seen.data) for seen in seen) for name, seen in run.seen.items()}
    counts["scripts"] += 1
    counts["steps"] += run.steps
    counts["wire_bytes"] += sum(size[name] for name in WIRE)
    counts["pixels"] += 8 * size["screen"]
    counts["paper_bytes"] += size["printer"]
    counts["flash_bytes"] += size["flash"]


def _differ(path, difference, counts, as_json):
    told = dict(zip(NAMES, difference.told, strict=True))
    print(f"{path}: at {difference.at_ms} ms, {difference.channel}: {difference.context}",
          file=sys.stderr)
    if as_json:
        print(json.dumps({"identical": False, **counts, "difference": {
            "script": str(path), "at_ms": difference.at_ms, "channel": difference.channel,
            "context": difference.context, **told}}, ensure_ascii=False))
    else:
        for name, line in told.items():
            print(f"  {name:11}  {line or 'nothing more'}")
    return 1
