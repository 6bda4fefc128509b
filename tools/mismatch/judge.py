"""How far a packet makes sense beyond its form: what kind it is, what it lacks, what looks odd.
A packet that no codec refuses may still have been read the wrong way; this is what tells.
"""
import re
from typing import NamedTuple

from host_sim.show.explain import ENTRY
from protocol import MAY_LACK_MAC, tlv
from protocol.errors import WireFault
from protocol.reference import codec, tables
from protocol.session import reply_fields, wrong
from tools.mismatch.tags import tag_part

UNKNOWN = 3  # odd values that a message of no known kind is as bad as


class Verdict(NamedTuple):
    """`fault`: the WireFault that refuses it, in F62's tags if they are ours, or None. `kind`: its
    row of MESSAGES, or None. `lacks`: fields that such a message must carry and this one does not;
    `extra`: those that it may not. `odd`: words on values that no sender means."""
    fault: WireFault | None
    kind: str | None
    lacks: tuple
    extra: tuple
    odd: tuple

    @property
    def trouble(self):
        """Smaller is better."""
        return (self.fault is not None, len(self.odd) + UNKNOWN * (self.kind is None)
                + len(self.lacks) + len(self.extra))


def judge(packet):
    """The Verdict on a packet, from the TPDU on."""
    try:
        message = codec.decode(packet)
    except WireFault as fault:
        return Verdict(fault, None, (), (), ())
    kind, is_reply = kind_of(message)
    lacks, extra = _fields(message, kind, is_reply) if kind else ((), ())
    return Verdict(_in_tags(message) if kind else None, kind, lacks, extra,
                   tuple(_odd(message, kind)))


def _in_tags(message):
    """The WireFault of tags that cannot be read, or None."""
    found = tag_part(message)
    if found is None:
        return None
    before, tags = found
    try:
        tlv.unpack(tags, wrong(message, 62, "62", "").at + 2 + len(before))
    except WireFault as fault:
        return fault
    return None


def kind_of(message):
    """(row of MESSAGES, whether it is the reply), (None, False) for what is none."""
    f60 = message.fields.get(60, "")
    for name, (mti, f3, type_, networks, *_rest, reply, _good, _bad) in tables.MESSAGES.items():
        if message.mti in (mti, reply) and f3 in (None, message.fields.get(3)):
            if f60[:2] == type_ and (networks is None or f60[8:11] in networks):
                return name, message.mti == reply != mti
    return None, False


def _fields(message, kind, is_reply):
    """(missing, not allowed) of a message of a known kind."""
    _mti, _f3, _type, _networks, must, may, *_ = tables.MESSAGES[kind]
    code = message.fields.get(39)
    if is_reply:
        if code is None:
            return (39,), ()
        # What stands for an echo of the request cannot be known here: it is not asked for.
        wanted = [n for n in reply_fields(kind, code, ()) if n != 64 or code not in MAY_LACK_MAC]
        return tuple(n for n in wanted if n not in message.fields), ()
    return (tuple(n for n in must if n not in message.fields),
            tuple(n for n in sorted(message.fields) if n not in must and n not in may))


LOOKS = {
    3: "[0-9]{6}", 11: "(?!000000)[0-9]{6}", 12: "([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]",
    13: "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", 14: "[0-9]{2}(0[1-9]|1[0-2])",
    15: "0000|(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
    22: f"({'|'.join(ENTRY)})[0-2]", 25: "0[0-9]|[1-9][0-9]", 35: "[0-9]{12,19}=[0-9]{7,}",
    39: "[0-9A-Z]{2}", 41: "[0-9A-Za-z]{8}", 42: "[0-9A-Za-z]{15}", 49: "[0-9]{3}",
}


def _odd(message, kind):
    for number, look in LOOKS.items():
        value = message.fields.get(number)
        if value is not None and not re.fullmatch(look, value):
            yield f"F{number} {tables.FIELDS[number][0]} has an odd value"
    if kind and (f61 := message.fields.get(61)) is not None and len(f61) < 16:
        yield "F61 has fewer than 16 digits"
