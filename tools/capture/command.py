"""`tuidan capture`: what passes between a terminal and a host, into a pcapng file.

Of a key script's run, or of a real line that it forwards. What ends it is said in one line, and
the file is whole up to there.
"""
import argparse
import json
import sys
from contextlib import ExitStack, closing
from datetime import timedelta
from importlib.metadata import version

from host_sim.play.script import ScriptError
from tools import press
from tools.capture.keys import KeyFileFault, Keys, read_keys
from tools.capture.line import Bridge, Clock, LineRecorder, interruptions
from tools.capture.masking import Masker
from tools.capture.ports import Gone, open_port
from tools.capture.recording import EPOCH
from tools.capture.sink import Rotation

BAUD = 115200
MEGABYTE = 1_000_000
MINUTE_US = 60_000_000


def configure(parser):
    """Arguments of `tuidan capture`."""
    parser.epilog = ("Cards are masked, keys and PIN blocks left out; those published for\n"
                     "tests stay. tools/capture/README.md tells what a capture holds.")
    parser.add_argument("script", metavar="SCRIPT", nargs="?",
                        help="key script, played in virtual time and captured whole")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the capture")
    line = parser.add_mutually_exclusive_group()
    line.add_argument("--between", nargs=2, metavar="PORT",
                      help="forward between two ports, the terminal's side first: serial ports, "
                           "pyserial URLs, or `pty` to make one and print its name")
    line.add_argument("--pty", action="store_true", help="the same as --between pty pty")
    parser.add_argument("--baud", type=_number, default=BAUD, metavar="N",
                        help=f"of serial ports (default {BAUD})")
    parser.add_argument("--keys", metavar="FILE",
                        help="TOML with [[terminal]] number, tmk or mak, mac: to judge MACs by")
    parser.add_argument("--reveal", action="store_true",
                        help="keep cards and tracks whole, for a lab")
    parser.add_argument("--rotate-mb", type=_number, metavar="N",
                        help="a new file (FILE with .0001, .0002, ...) after N megabytes")
    parser.add_argument("--rotate-minutes", type=_number, metavar="N", help="or after N minutes")
    parser.add_argument("--keep", type=_number, metavar="N", help="only the last N of them")
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")


def run(args):
    """Capture; exit code 0, 1 if the script went another way, 2 if something that is needed is not
    there, or no more: a script, a port, room on the disk."""
    if args.pty:
        args.between = ["pty", "pty"]
    if bool(args.script) == bool(args.between):
        return _refuse("either a SCRIPT or a line (--between, --pty)")
    if args.keep and not (args.rotate_mb or args.rotate_minutes):
        return _refuse("--keep is for --rotate-mb or --rotate-minutes")
    return _script(args) if args.script else _line(args)


def _script(args):
    try:
        with press.capture_file(args.output, args.script) as file:
            _, result = press.play(args.script, capture=file)
    except (ScriptError, ValueError) as reason:
        return _refuse(reason)
    except OSError as reason:
        return _refuse(_said(reason))
    error = result.get("error")
    if error:
        print(f"{error['where']}: expected: {error['expected']}; {error['seen']}", file=sys.stderr)
    if args.json:
        print(json.dumps({"result": result["result"], "files": [args.output], "bytes": file.size}))
    else:
        print(f"{result['result']} {args.script}: {args.output}, {file.size} bytes")
    return 1 if error else 0


def _line(args):
    rotation = Rotation(args.output, args.rotate_mb and args.rotate_mb * MEGABYTE,
                        args.rotate_minutes and args.rotate_minutes * MINUTE_US, args.keep)
    clock = Clock()
    with ExitStack() as stack:
        try:
            keys = Keys(read_keys(args.keys) if args.keys else None)
            terminal, host = (stack.enter_context(closing(open_port(name, args.baud)))
                              for name in args.between)
            began = (EPOCH + timedelta(microseconds=clock.now_us())).replace(tzinfo=None)
            run_of = {"tuidan": version("tuidan"), "made_by": "line",
                      "start": began.isoformat(timespec="microseconds"),
                      "ports": [terminal.name, host.name], "baud": args.baud,
                      "revealed": args.reveal}
            recorder = LineRecorder(rotation, run_of, Masker(keys, args.reveal), clock.now_us())
        except (KeyFileFault, ValueError) as reason:
            return _refuse(reason)
        except OSError as reason:
            return _refuse(_said(reason))
        stack.enter_context(closing(recorder))
        interrupted = stack.enter_context(interruptions())
        bridge = Bridge(terminal, host, clock)
        print(f"terminal at {terminal.name}, host at {host.name}, into {recorder.files[-1]}",
              file=sys.stderr if args.json else sys.stdout, flush=True)
        ended = _forward(bridge, interrupted, recorder, clock)
    figures = bridge.latency.figures()
    if args.json:
        print(json.dumps({"packets": recorder.packets, "bytes": bridge.bytes, "latency_us": figures,
                          "files": [str(path) for path in recorder.files], "end": ended}))
    else:
        print(f"{recorder.packets} packets in {', '.join(map(str, recorder.files))}; "
              f"{bridge.latency.words()}")
    return _refuse(ended) if ended else 0


def _forward(bridge, interrupted, recorder, clock):
    """Forward to the end; None for Ctrl-C, else what ended it in a line."""
    began_us = clock.now_us()
    shows = sys.stderr is not None and sys.stderr.isatty()

    def progress(now_us):
        if shows:
            seconds = (now_us - began_us) // 1_000_000
            print(f"\r{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}  "
                  f"{recorder.packets} packets, {bridge.bytes} bytes", end="", file=sys.stderr,
                  flush=True)

    reason = None
    try:
        try:
            bridge.run(interrupted, recorder, progress)
        except Gone as gone:
            reason = str(gone)
        recorder.end(clock.now_us(), f"{reason or 'ended by hand'}; {bridge.latency.words()}")
    except OSError as full:
        reason = f"{_said(full)}; what is there is whole"
    if shows:
        print(file=sys.stderr)
    return reason


def _number(text):
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
    return int(text)


def _said(error):
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)


def _refuse(reason):
    print(f"tuidan capture: {reason}", file=sys.stderr)
    return 2
