"""`tuidan flash`: the firmware onto a board, so that the board always has a version that starts.

A new version goes into a folder of its own, every file is verified by its hash on the board, and
only then one renaming makes it the active one. firmware/loader.py is the other half.
"""
import ast
import errno
import hashlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from contextlib import suppress
from importlib.metadata import version as version_of
from pathlib import Path
from typing import NamedTuple

import serial

from tools import mpy

ON_BOARD = Path(__file__).with_name("on_board.py")
HOME = "/tuidan"
LOADER = "firmware/loader.py"
GLYPHS = "firmware/text/gb2312.bin"
NONE = "-"
RESET = "import machine, time; time.sleep_ms(100); machine.reset()"
# Whether the firmware of an installed version has started here; if so the loader is to wait at the
# next start. The watchdog does not stop in the REPL: all that is asked before the reset is this.
HOLD = f"""import os, sys
try:
    os.stat("{HOME}/active")
    started = "firmware" in sys.modules
except OSError:
    started = False
if started:
    open("{HOME}/wait", "w").close()
print("\\n= " + repr(started))
"""

# sys.platform of a board -> its file in firmware/board.
BOARDS = {"rp2": "pico", "esp32": "esp32"}
# Numbers of sys.implementation._mpy -> names of mpy-cross.
ARCHITECTURES = (None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp",
                 "armv7emdp", "xtensa", "xtensawin", "rv32imc", "rv64imc")

# What mpremote ends with when the port goes away under it.
BROKEN = ("SerialException", "TransportError", "OSError", "termios.error")

TRIES = 2           # as in firmware/loader.py
SILENCE_S = 30      # longer than the longest erase
ANSWER_S = 12       # the same for HOLD; mpremote gives a port up after 10 by itself
RETURN_S = 30       # a board is back at its port after a reset
AGAIN_S = 0.2       # between two looks at a port
STARTED_S = 90      # two tries, the way back and the older version's start, watchdog and all
LARGE = 65536       # bytes of a file that is told about while it goes
MODULES = "modules"  # as the loader names it
SPARE_BLOCKS = 8    # for folders and the files that the loader writes


class Failed(Exception):
    """The installation did not come to its end; the text is one line for the user."""


class Cut(Failed):
    """The board does not answer any more, so nothing can be put in order there."""


class Unsure(Failed):
    """The board fell out of sight at the moment of the switch."""


class Full(Failed):
    """No room on the board."""


class Build(NamedTuple):
    """A version as it lies in `folder`; `files` is {path on the board: SHA-256 in hex}. One of
    them, MODULES, holds all .mpy. The glyph file, of which versions share one, is `glyphs`."""
    version: str
    folder: Path
    files: dict
    glyphs: Path

    def folders(self):
        return sorted({str(parent) for name in self.files for parent in Path(name).parents} - {"."})


def build(folder, board, architecture):
    """Compile the firmware for a board (a file of firmware/board) into `folder` -> Build.

    `architecture`: one of ARCHITECTURES; where it is None, machine code goes as source. The
    version is the project's and the first eight digits of a hash over all files.
    """
    data = [path for pattern in mpy.DATA for path in mpy.ROOT.glob(pattern)]
    for name in (LOADER, GLYPHS, f"firmware/board/{board}.py"):
        if not (mpy.ROOT / name).is_file():
            raise Failed(f"{name} is missing here: this checkout is not complete")
    try:
        compiled = mpy.build(folder, mpy.ON_DEVICE, architecture or "host")
    except RuntimeError as reason:
        raise Failed(f"mpy-cross: {reason}") from None
    for path in compiled:
        name = path.relative_to(folder).with_suffix(".py")
        other_board = name.parent.name == "board" and name.stem in {*BOARDS.values()} - {board}
        if other_board or str(name) == LOADER:
            path.unlink()
        elif architecture is None and is_native(path):
            path.unlink()
            shutil.copy(mpy.ROOT / name, folder / name)
    for path in data:
        shutil.copy(path, folder / path.relative_to(mpy.ROOT))
    return described(folder)


