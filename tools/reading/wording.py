"""A message in one line: what it is, its numbers, its amounts, how it ended.

Card numbers stand with first 6 and last 4, whole only if they are published or revealed.
"""
from functools import lru_cache

from host_sim.show import mask
from host_sim.show.explain import title, yuan
from host_sim.show.mask import card_number, free_text
from protocol.message import Message
from protocol.reference import tables

# What the digit of F48 says of a settlement
TOTALS = {"1": "totals equal", "2": "totals differ", "3": "nothing was settled"}


def is_reply(message):
    """Whether an MTI's third digit is odd: 0210, 0810."""
    return message.mti[2] in "13579"


def name(message):
    """'refund', 'sign on', 'refund repeat' of a request or reply; '' for none."""
    fields = message.fields
    return _name(message.mti, fields.get(3), fields.get(60, "")[8:11])


@lru_cache(maxsize=256)  # strangers choose these
def _name(mti, code, network):
    fields = {60: "0" * 8 + network}
    if code is not None:
        fields[3] = code
    words = title(Message("", "", mti, fields))
    if words.startswith("message of"):
        return ""
    return words.removeprefix("reply to ").removesuffix(" request")


def tags(data):
    """{tag: bytes} of F62, as far as it holds tags; of one that repeats, the last."""
    found, at = {}, 0
    while at + 3 <= len(data):
        size = data[at + 2]
        found[data[at:at + 2].hex().upper()] = data[at + 3:at + 3 + size]
        at += 3 + size
    return found


def tags_of(message):
    """tags() of a message that may have some: keys come before them in an 0810."""
    data = message.fields.get(62)
    return tags(data) if data and message.mti not in ("0800", "0810") else {}


def words(message, reveal=False):
    """One line of a Message, without its MAC."""
    fields, held = message.fields, tags_of(message)
    known = name(message)
    if is_reply(message):
        code = fields.get(39, "")
        parts = [outcome(code), f"reply to {known or message.mti}"]
    else:
        parts = [f"{known} request" if known else f"{message.mti}, a message of no known kind"]
    if 11 in fields:
        parts.append(f"STAN {fields[11]}")
    if "DF01" in held:
        parts.append(f"order {shown(held['DF01'], reveal)}")
    if 4 in fields and int(fields[4]):
        parts.append(f"{yuan(int(fields[4]))} yuan")
    parts += _more(message, held, reveal)
    return ", ".join(parts)


def short(message):
    """'refund request STAN 000004', 'reply to refund STAN 000004'."""
    known = name(message) or message.mti
    stan = f" STAN {message.fields[11]}" if 11 in message.fields else ""
    return f"reply to {known}{stan}" if is_reply(message) else f"{known} request{stan}"


def outcome(code):
    """'approved 00', 'insufficient balance 51', 'code ZZ'."""
    known = tables.CODES.get(code)
    return f"{known[0]} {code}" if known else f"code {code}" if code else "no response code"


def _more(message, held, reveal):
    fields, reply = message.fields, is_reply(message)
    if 2 in fields:
        yield f"card {fields[2] if reveal else card_number(fields[2])}"
    elif 35 in fields:
        yield f"card {track_number(fields[35], reveal)}"
    if "DF14" in held:
        yield f"payment code {mask.MASK * 6 if not reveal else held['DF14'].decode('latin-1')}"
    if reply and "DF02" in held:
        yield shown(held["DF02"], reveal)
    for tag, said in (("DF04", "sold for"), ("DF05", "refunded so far")):
        digits = held.get(tag, b"").hex()
        if reply and digits.isdigit():
            yield f"{said} {yuan(int(digits))} yuan"
    if "DF08" in held:
        state = held["DF08"].hex()
        yield f"state {tables.REFUND_STATES.get(state, state)}"
    if 37 in fields:
        yield f"RRN {fields[37].strip()}" if reply else f"original RRN {fields[37].strip()}"
    if 38 in fields:
        yield f"authorisation {fields[38].strip()}"
    if not reply and 39 in fields:
        yield f"because of {fields[39]}"
    if 61 in fields and fields[61][6:12].strip("0"):
        yield f"of STAN {fields[61][6:12]}"
    if message.mti == "0510" and len(fields.get(48, "")) >= 31:
        yield TOTALS.get(fields[48][30], "totals uncompared")


def track_number(track, reveal):
    """The card number in a track 2, masked unless it is published."""
    number = track.partition("=")[0]
    return number if reveal else card_number(number)


def shown(data, reveal=False):
    """A tag's text, with what reads as a card number masked."""
    text = data.decode("utf-8", "replace")
    return text if reveal else free_text(text)
