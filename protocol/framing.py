"""The serial link's frame, ACK/NAK, retransmission and duplicate rule, without any input or output.

One rule: a packet is delivered only from a frame whose length, ETX and LRC are right, and no more
than MAX_PACKET bytes of anything are ever stored. Why each rule is as it is: protocol/LINK.md.
"""

from protocol import MAX_PACKET
from protocol.errors import LocalMisuse

const = int  # MicroPython's compiler keeps no name of what is const(...) and begins with "_"

STX = 0x02
ETX = 0x03
ACK = 0x06
NAK = 0x15

_RETRANSMISSIONS = const(3)
ACK_WAIT_MS = 3000
SILENCE_MS = 500
DUPLICATE_MS = 12000
INBOX = 4  # packets that wait for events(); a frame beyond them is not acknowledged
ANSWERS = 16  # ACK and NAK bytes that wait for outgoing(); more are lost, as a line may lose them

_PERIOD = const(0x3FFFFFFF)  # MicroPython's tick counters wrap at 2**30

# Receiver states: what the next byte is.
_HUNT = const(0)
_LENGTH_HIGH = const(1)
_LENGTH_LOW = const(2)
_PACKET = const(3)
_ETX = const(4)
_LRC = const(5)


def lrc(data):
    """XOR of all bytes: over LEN, packet and ETX it is the frame's last byte."""
    result = 0
    for byte in data:
        result ^= byte
    return result


