"""Cuts one direction of a serial line into what a capture holds: frames, control bytes, and runs
of bytes that are neither.

A byte that looks like a control byte is one only where one can stand: before a frame, beside
another, or alone. Within a run of lost bytes it may be two digits of a card.
"""
from protocol import MAX_PACKET

ACK, NAK = 0x06, 0x15
STX, ETX = 0x02, 0x03
HEAD, TAIL = 3, 2               # STX and length; ETX and LRC
CONTROL = (ACK, NAK)


def lrc(data):
    """XOR of all bytes."""
    check = 0
    for byte in data:
        check ^= byte
    return check


def is_sound(unit):
    """Whether a unit is a whole frame with the LRC that it should have."""
    return frame_size(unit) == len(unit) and unit[-1] == lrc(unit[1:-1])


def frame_size(data):
    """Bytes of the frame at the front; 0 if it may become one, -1 if it is none. The LRC is not
    looked at."""
    if data[0] != STX:
        return -1
    digits = data[1:HEAD].hex()
    if not all("0" <= digit <= "9" for digit in digits):
        return -1
    if len(digits) < 4:
        return 0
    size = HEAD + int(digits) + TAIL
    if int(digits) > MAX_PACKET:
        return -1
    if len(data) < size:
        return 0
    return size if data[size - TAIL] == ETX else -1


class Splitter:
    """feed() takes bytes in any pieces and gives the units completed by them, in order."""

    def __init__(self):
        self._waiting = bytearray()
        self._lost = False      # within bytes that are no unit, until a sound frame or silence

    @property
    def waiting(self):
        """Whether bytes wait for those that will say what they are."""
        return bool(self._waiting)

    def feed(self, data, ended=False):
        """Units completed by `data`; `ended`: nothing follows, so what waits is a unit too."""
        self._waiting += data
        units = []
        while self._waiting:
            size = self._size(ended)
            if not size:
                break
            units.append(bytes(self._waiting[:size]))
            del self._waiting[:size]
        if ended:
            self._lost = False
        return units

    def _size(self, ended):
        """Bytes of the unit at the front, 0 if more must come to tell."""
        data = self._waiting
        if not self._lost:
            size = frame_size(data)
            if size > 0:
                self._lost = not is_sound(data[:size])
                return size
            if size == 0 and not ended:
                return 0
            if data[0] in CONTROL:
                if len(data) == 1:
                    return int(ended)
                if data[1] in (*CONTROL, STX):
                    return 1
            self._lost = True
        for at in range(len(data)):
            size = frame_size(data[at:])
            if size > 0 and is_sound(data[at:at + size]):
                self._lost = at > 0
                return at or size
            if size == 0 and not ended:
                return at
        return len(data)
