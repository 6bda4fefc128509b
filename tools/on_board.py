"""Runs on the board, during an installation only: tells its state, and does what must be one step.

Sent by tools/flash.py through mpremote. What the loader reads changes by renaming alone.
"""

# mypy: ignore-errors

import binascii
import hashlib
import os
import sys

HOME = "/tuidan"


def tell(value):
    """A line that tools/flash.py reads back."""
    print("\n= " + repr(value))


def state():
    """All that an installation asks of a board."""
    files = os.statvfs("/")
    return {
        "platform": sys.platform,
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "block": files[0],
        "blocks": files[2],
        "free": files[3],
        "active": words("active"),
        "starts": words("starts"),
        "folders": [row[0] for row in listed(HOME) if row[1] & 0x4000],
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


def wait():
    """After the next reset the loader leaves time to interrupt it."""
    put("wait", "")


def make(folders):
    """Make these folders, where they are not there yet."""
    for path in folders:
        try:
            os.mkdir(path)
        except OSError as error:
            if error.args[0] != 17:  # EEXIST
                raise


def remove(folder):
    """Remove a version or what an upload left of one."""
    for row in listed(folder):
        path = folder + "/" + row[0]
        if row[1] & 0x4000:
            remove(path)
        else:
            os.remove(path)
    os.rmdir(folder)


def hashes(folder):
    """{path within the folder: SHA-256 in hex} of every file."""
    found = {}
    buffer = bytearray(512)
    for row in listed(folder):
        path = folder + "/" + row[0]
        if row[1] & 0x4000:
            below = hashes(path)
            for name in below:
                found[row[0] + "/" + name] = below[name]
        else:
            found[row[0]] = digest(path, buffer)
    return found


def digest(path, buffer):
    """SHA-256 in hex of one file."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        count = file.readinto(buffer)
        while count:
            total.update(memoryview(buffer)[:count])
            count = file.readinto(buffer)
    return binascii.hexlify(total.digest()).decode()


def activate(version, before, board):
    """The loader starts `version` from now on, and `before` if that fails twice."""
    if words("starts") != [version, "runs"]:
        put("starts", version + " 0")
    put("active", version + " " + before + " " + board)


def install_loader(path):
    """The file at `path` becomes the board's main.py."""
    os.rename(path, "/main.py")


def accept(part, version):
    """An upload that was verified becomes a version."""
    os.rename(HOME + "/" + part, HOME + "/" + version)
