"""`tuidan terminal`: the firmware on real MicroPython in this window, its link at a serial port.

Nothing is simulated but the chip's pins: time is real, the acquirer is whoever is at the other
end of the link (`tuidan acquirer`), keys come from this keyboard.
"""
import os
import subprocess
import sys
import tempfile
import termios
import tty
from contextlib import contextmanager
from pathlib import Path

from host_sim.play.shop import open_shop
from host_sim.ptyboard import flashfile
from host_sim.ptyboard.console import MICROPYTHON, ROOT, environment
from host_sim.ptyboard.panel import Panel
from host_sim.show import story

FIRMWARE = ROOT / "host_sim/ptyboard/straight.py"
# What is typed here -> the terminal's keys.
TYPED = {str(digit): str(digit) for digit in range(10)} | {
    "\r": "ENTER", "\n": "ENTER", "\x7f": "CLEAR", "\x08": "CLEAR", "x": "CANCEL", "m": "MENU",
    "u": "UP", "d": "DOWN"}
_PIECE = 64


def enrolled_flash(language="zh"):
    """The flash of the sample shop's till as it leaves the factory, in bytes, key slot and all."""
    flash = open_shop(language=language).world.device.flash
    return flash.read(0, flash.size)


def configure(parser):
    """Arguments of `tuidan terminal`."""
    parser.epilog = "Keys: 0-9, Enter, Backspace = CLEAR, x = CANCEL, m = MENU, u and d = UP, DOWN."
    parser.add_argument("--link", required=True, metavar="PORT", help="where the acquirer is")
    parser.add_argument("--flash", metavar="FILE",
                        help="the terminal's flash; made if there is none (default: a new one); "
                             "its key slot is FILE.key, which only you may read, so no copy of "
                             "FILE has the key in it")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="of a new flash")


def run(args):
    """Until Ctrl-C, exit code 0; 1 if the firmware ends by itself or cannot begin."""
    if not MICROPYTHON.exists():
        print("tuidan terminal: MicroPython is not installed here: run `make test` once; "
              "there is none for every machine", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="tuidan-") as folder:
        flash = Path(args.flash or Path(folder, "flash"))
        if not flash.exists():
            flashfile.write(flash, enrolled_flash(args.language))
        panel = Panel()
        process = subprocess.Popen(
            [MICROPYTHON, FIRMWARE], env=environment(flash, panel.ports | {"link": args.link}),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            with _keyboard():
                _attend(panel, process)
        except KeyboardInterrupt:
            return 0
        finally:
            process.kill()
            told = process.communicate()[1]
            panel.close()
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        print(f"tuidan terminal: the firmware ended: {' '.join(last)}", file=sys.stderr)
        return 1


def _attend(panel, process):
    """Show each new screen and line of paper, hand over each key, while the firmware lives."""
    shown, printed = None, 0
    while process.poll() is None:
        if 0 in panel.service(0.2, 0):
            typed = os.read(0, _PIECE).decode(errors="ignore")
            panel.press(*(TYPED[char] for char in typed if char in TYPED))
        if panel.screen() != shown:
            shown = panel.screen()
            print("\n".join(story.screen(shown)), flush=True)
        if len(panel.paper) > printed:
            print("\n".join(story.paper(panel.paper[printed:])), flush=True)
            printed = len(panel.paper)


@contextmanager
def _keyboard():
    """Keys come at once, and are not echoed."""
    if not os.isatty(0):
        yield
        return
    before = termios.tcgetattr(0)
    tty.setcbreak(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
