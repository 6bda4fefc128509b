"""The host's half of protocol/session.py: what a request must be, and the reply that goes back.

The terminal asks none of this, so it need not hold it.
"""

from functools import lru_cache

from protocol.errors import WireFault
from protocol.iso8583 import Message
from protocol.reference.tables import MESSAGES
from protocol.session import MTI_AT, missing, reply_mti, transaction, wrong


def check_request(message):
    """The MESSAGES name of a request that carries what it must and nothing that it may not.
    Raises WireFault at the field. The MAC is session.check_mac's."""
    f60 = message.fields.get(60, "")
    name = _named(message.mti, message.fields.get(3), f60[:2], f60[8:11])
    if name is None:
        raise _unknown(message)
    _, _, _, _, mandatory, conditional, _, _, _ = MESSAGES[name]
    for field in mandatory:
        if field not in message.fields:
            raise missing(field)
    for field in sorted(message.fields):
        if field not in mandatory and field not in conditional:
            raise wrong(message, field, str(field), "this message does not carry it")
    return name


def reply_to(request, fields):
    """A reply Message with these fields: TPDU turned round, the request's header."""
    tpdu = request.tpdu
    turned = tpdu[:2] + tpdu[6:10] + tpdu[2:6]
    return Message(turned, request.header, reply_mti(request.mti), fields)


@lru_cache(maxsize=256)  # strangers choose these
def _named(mti, f3, kind, network):
    """session.transaction by all that it looks at: it goes through the text of the table."""
    fields = {60: kind + "0" * 6 + network if network else kind}
    if f3 is not None:
        fields[3] = f3
    return transaction(Message("", "", mti, fields))


def _unknown(message):
    """The fault of a request that no line of MESSAGES fits, at the first column to blame."""
    rows = [row for row in MESSAGES.values() if row[0] == message.mti]
    if not rows:
        return WireFault("mti", MTI_AT, "no request has this type")
    rows = [row for row in rows if row[1] in (None, message.fields.get(3))]
    if not rows:
        return wrong(message, 3, "3", "no message of this type has this code")
    if 60 not in message.fields:
        return missing(60)
    if message.fields[60][:2] not in [row[2] for row in rows]:
        return wrong(message, 60, "60.1", "no message of this type has this kind")
    return wrong(message, 60, "60.3", "no message of this type has this network code")
