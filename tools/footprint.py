"""`tuidan footprint`: how much memory the firmware takes, measured on real MicroPython.

The smallest heap is found by running: boot, sign-on and one whole refund from .mpy, again and again
with less. The stand-in for the chip is measured in the same way by itself; the firmware's share is
the difference. Figures are of the 64-bit unix port; a 32-bit board needs about two thirds.
"""

import json
import os
import re
import subprocess
import sys

from host_sim.core import FirmwareCrash
from host_sim.on_micropython import MICROPYTHON
from host_sim.play.shop import open_shop
from tools.campaign import operator
from tools.mpy import ON_DEVICE, ROOT, NoMicroPython, on_micropython, pipe_tree

ORDER, AMOUNT_FEN = "20260004", 1_000
STANDIN = "host_sim.pipe.idle"
STANDIN_MS = 5_000
MOST_KB = 512
RESOLUTION_KB = 1

# Imports every module named on standard input, and tells what each left in the heap.
_WEIGH = """
import gc, json, sys
told = []
gc.collect()
before = gc.mem_alloc()
for name in sys.stdin.read().split():
    __import__(name)
    gc.collect()
    after = gc.mem_alloc()
    told.append((name, after - before))
    gc.collect()
    before = gc.mem_alloc()
print(json.dumps(told))
"""


def refund_works(heap_kb):
    """Live bytes after boot, sign-on and a refund under this limit; None where it gave up."""
    try:
        world = open_shop(language="en", world=on_micropython(heap_kb)).world
        operator.refund(world, ORDER, AMOUNT_FEN)
    except FirmwareCrash:
        return None
    live = world.device.core.memory()
    world.power_off()
    return live


def standin_works(heap_kb):
    """True if the stand-in alone boots and steps under this limit, None if it does not."""
    try:
        world = on_micropython(heap_kb, STANDIN)()
        world.power_on()
        world.run_for(STANDIN_MS)
    except FirmwareCrash:
        return None
    world.power_off()
    return True


def smallest(works, most_kb=MOST_KB):
    """The smallest limit in KiB at which `works(limit)` is not None. It must work at `most_kb`."""
    least = 0
    while most_kb - least > RESOLUTION_KB:
        tried = (least + most_kb) // 2
        if works(tried) is None:
            least = tried
        else:
            most_kb = tried
    return most_kb


def mpy_bytes():
    """Bytes of all .mpy that go onto a board."""
    files = [path.relative_to(ROOT).with_suffix(".mpy") for pattern in ON_DEVICE
             for path in ROOT.glob(pattern)]  # fmt: skip
    return sum((pipe_tree() / file).stat().st_size for file in files)


def by_module():
    """{module: bytes that its import leaves in the heap}, each after those that it imports."""
    tree = pipe_tree()
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for pattern in ON_DEVICE for path in sorted(ROOT.glob(pattern))
        if path.name not in ("__init__.py", "main.py", "loader.py") and path.parent.name != "board"
    }  # fmt: skip
    names: dict[str, None] = {}
    for name in files:
        _after_its_imports(name, files, names)
    run = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=4M", "-c", _WEIGH], input="\n".join(names), text=True,
        capture_output=True, cwd=tree, timeout=60, check=True,
        env={**os.environ, "MICROPYPATH": f"{tree}/host_sim/shims:{tree}"},
    )  # fmt: skip
    return dict(json.loads(run.stdout))


def _after_its_imports(name, files, names):
    """Add a module to `names` behind the modules of ours that it imports."""
    for package, words in re.findall(r"^ *from (\S+) import (.+)$", files[name].read_text(), re.M):
        imported = (word.split(" as ")[0].strip() for word in words.split(","))
        for wanted in (package, *(f"{package}.{word}" for word in imported)):
            if wanted in files and wanted not in names:
                _after_its_imports(wanted, files, names)
    names[name] = None


def measure():
    """What `--json` prints."""
    heap_kb, standin_kb = smallest(refund_works), smallest(standin_works)
    return {
        "cycle": "refund",
        "mpy_bytes": mpy_bytes(),
        "min_heap_bytes": heap_kb * 1024,
        "standin_bytes": standin_kb * 1024,
        "share_bytes": (heap_kb - standin_kb) * 1024,
        "live_bytes": refund_works(MOST_KB),
        "modules": by_module(),
    }


def configure(parser):
    """Arguments of `tuidan footprint`."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Measure and tell; 2 where there is no MicroPython."""
    try:
        told = measure()
    except NoMicroPython as reason:
        print(f"tuidan footprint: {reason}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(told))
        return 0
    for name, size in sorted(told.pop("modules").items(), key=lambda one: -one[1]):
        print(f"  {size:7} bytes  {name}")
    print(f"{told['mpy_bytes']} bytes of .mpy; smallest heap for boot, sign-on and a refund "
          f"{told['min_heap_bytes']}, of which the stand-in {told['standin_bytes']}, "
          f"the firmware {told['share_bytes']}; alive after it {told['live_bytes']}")
    return 0