def described(folder):
    """The Build of what lies in `folder`; its glyph file is moved out and lies beside it."""
    (folder / MODULES).write_bytes(packed(folder))
    glyphs = folder.with_name(f"glyphs-{sha256(folder / GLYPHS)[:8]}")
    (folder / GLYPHS).rename(glyphs)
    (folder / "glyphs").write_text(glyphs.name)
    files = {str(path.relative_to(folder)): sha256(path)
             for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".mpy"}
    whole = hashlib.sha256("".join(f"{name} {files[name]}\n" for name in files).encode())
    return Build(f"{version_of('tuidan')}-{whole.hexdigest()[:8]}", folder, files, glyphs)


def packed(folder):
    """All .mpy below `folder` as one file, as firmware/loader.py's Modules reads it: an index of
    keys and places, then one behind the other."""
    modules = sorted(path for path in folder.rglob("*.mpy"))
    names = [str(path.relative_to(folder)) for path in modules]
    folders = sorted({str(parent) for name in names for parent in Path(name).parents} - {"."})
    # Whatever else an import asks for must not have the key of one that is there.
    asked = {name.removesuffix(".mpy") + suffix for name in names for suffix in ("", ".py", ".mpy")}
    others = {str(path.relative_to(folder)) for path in folder.rglob("*")} | asked
    keys = Counter(_key(name) for name in others)
    if any(keys[_key(name)] > 1 for name in names + folders):
        raise Failed("two names of modules have one key: rename one of them")
    at = 2 + (len(names) + len(folders)) * 6
    index = b"".join(_key(name) + bytes(3) for name in folders)
    for name, path in zip(names, modules, strict=True):
        index += _key(name) + at.to_bytes(3, "big")
        at += path.stat().st_size
    count = len(names) + len(folders)
    return count.to_bytes(2, "big") + index + b"".join(path.read_bytes() for path in modules)


def _key(name):
    return hashlib.sha256(name.encode()).digest()[:3]


