"""The flash of a Pico on the desk: FILE, and beside it FILE.key, which holds the key slot.

The TMK is never in FILE, so whoever gets a copy of that has records and no key. FILE.key is its
owner's alone (mode 600).
"""

import os
from pathlib import Path

from host_sim.bench.flash import BLOCK, PICO_BYTES

SLOT_AT = PICO_BYTES - BLOCK  # the last block, as host_sim/ptyboard/chip.py has it
_ERASED = b"\xff" * BLOCK


def key_file(image):
    return Path(f"{image}.key")


def write(image, data=b"\xff" * PICO_BYTES):
    """Make both files of the bytes of a whole flash, a blank one unless given."""
    write_secret(key_file(image), data[SLOT_AT:])
    Path(image).write_bytes(data[:SLOT_AT] + _ERASED)


def read(image):
    """The bytes of the whole flash, key slot and all: for memory only. OSError."""
    separate(image)
    return Path(image).read_bytes()[:SLOT_AT] + key_file(image).read_bytes()


def separate(image):
    """An image with the slot inside, as it was made before, gives it up; an image that came alone
    gets an empty slot."""
    with open(image, "r+b") as file:
        file.seek(SLOT_AT)
        inside = file.read(BLOCK)
        if len(inside) == BLOCK and inside != _ERASED:
            write_secret(key_file(image), inside)
            file.seek(SLOT_AT)
            file.write(_ERASED)
        elif not key_file(image).exists():
            write_secret(key_file(image), _ERASED)


def write_secret(path, data):
    """Replace a file, which nobody else may read from its first byte on."""
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        os.fchmod(file.fileno(), 0o600)  # where it was there already
        file.write(data)
