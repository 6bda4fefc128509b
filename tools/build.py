"""A version of the firmware as it goes onto a board: compiled, packed, each file with its hash."""
import hashlib
import shutil
from collections import Counter
from importlib.metadata import version as version_of
from pathlib import Path
from typing import NamedTuple

from tools import mpy
from tools.board import Failed

LOADER = "firmware/loader.py"
GLYPHS = "firmware/text/gb2312.bin"
MODULES = "modules"  # as the loader names it
# sys.platform of a board -> its file in firmware/board.
BOARDS = {"rp2": "pico", "esp32": "esp32"}
# Numbers of sys.implementation._mpy -> names of mpy-cross.
ARCHITECTURES = (None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp",
                 "armv7emdp", "xtensa", "xtensawin", "rv32imc", "rv64imc")


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