def sha256(path):
    """In hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_native(path):
    """Whether a .mpy holds machine code: the upper bits of its third byte name the architecture."""
    return path.read_bytes()[2] >> 2 != 0


def check_format(built, mpy_bits):
    """Refuse what the board would refuse. `mpy_bits`: its sys.implementation._mpy."""
    for path in built.folder.rglob("*.mpy"):
        ours = path.read_bytes()[1]
        if ours != mpy_bits & 0xFF:
            raise Failed(f"this mpy-cross writes .mpy version {ours}, the board's MicroPython "
                         f"loads version {mpy_bits & 0xFF}: install the one that fits it")


class Board:
    """A board at a serial port, spoken to by mpremote. Every method may raise Failed."""

    def __init__(self, port):
        self.port = port

    def check_port(self):
        """Say what is wrong with the port, if something is."""
        try:
            serial.Serial(self.port, exclusive=True).close()
        except serial.SerialException as reason:
            raise Failed(self._explained(reason)) from None

    def _explained(self, reason):
        if reason.errno == errno.ENOENT:
            return f"no board at {self.port}: there is no such port"
        if reason.errno in (errno.EAGAIN, errno.EBUSY):
            return f"{self.port} is busy: another program has it open"
        if reason.errno == errno.EACCES:
            return f"{self.port} may not be opened by you: see who owns it (group dialout?)"
        return f"{self.port} cannot be opened: {reason}"

    def hold(self):
        """Stop what runs, and its watchdog with it -> state(). Asks again for RETURN_S when an
        answer fails to come: the board may be on its way through a reset."""
        end = time.monotonic() + RETURN_S
        while True:
            try:
                if not self._was_started():
                    return self.ask("state()")
                late = Cut(f"the firmware on the board at {self.port} does not stop")
            except Cut as reason:
                late = reason
            if time.monotonic() > end:
                raise late
            time.sleep(AGAIN_S)

    def _was_started(self):
        """Whether the firmware had started, which ends here by a reset."""
        lines = self._mpremote("exec", HOLD, "exec", "--no-follow",
                               f"if started: {RESET}", answers=1, silence_s=ANSWER_S)
        return self._told(lines, 1)

    def ask(self, *expressions, reset=False, programs=()):
        """The value of the last of these expressions, evaluated in order on the board with the
        functions of tools/on_board.py and of the files `programs`; then, if asked for, the board is
        reset."""
        words = [word for path in (ON_BOARD, *programs) for word in ("run", str(path))]
        for expression in expressions:
            words += ["exec", f"tell({expression})"]
        if reset:
            words += ["exec", "--no-follow", RESET]
        lines = self._mpremote(*words, answers=len(expressions) if reset else None)
        return self._told(lines, len(expressions))

    def _told(self, lines, count):
        """The last of so many answers."""
        told = _answers(lines)
        if len(told) != count:
            raise Cut(f"the board at {self.port} does not answer")
        return ast.literal_eval(told[-1])

    def reset(self):
        self._mpremote("exec", "--no-follow", RESET, answers=0)

    def copy(self, pairs, began, reached):
        """Copy [(file here, path below HOME)]; began(path) is called before each and
        reached(percent) meanwhile. What is there already is left alone."""
        words = []
        for here, there in pairs:
            words += ["fs", "cp", str(here), f":{HOME}/{there}", "+"]
        self._mpremote(*words[:-1], heard=lambda line: _copying(line, began, reached))

    def _mpremote(self, *words, heard=None, answers=None, silence_s=SILENCE_S):
        """The lines that mpremote writes, each also given to heard(). It writes to a terminal, so
        that it tells how far a file has come: silence means that the board is gone. Behind so many
        answers the connection may break; None: never."""
        output, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "mpremote", "connect", self.port, "resume", *words],
            stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
            env=os.environ | {"PYTHONUNBUFFERED": "1"})
        os.close(terminal)
        lines = []
        try:
            for line in _lines(output, silence_s):
                lines.append(line)
                if heard:
                    heard(line)
        except TimeoutError:
            raise Cut(f"the board at {self.port} fell silent") from None
        finally:
            process.kill()  # it has ended, unless the board fell silent
            process.wait()
            os.close(output)
        complete = answers is not None and len(_answers(lines)) == answers
        if process.returncode and not complete:
            raise self._fault([line for line in lines if line.strip()])
        return lines

    def _fault(self, lines):
        said = lines[-1] if lines else "nothing"
        text = "\n".join(lines)
        if "No space left" in text or "ENOSPC" in text or "Errno 28" in text:
            return Full("the board's file system is full")
        if "failed to access" in text:
            try:
                self.check_port()
            except Failed as reason:
                return Cut(str(reason))
            return Cut(said)
        if "could not enter raw repl" in text:
            return Cut(f"no MicroPython answers at {self.port}")
        if any(broken in text for broken in BROKEN):
            return Cut(f"the connection to {self.port} broke off ({said.strip()})")
        return Failed(f"mpremote: {said.strip()}")

    def console(self, seconds):
        """Yield the lines that the board writes of its own accord, so long at most."""
        end = time.monotonic() + seconds
        text = b""
        while time.monotonic() < end:
            try:
                with serial.Serial(self.port, 115200, timeout=0.2, exclusive=True) as port:
                    while time.monotonic() < end:
                        *lines, text = (text + port.read(port.in_waiting or 1)).split(b"\n")
                        yield from (line.decode(errors="replace").strip() for line in lines)
            except (OSError, termios.error):  # a SerialException, too
                time.sleep(AGAIN_S)  # it is not back at its port yet


def _answers(lines):
    return [line[2:] for line in lines if line.startswith("= ")]


def _lines(descriptor, silence_s):
    """What a process writes to its terminal, by lines and progress bars, until it ends. Raises
    TimeoutError when nothing came for so long."""
    text = b""
    while True:
        if not select.select([descriptor], [], [], silence_s)[0]:
            raise TimeoutError
        try:
            more = os.read(descriptor, 4096)
        except OSError:  # the terminal's other end is closed
            more = b""
        if not more:
            break
        *whole, text = re.split(rb"[\r\n]+", text + more)
        yield from (line.decode(errors="replace") for line in whole)
    yield text.decode(errors="replace")


def _copying(line, began, reached):
    found = re.match(rf"cp \S.* :{HOME}/(\S+)$", line)
    if found:
        began(found[1])
    elif found := re.match(r" \.\.\. copying +(\d+)%", line):
        reached(int(found[1]))


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
