"""`tuidan terminal`: the face in this window: terminal, paper, packets and acquirer, by keys.

With --link only the terminal is here: the acquirer is whoever is at the other end of that port.
"""
import argparse
import asyncio
import os
import sys
import termios
import tty
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from host_sim.acquirer import scenario
from host_sim.play.shop import open_shop
from host_sim.ptyboard.console import ROOT
from host_sim.world import START, World

FIRMWARE = ROOT / "host_sim/ptyboard/straight.py"
NEEDS = "needs a terminal: with --plain it reads keys from a pipe; `tuidan press` plays key scripts"


def enrolled_flash(language="zh"):
    """The flash of the sample shop's till as it leaves the factory, in bytes, key slot and all."""
    flash = open_shop(language=language).world.device.flash
    return flash.read(0, flash.size)


def configure(parser):
    """Arguments of `tuidan terminal`."""
    parser.epilog = ("? lists the keys. In plain lines they are 0-9, Enter, Backspace = CLEAR, "
                     "x = CANCEL, m = MENU, u and d = UP, DOWN.")
    parser.add_argument("--link", metavar="PORT",
                        help="where the acquirer is: a serial port or PTY, a pyserial URL such as "
                             "socket://localhost:4000, or pty for a new one (default: the "
                             "sample acquirer, in here)")
    parser.add_argument("--baud", type=int, default=115200, help="of that port (default 115200)")
    parser.add_argument("--flash", metavar="FILE",
                        help="the terminal's flash; made if there is none (default: a new one); "
                             "its key slot is FILE.key, which only you may read, so no copy of "
                             "FILE has the key in it")
    parser.add_argument("--micropython", action="store_true",
                        help="the firmware on real MicroPython")
    parser.add_argument("--scenario", default="samples", metavar="NAME",
                        choices=("samples", *scenario.shipped()), help="what is opened first")
    parser.add_argument("--language", choices=("zh", "en"), default="zh",
                        help="of the terminals, if new (default zh)")
    parser.add_argument("--words", choices=("zh", "en"), default=_spoken(),
                        help="of the window itself (default: the locale's)")
    parser.add_argument("--seed", type=int, default=0, help="of keys, chances and noise")
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="keep ledgers and terminals there, and go on with what is there")
    parser.add_argument("--save", type=Path, default=Path("."), metavar="DIR",
                        help="where key scripts and captures are saved (default: here)")
    parser.add_argument("--plain", action="store_true",
                        help="in lines: for a pipe, for reading by ear, for a terminal that can "
                             "do no more (which is seen by itself)")


def run(args):
    """Until it is left, exit code 0; 1 if it fails, 2 if something that it needs is not there."""
    if not args.plain and not (os.isatty(0) and os.isatty(1)):
        print(f"tuidan terminal: {NEEDS}", file=sys.stderr)
        return 2
    try:
        face, port = _open(args)
    except (OSError, ValueError, argparse.ArgumentTypeError) as reason:
        print(f"tuidan terminal: {reason}", file=sys.stderr)
        return 2
    try:
        return (_in_lines if args.plain or _can_only_lines() else _in_full)(args, face, port)
    except KeyboardInterrupt:
        return 0
    finally:
        if port is not None:
            port.port.close()


def _open(args):
    """-> (Face, PortHost or None)."""
    from host_sim.face.face import MOST_TILLS, Choice, Face
    from host_sim.face.kept import FileFlash
    from host_sim.face.port import PortHost
    from tools.capture.keys import Keys
    from tools.capture.ports import open_port
    from tools.capture.run import record_face
    from tools.mpy import NoMicroPython, core_on_micropython

    known = {}
    if args.micropython:
        try:
            known["make_core"] = core_on_micropython()
        except NoMicroPython as reason:
            raise ValueError(reason) from None
    if args.flash:
        known["flash"] = FileFlash(args.flash)
    port = PortHost(open_port(args.link, args.baud)) if args.link else None
    elsewhere = {"kept": True} if args.flash else {}    # what a Site does not know of it
    elsewhere |= {"host": args.link} if args.link else {}

    def record(file, shop, **told):
        return record_face(file, shop, **told | elsewhere)

    face = Face(Choice(args.scenario, args.language, args.seed), args.keep, record,
                lambda: Keys().judge, partial(_world, port, known),
                datetime.now() if port else START,
                1 if known or port else MOST_TILLS)
    return face, port


def _world(port, known, server, **arguments):
    """What the Face takes for World."""
    return World(server if port is None else port, **arguments | known)


def _in_full(args, face, port):
    from host_sim.tui.app import TerminalApp
    from tools.capture.handing import masked
    from tools.face import STORIES

    # A story begins with a new terminal: it is none for a flash that somebody keeps.
    app = TerminalApp(face, args.words, args.save, port, masked, None if args.flash else STORIES)
    app.run()
    return app.return_code or 0


def _in_lines(args, face, port):
    from host_sim.tui.numbered import Numbered
    from host_sim.tui.plain import Plain
    from host_sim.tui.words import words
    from tools.capture.handing import masked
    from tools.face import STORIES

    w = words(args.words)
    _say(w["plain_keys"])
    if port is not None:
        _say(w["at_port"].format(port=port.port.name))
    lists = partial(Numbered, face, w, port=port, save=args.save, masked=masked,
                    scripts=None if args.flash else STORIES)
    with _keyboard():
        asyncio.run(Plain(face, _say, sys.stdout.encoding, port, lists).run())
    return 0


def _say(text):
    print(text, flush=True)


def _can_only_lines():
    """Whether this terminal cannot put a character where it is told, or has no UTF-8."""
    encoding = (sys.stdout.encoding or "").replace("-", "").lower()
    return os.environ.get("TERM", "dumb") in ("", "dumb", "unknown") or encoding != "utf8"


def _spoken():
    """What the locale speaks, as far as we do."""
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh" if said.startswith("zh") else "en"


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
