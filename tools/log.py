"""`tuidan log`: the diagnostic log of a terminal, from a board or from the image of its flash.

Reads only, and shows what the firmware wrote: it was masked there.
"""

import argparse
import json
import sys
from pathlib import Path

from tools.board import Board, Failed
from tools.campaign.image import BLOCK, FIRST_BLOCK, VOLUME_BLOCKS, Image

FOLDER, PAGES = "log", 6  # as in firmware/log.py
HEAD = 7  # bytes of a page's running number and its line's end


def lines_of(pages):
    """The lines of pages (bytes), oldest first; what is no page is left out."""
    whole = [page for page in pages if page[:6].isdigit() and page[6:7] == b"\n"]
    return [line for page in sorted(whole) for line in
            page[HEAD:].decode("ascii", "replace").splitlines() if line]


def from_image(path):
    """The lines in a flash image: the whole file region of a Pico, or the two volumes alone.
    Raises Failed for a file that is neither, OSError."""
    data = Path(path).read_bytes()
    first = FIRST_BLOCK if len(data) > 2 * VOLUME_BLOCKS * BLOCK else 0
    blocks = {FIRST_BLOCK + at // BLOCK - first: data[at : at + BLOCK]
              for at in range(0, len(data), BLOCK)}
    image = Image(blocks)
    if image.raw("params") == [None, None]:
        raise Failed(f"{path} is no flash image of a terminal")
    found = [image.raw(f"{FOLDER}/{number}")[1] for number in range(PAGES)]
    return lines_of([page for page in found if page])


def from_board(port):
    """The lines of the board at a serial port, which is restarted behind. Raises Failed."""
    board = Board(port)
    board.check_port()
    if not board.hold()["active"]:
        board.reset()
        raise Failed(f"no version of the firmware is active on the board at {port}")
    return lines_of(page.encode("ascii", "replace") for page in
                    board.ask("log_pages()", reset=True))


def configure(parser):
    """Arguments of `tuidan log`."""
    parser.epilog = "The lines are the oldest first: date, time, what happened."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("image", nargs="?", metavar="IMAGE", help="a flash image")
    source.add_argument("--port", help="a board's serial port")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Print the log; exit code 2 where there is none to be read."""
    try:
        lines = from_board(args.port) if args.port else from_image(args.image)
    except Failed as reason:
        print(f"tuidan log: {reason}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps({"lines": lines}))
    else:
        print("\n".join(lines) or "the log is empty")
    return 0
