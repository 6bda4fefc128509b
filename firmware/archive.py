"""The finished records, a log for each batch."""

from firmware.record import unpack

FOLDER = "archive"


def finished(storage):
    """Yield them, oldest batch first; see Journal.finished."""
    for name in storage.names(FOLDER):
        for data in storage.entries(FOLDER + "/" + name):
            record = unpack(data)
            if record is not None:
                yield record
