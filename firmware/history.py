"""What this till has of refunds, voids and sales, the newest first, each read when it is asked for.

In memory is where each lies and never what it says, for a board has little. Of two entries of one
key the later counts, and before both the open record.
"""

from micropython import const

from firmware.record import unpack

_ARCHIVE = const("archive")
_FRAME = const(6)  # bytes of an entry beside its data
_ROW = const(4)  # bytes of a place or a number: hundreds in a list would need one large block

class History:
    """Some of them, as of now; see gather(). len() of them, 0 being the newest."""

    def __init__(self, storage, opened, files, places):
        self._storage = storage
        self._opened = opened  # Records of the journal, the newest first
        self._files = files  # paths of the archive's
        self._places = places  # of the others, the oldest first: in which file, at which byte

    def __len__(self):
        return len(self._opened) + len(self._places) // _ROW

    def record(self, at):
        """The Record. OSError where it cannot be read any more."""
        if at < len(self._opened):
            return self._opened[at]
        at = (len(self) - 1 - at) * _ROW
        file = self._files[self._places[at]]
        place = int.from_bytes(self._places[at + 1 : at + _ROW], "big")
        record = unpack(self._storage.entry(file, place))
        if record is None:
            raise OSError(5)
        return record

def gather(terminal, wanted=None):
    """The History of those for which wanted(record) holds; None: of all."""
    opened = terminal.journal.open_records()
    opened.sort(key=_number, reverse=True)
    open_numbers = [_number(record) for record in opened]
    if wanted is not None:
        opened = [record for record in opened if wanted(record)]
    storage = terminal.storage
    files = [_ARCHIVE + "/" + name for name in storage.names(_ARCHIVE)]
    places, numbers = bytearray(), bytearray()  # of the same rows
    for at in range(len(files)):
        place = at << 24
        for data in storage.entries(files[at]):
            record = unpack(data)
            if record is not None:
                number = _number(record)
                earlier = _find(numbers, number)
                if earlier >= 0:
                    numbers[earlier : earlier + _ROW] = b""
                    places[earlier : earlier + _ROW] = b""
                if number not in open_numbers and (wanted is None or wanted(record)):
                    numbers += number
                    places += place.to_bytes(_ROW, "big")
            place += len(data) + _FRAME
    return History(storage, opened, files, places)

def _number(record):
    """Four bytes that name it among all that the till has, the newest last."""
    return ((record.batch & 0xFFF) << 20 | record.stan).to_bytes(_ROW, "big")

def _find(numbers, number):
    """Where its row begins, or -1."""
    at = numbers.find(number)
    while at >= 0 and at % _ROW:
        at = numbers.find(number, at + 1)
    return at
