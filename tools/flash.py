"""`tuidan flash`: the firmware onto a board, so that the board always has a version that starts.

A new version goes into a folder of its own, every file is verified by its hash on the board, and
only then one renaming makes it the active one. firmware/loader.py is the other half.
"""
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tools import mpy
from tools.board import Board, Cut, Failed, Full, Unsure
from tools.build import ARCHITECTURES, BOARDS, LOADER, build, check_format, sha256

NONE = "-"
TRIES = 2           # as in firmware/loader.py
STARTED_S = 90      # two tries, the way back and the older version's start, watchdog and all
LARGE = 65536       # bytes of a file that is told about while it goes
SPARE_BLOCKS = 8    # for folders and the files that the loader writes


def install(port, board_name=None, say=print):
    """Build, upload, verify, activate, restart, read back -> the version that runs then.

    `board_name`: a key of BOARDS, where the board itself does not tell. Raises Failed.
    """
    board = Board(port)
    board.check_port()
    state = board.hold()
    runs_now = state["active"][0] if state["active"] else None
    try:
        version = _install(board, state, board_name, say)
    except Unsure:
        raise
    except Failed as reason:
        if not isinstance(reason, Cut):
            _tidy(board)
        raise type(reason)(f"{reason}; {_standing(runs_now)}") from None
    except KeyboardInterrupt:
        _tidy(board)
        raise
    say(f"restarting; {version} has to run for some seconds")
    _read_back(board, version)
    return version


def _board_name(state, asked):
    platform = state["platform"]
    if platform in BOARDS and asked not in (None, platform):
        raise Failed(f"the board at the port is {platform}, not {asked}")
    if (asked or platform) not in BOARDS:
        raise Failed(f"the board calls itself {platform}: say --board {' or '.join(BOARDS)}")
    return BOARDS[asked or platform]


def _check_place(state, name):
    """A Pico keeps its data volume above its files: files that reach there would destroy it."""
    if name != "pico":
        return
    from host_sim import shims
    shims.install()
    from firmware.board.pico import DATA_START
    if state["blocks"] * state["block"] > DATA_START:
        raise Failed("the board's file system reaches into the terminal's data volume: "
                     "firmware/board/README.md, 'Flash', tells how to make it smaller")


def _install(board, state, board_name, say):
    """Build for the board, and put it there -> the version's folder."""
    name = _board_name(state, board_name)
    _check_place(state, name)
    with tempfile.TemporaryDirectory(prefix="tuidan-flash-") as folder:
        architecture = ARCHITECTURES[state["mpy"] >> 10]
        say(f"building for {board_name or state['platform']}, {architecture or 'no'} machine code")
        built = build(Path(folder, "version"), name, architecture)
        check_format(built, state["mpy"])
        return _put(board, state, built, name, say)


def _put(board, state, built, name, say):
    """From the build to the pointer, which is written last -> the version's folder."""
    active, before = (*state["active"], NONE, NONE)[:2]
    proven = state["starts"] == [active, "runs"]
    version, files = _place(board, state, built)
    part = f"{version}.part"
    uploads = [(built.folder / path, f"{part}/{path}") for path in files]
    steps = [f"accept({version!r})"] if files else []
    if state["glyphs"].get(built.glyphs.name) != sha256(built.glyphs):
        uploads.append((built.glyphs, f"{built.glyphs.name}.part"))
        steps.append(f"accept({built.glyphs.name!r})")
    if state["loader"] != sha256(mpy.ROOT / LOADER):
        uploads.append((mpy.ROOT / LOADER, "main.py.part"))
        steps.append("install_loader()")
    if uploads:
        keep = [active, before, version, part, built.glyphs.name, f"{built.glyphs.name}.part"]
        spare = [part, before] if proven else [part]
        folders = [f"{part}/{folder}" for folder in (".", *built.folders())] if files else []
        _make_room(board, state, uploads, keep, spare, folders)
        _upload(board, uploads, say)
    back = active if proven or before == NONE else before
    back = before if back == version else back
    say(f"verified; {version} becomes the active version")
    try:
        board.ask(*steps, f"activate({version!r}, {back!r}, {name!r})", reset=True)
    except Cut as reason:
        raise Unsure(f"{reason}; at power-on it starts {version} or what it had") from None
    return version