def frame(packet):
    """A packet (1 to 1024 bytes) as it goes over the line: STX, BCD length, packet, ETX, LRC."""
    size = len(packet)
    if not 1 <= size <= MAX_PACKET:
        raise LocalMisuse("length", "a packet of %d bytes, 1 to %d fit" % (size, MAX_PACKET))
    body = bytes((_bcd(size // 100), _bcd(size % 100))) + packet + bytes((ETX,))
    return bytes((STX,)) + body + bytes((lrc(body),))


def elapsed(now, then):
    """Milliseconds from `then` to `now` on a counter whose period is a multiple of 2**30."""
    return (now - then) & _PERIOD


class Link:
    """One end of the serial link.

    send, receive and poll take the time in ms; after each of them write what outgoing() returns,
    take events(), and call poll again when deadline() is reached.
    """

    def __init__(self):
        self.counters = {
            "noise": 0,  # bytes between frames that are neither STX nor an awaited ACK or NAK
            "bad_length": 0,  # LEN is not BCD, or zero
            "oversize": 0,  # LEN above 1024
            "bad_etx": 0,
            "bad_lrc": 0,
            "abandoned": 0,  # frames cut off by 500 ms of silence
            "duplicates": 0,
            "overrun": 0,  # good frames refused because events() was not called
            "naks": 0,  # NAKs received for a frame of ours
            "timeouts": 0,  # waits for an ACK that ran out
            "retransmissions": 0,
        }
        self._now = 0
        self._events = []
        self._inbox = 0
        # sending
        self._frame = None  # the frame that waits for its ACK
        self._next = None  # the frame behind it
        self._frame_due = False  # outgoing() has to hand the frame over (again)
        self._frame_left = False  # it was handed over at least once
        self._sent_at = 0
        self._tries_left = 0
        self._answers = bytearray()
        # receiving
        self._state = _HUNT
        self._packet = bytearray(MAX_PACKET)
        self._size = 0
        self._filled = 0
        self._lrc = 0
        self._byte_at = 0
        # the duplicate rule
        self._delivered = None
        self._delivered_at = 0

    @property
    def busy(self):
        """True while a frame waits for its ACK: send() would queue behind it."""
        return self._frame is not None

    def send(self, packet, now):
        """Send a packet of 1 to 1024 bytes; True if taken, False if one already waits behind
        the frame under way. Every packet taken ends in one "sent" or "failed" event, in order."""
        self._now = now
        data = frame(packet)
        if self._frame is None:
            self._start(data)
        elif self._next is None:
            self._next = data
        else:
            return False
        return True

    def receive(self, data, now):
        """Take bytes that arrived, in pieces of any size, at time `now`."""
        self._now = now
        self._abandon_if_silent()
        at = 0
        end = len(data)
        while at < end:
            self._byte_at = now
            if self._state == _PACKET:
                take = min(end - at, self._size - self._filled)
                self._packet[self._filled : self._filled + take] = data[at : at + take]
                self._filled += take
                at += take
                if self._filled == self._size:
                    self._state = _ETX
            else:
                self._take(data[at])
                at += 1
        self._retransmit_if_due()
        self._forget_if_old()

    def poll(self, now):
        """Let time pass: retransmit, give up, abandon a frame cut short, as the clock demands."""
        self._now = now
        self._abandon_if_silent()
        self._retransmit_if_due()
        self._forget_if_old()

    def outgoing(self):
        """Bytes to write to the line now, each handed over once; often empty."""
        data = bytes(self._answers)
        self._answers[:] = b""
        if self._frame_due:
            self._frame_due = False
            self._frame_left = True
            data += self._frame
        return data

    def events(self):
        """What happened since the last call: ("packet", bytes), ("sent", None),
        ("failed", reason)."""
        events = self._events
        self._events = []
        self._inbox = 0
        return events

    def deadline(self):
        """The time, on the caller's counter, by which poll() must be called; None if never."""
        left = _PERIOD
        if self._frame is not None:
            left = ACK_WAIT_MS - elapsed(self._now, self._sent_at)
        if self._state != _HUNT:
            left = min(left, SILENCE_MS - elapsed(self._now, self._byte_at))
        if self._delivered is not None:
            left = min(left, DUPLICATE_MS + 1 - elapsed(self._now, self._delivered_at))
        return None if left == _PERIOD else self._now + max(0, left)

    # sending

    def _start(self, data):
        self._frame = data
        self._frame_due = True
        self._frame_left = False
        self._sent_at = self._now
        self._tries_left = _RETRANSMISSIONS
        self._delivered = None  # what comes from now on may be a new answer with equal bytes

    def _finish(self, kind, reason):
        self._events.append((kind, reason))
        self._frame = None
        self._frame_due = False
        if self._next is not None:
            data = self._next
            self._next = None
            self._start(data)

    def _retransmit(self, reason):
        if self._tries_left == 0:
            self._finish("failed", "%s after %d transmissions" % (reason, _RETRANSMISSIONS + 1))
            return
        self._tries_left -= 1
        self.counters["retransmissions"] += 1
        self._frame_due = True
        self._sent_at = self._now

    def _retransmit_if_due(self):
        if self._frame is not None and elapsed(self._now, self._sent_at) >= ACK_WAIT_MS:
            self.counters["timeouts"] += 1
            self._retransmit("no ACK")

    def _answer(self, byte):
        if len(self._answers) < ANSWERS:
            self._answers.append(byte)

    # receiving

    def _abandon_if_silent(self):
        if self._state != _HUNT and elapsed(self._now, self._byte_at) >= SILENCE_MS:
            self._refuse("abandoned")

    def _refuse(self, counter):
        self.counters[counter] += 1
        self._state = _HUNT

    def _take(self, byte):
        """One byte outside the packet itself."""
        if self._state == _HUNT:
            if byte == STX:
                self._state = _LENGTH_HIGH
            elif byte == ACK and self._awaits_answer():
                self._finish("sent", None)
            elif byte == NAK and self._awaits_answer():
                self.counters["naks"] += 1
                self._retransmit("NAK")
            else:
                self.counters["noise"] += 1
        elif self._state == _LENGTH_HIGH:
            self._size = _from_bcd(byte) * 100
            self._check_size(_LENGTH_LOW)
            self._lrc = byte
        elif self._state == _LENGTH_LOW:
            units = _from_bcd(byte)
            self._size = self._size + units if units >= 0 else -1
            self._check_size(_PACKET)
            if self._size == 0:
                self._refuse("bad_length")
            self._lrc ^= byte
            self._filled = 0
        elif self._state == _ETX:
            # Where the end is not where LEN puts it, the frame's bounds are lost. A NAK now would
            # call for the repeat while the rest of the frame is still on its way: stay silent.
            self._state = _LRC
            if byte != ETX:
                self._refuse("bad_etx")
        else:
            self._end_of_frame(byte)

    def _awaits_answer(self):
        """An ACK or NAK counts only for a frame that has left: any other is noise."""
        return self._frame is not None and self._frame_left

    def _check_size(self, state):
        if self._size < 0:
            self._refuse("bad_length")
        elif self._size > MAX_PACKET:
            self._refuse("oversize")
        else:
            self._state = state

    def _end_of_frame(self, byte):
        self._state = _HUNT
        packet = bytes(self._packet[: self._size])
        if self._lrc ^ lrc(packet) ^ ETX != byte:
            self.counters["bad_lrc"] += 1
            self._answer(NAK)
            return
        self._forget_if_old()
        if packet == self._delivered:
            self.counters["duplicates"] += 1
        elif self._inbox == INBOX:
            self.counters["overrun"] += 1
            return  # not acknowledged: the other end sends it again
        else:
            self._inbox += 1
            self._events.append(("packet", packet))
            self._delivered = packet
            self._delivered_at = self._now
        self._answer(ACK)

    def _forget_if_old(self):
        if self._delivered is not None:
            if elapsed(self._now, self._delivered_at) > DUPLICATE_MS:
                self._delivered = None


def _bcd(number):
    return number // 10 << 4 | number % 10


def _from_bcd(byte):
    """0 to 99; so far below zero that no sum of lengths repairs it if a nibble is no digit."""
    if byte >> 4 > 9 or byte & 15 > 9:
        return -100
    return (byte >> 4) * 10 + (byte & 15)
