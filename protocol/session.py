"""Which reply belongs to a request, and which fields it must carry; what it ends: ending.py.

No input or output and no state. A reply changes nothing before check_reply has let it through. What
only the host asks, of a request that comes in, is protocol/reference/incoming.py.
"""

from protocol import HELD_FOR_REVIEW, MAY_LACK_MAC
from protocol.dialect import lines, row
from protocol.dialect.messages import MESSAGES, ONLY_APPROVED, ONLY_ECHOED, numbers
from protocol.errors import LocalMisuse, WireFault
from protocol.message import MTI_AT, Message, mac_span

APPROVED = "00"
MUST_EQUAL = (3, 4, 11, 41, 42)  # in the reply as in the request


def transaction(message):
    """The MESSAGES name of a request, by MTI, F3, F60.1 and F60.3; None where no line fits."""
    f60 = message.fields.get(60, "")
    for words in lines_with(message.mti):
        name, mti, f3, kind, networks = words[:5]
        if mti == message.mti and f3 in ("-", message.fields.get(3)) and kind == f60[:2]:
            if networks == "-" or f60[8:11] in networks.split(","):
                return name
    return None


def check_mac(packet, mac):
    """Raise WireFault at 64 unless the packet's last field is its MAC. mac: a protocol.mac.Mac, or
    None where there is no key."""
    start, end = mac_span(packet)
    if mac is None:
        raise WireFault("64", end, "no key to check the MAC with")
    if not mac.verify(packet[start:end], packet[end:]):
        raise WireFault("64", end, "the MAC is wrong")


def check_answers(request, reply):
    """Raise WireFault unless a reply names this request: its MTI, and F3, F4, F11, F41 and F42
    where both have them. Says nothing yet about whether it is genuine."""
    if reply.mti != reply_mti(request.mti):
        raise WireFault("mti", MTI_AT, "not the reply to a %s" % request.mti)
    for field in MUST_EQUAL:
        if field in request.fields and field in reply.fields:
            if request.fields[field] != reply.fields[field]:
                raise wrong(reply, field, str(field), "is not the request's")


def check_reply(request, reply, packet, mac):
    """The name of the transaction if `reply`, decoded from `packet`, answers `request`; else raise
    WireFault.

    First whether it is the answer to this request at all (check_answers), then the MAC, then the
    mandatory fields by F39. mac: a protocol.mac.Mac or None; for an 0810 with 00, the one under
    the MAK that it brings (protocol.keys.WorkingKeys.mac)."""
    check_answers(request, reply)
    if 39 not in reply.fields:
        raise missing(39)
    code = reply.fields[39]
    name = transaction(request)
    if name is None:
        raise LocalMisuse("mti", "no request is like that")
    mandatory = reply_fields(name, code, request.fields)
    if 64 in reply.fields:
        check_mac(packet, mac)
    elif 64 in mandatory and code not in MAY_LACK_MAC:
        raise missing(64)
    for field in mandatory:
        if field not in reply.fields and field != 64:
            raise missing(field)
    return name


def reply_fields(name, code, request_fields):
    """The mandatory fields of the reply with this F39 to a transaction, as a list. F64 is among
    them wherever the transaction has one; A0 and 77 may leave it out."""
    words = row(MESSAGES, name, 10)
    if code not in (APPROVED, HELD_FOR_REVIEW):
        return numbers(words[9])
    return [
        field
        for field in numbers(words[8])
        if (code == APPROVED or field not in ONLY_APPROVED)
        and (field in request_fields or field not in ONLY_ECHOED)
    ]


def reply_mti(mti):
    """The reply's MTI: the request's with its last digit 0, plus 10 (0221 is answered by 0230)."""
    return "%04d" % (int(mti) // 10 * 10 + 10)


def missing(field):
    """The fault of a message that lacks a field."""
    from protocol.dialect.fields import BITMAP_AT, FIELDS  # seldom needed, as is the codec below

    return WireFault(str(field), BITMAP_AT, "%s is missing" % row(FIELDS, str(field), 3)[2])


def wrong(message, field, path, reason):
    """A fault at a field's own place, which is where a packet of the fields before it ends."""
    from protocol.iso8583 import encode

    before = {n: value for n, value in message.fields.items() if n < field}
    at = len(encode(Message(message.tpdu, message.header, message.mti, before)))
    return WireFault(path, at, reason)


def lines_with(mti):
    """The lines of MESSAGES that hold an MTI, as words."""
    return [line.split() for line in lines(MESSAGES) if mti in line]
