"""Brings what an earlier version of the firmware left on a volume into the form of this one.

Loaded only where there is such a thing. The old file goes last, so a cut at any point only means
that it is done again.
"""

import binascii

from micropython import const

from firmware.record import unpack
from firmware.storage import make_folder, names, put
from firmware.volumes import log

OLD = "archive.old"
_LINE = const(78)  # 2 digits, =, a salt of 8 and the number again, :, 64 hex digits


def archive(volume, folder):
    """One log of all finished records, named as `folder`, becomes a log for each batch in it."""
    if OLD not in names(volume, "/"):
        volume.rename(folder, OLD)
    make_folder(volume, folder)
    for name in names(volume, folder):
        volume.remove(folder + "/" + name)
    for _, data in log(volume, OLD):
        record = unpack(data)
        if record is not None:
            entry = len(data).to_bytes(2, "big") + data
            entry += binascii.crc32(entry).to_bytes(4, "big")
            put(volume, "%s/%06d" % (folder, record.batch), "ab", entry)
    volume.remove(OLD)


def operators(text):
    """Rows as operators.py keeps them, of lines "number=salt:digest": the salt ended in the number,
    the digest is of 200 rounds. Each has to choose a password anew when he logs in; then, or with
    the first wrong password, the file is written in today's form."""
    rows = b""
    for line in text.split(b"\n"):
        number = line[:2]
        if len(line) == _LINE and number.isdigit() and line[11:13] == number:
            rows += bytes((int(number), 0, 1, 0, 200)) + line[3:11]
            rows += binascii.unhexlify(line[14:46])
    return rows
