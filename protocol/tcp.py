"""Packets over TCP: a 2-byte big-endian length, which excludes itself, in front of each.

A length of zero or above 1024 cannot be skipped safely: it ends the connection (see `fault`).
"""

from protocol import MAX_PACKET
from protocol.errors import LocalMisuse, WireFault


def wrap(packet):
    """A packet (1 to 1024 bytes) with its length in front."""
    if not 1 <= len(packet) <= MAX_PACKET:
        raise LocalMisuse("length", "a packet of %d bytes, 1 to %d fit" % (len(packet), MAX_PACKET))
    return len(packet).to_bytes(2, "big") + packet


class LengthPrefixed:
    """Cuts a byte stream into packets. Once `fault` is a WireFault, close the connection."""

    def __init__(self):
        self.fault = None
        self._buffer = b""

    @property
    def partial(self):
        """True while a packet has begun that is not complete."""
        return len(self._buffer) > 0

    def receive(self, data):
        """The packets that are complete now, as a list; nothing is kept behind a fault."""
        if self.fault is not None:
            return []
        packets = []
        buffer = self._buffer + data
        at = 0
        while len(buffer) - at >= 2:
            size = int.from_bytes(buffer[at : at + 2], "big")
            if not 1 <= size <= MAX_PACKET:
                self.fault = WireFault("length", 0, "a packet of %d bytes announced" % size)
                self._buffer = b""
                return packets
            if len(buffer) - at - 2 < size:
                break
            packets.append(buffer[at + 2 : at + 2 + size])
            at += 2 + size
        self._buffer = buffer[at:]
        return packets