def _place(board, state, built):
    """(name of the version's folder, files that are to go there). A folder that is damaged and in
    use stays as it is, and the version goes beside it."""
    for suffix in ("", ".2", ".3"):
        version = built.version + suffix
        if version not in state["folders"]:
            break
        paths = [f"{version}/{path}" for path in built.files]
        if board.ask(f"digests({paths!r})") == list(built.files.values()):
            return version, []
        if version not in state["active"]:
            board.ask(f"remove({version!r})")
            break
    return version, list(built.files)


def _make_room(board, state, uploads, keep, spare, folders):
    size = state["block"]
    needed = sum(-(-here.stat().st_size // size) for here, _ in uploads)
    needed += 2 * len(folders) + SPARE_BLOCKS
    spare = [folder for folder in spare if folder in state["folders"]]
    free = board.ask(f"prepare({keep!r}, {needed}, {spare!r}, {folders!r})")
    if free < needed:
        needed, free = (blocks * size // 1024 for blocks in (needed, free))
        raise Full(f"the board's file system is full: {needed} KB are needed, {free} KB are free")


def _upload(board, uploads, say):
    """Every (file here, path there), verified."""
    sizes = {there: here.stat().st_size for here, there in uploads}
    begun = []
    told = {}

    def began(path):
        begun.append(path)
        say(f"{len(begun)}/{len(uploads)} {path} ({sizes[path]} bytes)")

    def reached(percent):
        if sizes[begun[-1]] > LARGE and percent >= told.get(begun[-1], 0) + 10:
            told[begun[-1]] = percent
            say(f"{len(begun)}/{len(uploads)} {percent} %")

    try:
        board.copy(uploads, began, reached)
    except Cut as reason:
        where = f"at file {len(begun)} of {len(uploads)}"
        raise Cut(f"the upload was cut off {where}: {reason}") from None
    except Full:
        board.ask(*(f"remove({there!r})" for there in {path.split("/")[0] for path in sizes}))
        raise
    found = board.ask(f"digests({list(sizes)!r})")
    for (here, there), digest in zip(uploads, found, strict=True):
        if digest != sha256(here):
            raise Failed(f"{there} {'arrived damaged' if digest else 'did not arrive'}")


def _tidy(board):
    """After a failure the firmware that was there goes on, if the board still answers."""
    with suppress(Failed):
        board.reset()


def _read_back(board, version):
    """Return once the board says that the version runs."""
    fault, failures = "it says nothing", 0
    for line in board.console(STARTED_S):
        if re.match(r"[A-Z]\w+(Error|Exception)\b", line):
            fault = line
        elif line == f"tuidan {version} runs":
            return
        elif line == f"tuidan {version} failed":
            failures += 1
            if failures > TRIES:
                raise Failed(f"{version} does not start ({fault}), and nothing was there before it")
        elif found := re.match(r"tuidan (\S+) runs$", line):
            raise Failed(f"{version} did not start ({fault}); the terminal runs {found[1]} again")
    # A port may have come back too late to hear it.
    starts = board.hold()["starts"]
    board.reset()
    if starts != [version, "runs"]:
        raise Failed(f"{version} was installed, but the board does not say that it runs")


def _standing(runs_now):
    return "nothing was changed" if runs_now is None else f"the terminal keeps {runs_now}"


def configure(parser):
    """Arguments of `tuidan flash`."""
    parser.add_argument("--port", required=True, help="serial port of the board: /dev/ttyACM0")
    parser.add_argument("--board", choices=sorted(BOARDS),
                        help="if the board does not tell what it is")


def run(args):
    """Exit code 0 if the new version runs on the board, 1 if not."""
    try:
        version = install(args.port, args.board)
    except Failed as reason:
        print(f"tuidan flash: {reason}", file=sys.stderr)
        return 1
    print(f"{version} runs on the board at {args.port}")
    return 0
