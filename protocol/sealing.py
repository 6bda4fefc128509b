"""Which messages carry a MAC, by the table, and their packets with it.

For who makes messages of every kind. A terminal knows which of its own are signed, and seals them
by protocol.message.sealed alone.
"""

from protocol import MAY_LACK_MAC
from protocol.dialect.messages import numbers
from protocol.errors import LocalMisuse
from protocol.iso8583 import encode
from protocol.message import sealed
from protocol.session import APPROVED, lines_with


def seal(message, mac):
    """The packet of a message, with F64 set (in message.fields too) wherever the dialect puts one
    or the fields hold a place for one. mac may be None for what needs no MAC: network messages, an
    0810 without 00, A0 and 77."""
    needs, takes = _mac_rule(message)
    if mac is None:
        if needs:
            raise LocalMisuse("64", "no key to compute the MAC with")
        return encode(message)
    if not takes and 64 not in message.fields:
        return encode(message)
    message.fields[64] = bytes(8)
    packet = sealed(encode(message), mac)
    message.fields[64] = packet[-8:]
    return packet


def _mac_rule(message):
    """(must carry F64, takes F64 when there is a key); rows that share an MTI agree on it."""
    for words in lines_with(message.mti):
        if words[1] == message.mti:
            return (64 in numbers(words[5]),) * 2
        if words[7] == message.mti:
            code = message.fields.get(39)
            takes = 64 in numbers(words[8 if code == APPROVED else 9])
            return takes and code not in MAY_LACK_MAC, takes
    return False, False
