"""Runs on the board, during an installation only: tells its state, and does what must be one step.

Sent by tools/board.py through mpremote. What the loader reads changes by renaming alone.
"""

# mypy: ignore-errors

import binascii
import hashlib
import os
import sys

HOME = "/tuidan"


def tell(value):
    """A line that tools/board.py reads back."""
    print("\n= " + repr(value))


def state():
    """All that an installation asks of a board."""
    return {
        "platform": sys.platform,
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "block": os.statvfs("/")[0],
        "blocks": os.statvfs("/")[2],
        "active": words("active"),
        "starts": words("starts"),
        "folders": [row[0] for row in listed(HOME) if row[1] & 0x4000],
        "loader": digest("/main.py"),
        "glyphs": {row[0]: digest(HOME + "/" + row[0]) for row in listed(HOME)
                   if row[0].startswith("glyphs-")},
    }


def words(name):
    try:
        with open(HOME + "/" + name) as file:
            return file.read().split()
    except OSError:
        return []


def listed(path):
    try:
        return list(os.ilistdir(path))
    except OSError:
        return []


def put(name, text):
    """Write a file of HOME: all of it or nothing."""
    with open(HOME + "/" + name + ".new", "w") as file:
        file.write(text)
    os.rename(HOME + "/" + name + ".new", HOME + "/" + name)


def prepare(keep, needed, spare, folders):
    """Remove versions and glyph files that are not in `keep`, and of `spare` only what `needed`
    blocks take; then make the folders. The blocks that are free: fewer than needed, and nothing is
    made."""
    for row in listed(HOME):
        if row[1] & 0x4000 and row[0] not in keep:
            remove(row[0])
    for version in keep:
        keep = keep + words(version + "/glyphs")
    for row in listed(HOME):
        if row[0].startswith("glyphs-") and row[0] not in keep:
            remove(row[0])
    for name in spare:
        if free() < needed:
            active = words("active")
            if active[1:2] == [name]:  # no way back to what is about to go
                put("active", active[0] + " - " + active[2])
            remove(name)
    if free() >= needed:
        for path in [""] + folders:
            make((HOME + "/" + path).rstrip("/."))
    return free()


def free():
    return os.statvfs("/")[3]


def make(path):
    try:
        os.mkdir(path)
    except OSError as error:
        if error.args[0] != 17:  # EEXIST
            raise


def remove(name):
    """Remove a file or folder of HOME, if it is there."""
    path = HOME + "/" + name
    try:
        is_folder = os.stat(path)[0] & 0x4000
    except OSError:
        return
    if not is_folder:
        os.remove(path)
        return
    for row in listed(path):
        remove(name + "/" + row[0])
    os.rmdir(path)


def digests(paths):
    """SHA-256 in hex of files of HOME; None for one that is not there."""
    return [digest(HOME + "/" + path) for path in paths]


def digest(path):
    """SHA-256 in hex of one file, None if there is none."""
    total = hashlib.sha256()
    buffer = bytearray(512)
    try:
        with open(path, "rb") as file:
            count = file.readinto(buffer)
            while count:
                total.update(memoryview(buffer)[:count])
                count = file.readinto(buffer)
    except OSError:
        return None
    return binascii.hexlify(total.digest()).decode()


def activate(version, before, board):
    """The loader starts `version` from now on, and `before` if that fails twice."""
    if words("starts") != [version, "runs"]:
        put("starts", version + " 0")
    put("active", version + " " + before + " " + board)


def install_loader():
    """The uploaded loader becomes the board's main.py."""
    os.rename(HOME + "/main.py.part", "/main.py")


def accept(name):
    """An upload that was verified gets its own name."""
    os.rename(HOME + "/" + name + ".part", HOME + "/" + name)


def terminal_board():
    """The Board of the version that is active; its modules can be imported from now on."""
    version, _, board = words("active")
    __import__("main").use(version)
    return __import__("firmware.board." + board, None, None, ("Board",)).Board()


def log_pages():
    """The pages of the diagnostic log of the version that is active, as text."""
    device = terminal_board().data_flash()
    from firmware.drivers.flash import Part
    from firmware.storage import get

    half = device.ioctl(4, 0) // 2
    import vfs

    volume = vfs.VfsLfs2(Part(device, half, half), readsize=256, progsize=256, mtime=False)
    pages = [get(volume, "log/" + str(number)) for number in range(6)]
    return [page.decode() for page in pages if page]
