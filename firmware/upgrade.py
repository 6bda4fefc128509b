"""Brings what an earlier version of the firmware left on a volume into the form of this one.

Loaded at boot, and only where there is such a thing. The old file goes last, so a cut at any point
only means that it is done again.
"""

import binascii

from firmware.record import unpack
from firmware.storage import make_folder, names, put
from firmware.volumes import log

OLD = "archive.old"


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
