"""A message between the codec and who fills or reads it, and where its MAC lies in the packet.

Apart from the codec: a terminal keeps the message while it waits, and not what reads one.
"""

MTI_AT = 11


class Message:
    """One message. tpdu: 10 upper-case hex digits, the first two 60. header: 12 digits.
    mti: 4 digits. fields: {number: value}; digits and text are str (tracks with "="),
    binary fields (52, 55, 62, 64) bytes. Its text form names the fields, never a value.
    """

    def __init__(self, tpdu, header, mti, fields):
        self.tpdu = tpdu
        self.header = header
        self.mti = mti
        self.fields = fields

    def __eq__(self, other):
        return (
            isinstance(other, Message)
            and self.mti == other.mti
            and self.tpdu == other.tpdu
            and self.header == other.header
            and self.fields == other.fields
        )

    def __repr__(self):
        return "Message(%s: %s)" % (self.mti, " ".join(str(n) for n in sorted(self.fields)))


def mac_span(packet):
    """The bytes that F64 covers, as (start, end): MTI to the field before F64."""
    return MTI_AT, len(packet) - 8


def sealed(packet, mac):
    """A packet whose F64 is still empty, with the MAC in it. mac: a protocol.mac.Mac."""
    start, end = mac_span(packet)
    return packet[:end] + mac.compute(packet[start:end])
