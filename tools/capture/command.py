"""`tuidan capture`: what passes between a terminal and a host, into a pcapng file."""
import sys

from tools import press
from tools.script import ScriptError


def configure(parser):
    """Arguments of `tuidan capture`."""
    parser.epilog = "tools/capture/README.md tells what a capture holds."
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the capture")
    parser.add_argument("script", metavar="SCRIPT", help="key script, played in virtual time")


def run(args):
    """Capture; exit code 0, 1 if the script went another way, 2 if it cannot be read."""
    try:
        with open(args.output, "wb") as file:
            _, result = press.play(args.script, capture=file)
    except (ScriptError, ValueError) as reason:
        print(f"tuidan capture: {reason}", file=sys.stderr)
        return 2
    if "error" in result:
        error = result["error"]
        print(f"{error['where']}: expected: {error['expected']}; {error['seen']}", file=sys.stderr)
    print(f"{result['result']} {args.script}: {args.output}")
    return 1 if "error" in result else 0
