"""The exchanges of a capture: each request of the terminal with the host's reply to it.

What the link sent again is one request; what cannot be read, or is no request, is told and passed
over. Nothing is guessed: a reply belongs to the request that it names.
"""
from typing import NamedTuple

from protocol import session
from protocol.iso8583 import Message
from tools.replay.fields import fault_of, message_of, packet_of

NAMED_BY = (11, 41)
DUPLICATE_US = 12_000_000       # protocol/LINK.md: an equal frame within that time is the same


class Said(NamedTuple):
    """A message of the file: the `number`th packet, at `at_us`; `masked` its fields of zeros;
    `mac` the verdict when it was captured, None where nobody noted one."""
    number: int | None
    at_us: int
    packet: bytes
    message: Message
    masked: frozenset
    mac: str | None


class Exchange(NamedTuple):
    """`name` is the transaction's in the table, `reply` None where none came."""
    name: str
    request: Said
    reply: Said | None


def read(packets):
    """([Exchange], [what was passed over and why]) of (number, Packet)s."""
    requests, replies, told = [], {}, []
    last = {}           # way: (data, at_us) of the last frame, while the other end has sent none
    for number, packet in packets:
        if packet.channel != "wire" or packet_of(packet.data) is None:
            if packet.notes.get("masked") == "undecodable":
                told.append(f"packet {number}: it was masked whole, for it could not be read")
            continue
        before = last.get(packet.way)
        if before and before[0] == packet.data and packet.at_us - before[1] <= DUPLICATE_US:
            continue
        last = {packet.way: (packet.data, packet.at_us)}
        message = message_of(packet.data)
        if message is None:
            told.append(f"packet {number}: it cannot be read: {fault_of(packet.data)}")
            continue
        masked = frozenset(int(one) for one in packet.notes.get("masked", "").split()
                           if one.isdigit())
        said = Said(number, packet.at_us, packet_of(packet.data), message, masked,
                    packet.notes.get("mac"))
        name = session.transaction(message)
        if name is not None:
            requests.append((name, said))
        elif not _belongs(requests, replies, said):
            told.append(f"packet {number}: {message.mti} is neither a request of the table nor "
                        "the reply to one before it")
    return [Exchange(name, said, replies.get(said.number)) for name, said in requests], told


def _belongs(requests, replies, said):
    """Put a reply to the last request that it names by MTI, STAN and terminal, if that has none
    yet; False if there is none."""
    fields = said.message.fields
    for _, request in reversed(requests):
        asked = request.message.fields
        if (said.message.mti == session.reply_mti(request.message.mti)
                and all(fields.get(one) in (None, asked.get(one)) for one in NAMED_BY)):
            return replies.setdefault(request.number, said) is said
    return False
