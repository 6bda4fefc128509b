"""A packet told byte by byte: where each part stands, what it is called and what it says.

Names come from the dialect's tables; this file only adds what a value means. Card data, keys and
PIN blocks are named, never shown.
"""
from dataclasses import dataclass

from host_sim.show.mask import CARD_FIELDS, MASK, field_texts, masked, without_tracks
from protocol import tlv
from protocol.dialect.fields import FIELDS_AT
from protocol.errors import WireFault
from protocol.keys import KEY_ENTRY, behind_keys
from protocol.reference import tables
from protocol.reference.codec import decode


@dataclass(frozen=True)
class Part:
    """`size` bytes from byte `at` of the packet (TPDU on): `name`, and in `words` what they say.

    `inner` parts lie inside the part before them. `secret` ones must not be shown as bytes.
    """
    at: int
    size: int
    name: str
    words: str
    inner: bool = False
    secret: bool = False


def explain(packet, algorithm="unionpay-ecb", reveal=False):
    """Parts of a packet (bytes from the TPDU on), left to right, none left out.

    `algorithm` names the MAC in use; `reveal` says what is secret too. Raises WireFault if the
    packet cannot be decoded.
    """
    message = decode(packet)
    parts = [
        Part(0, 5, "TPDU", f"to {message.tpdu[2:6]}, from {message.tpdu[6:]}"),
        Part(5, 6, "header", _header(message.header)),
        Part(11, 2, "MTI", f"{message.mti}: {title(message)}"),
        Part(13, 8, "bitmap", "fields " + " ".join(str(n) for n in sorted(message.fields))),
    ]
    at = FIELDS_AT
    hidden = {} if reveal else _hidden(message)
    for number in sorted(message.fields):
        size = _size(number, message.fields[number])
        parts.append(Part(at, size, f"F{number} {tables.FIELDS[number][0]}",
                          hidden.get(number) or _words(message, number, algorithm, len(packet)),
                          secret=number in hidden))
        parts.extend(_inside(message, number, at, reveal))
        at += size
    return parts


def _size(number, value):
    """Bytes of a field on the wire, with its length."""
    _, kind, prefix, *_ = tables.FIELDS[number]
    return prefix + (len(value) if kind in "ab" else (len(value) + 1) // 2)


def _hidden(message):
    """{number: words} of the fields whose bytes are secret: as far as a mask leaves something."""
    texts = without_tracks(masked(field_texts(message)))
    return {number: "present, not shown" if not texts[number].strip(MASK) else texts[number]
            for number in CARD_FIELDS if number in texts}


def shown_bytes(packet, parts):
    """A list of the packet's bytes as "60", those of secret parts as "**"."""
    shown = [f"{byte:02X}" for byte in packet]
    for part in parts:
        if part.secret:
            shown[part.at:part.at + part.size] = [2 * MASK] * part.size
    return shown


def title(message):
    """What a message is, in words: 'refund request', 'reply to a sign-on'."""
    for name, (mti, code, *_rest, reply, _good, _bad) in tables.MESSAGES.items():
        if message.mti in (mti, reply) and _same_kind(message, code, name):
            plain = name.replace("_", " ")
            return f"{plain} request" if message.mti == mti else f"reply to {plain}"
    return "message of no known kind"


def _same_kind(message, code, name):
    """MTI alone does not tell sale from void or echo from sign-off: F3 or F60.3 does."""
    if code is not None:
        return message.fields.get(3) == code
    networks = tables.MESSAGES[name][3]
    return networks is None or message.fields.get(60, "")[8:11] in networks


def _header(digits):
    return (f"class {digits[:2]}, version {digits[2:4]}, terminal status {digits[4]}, "
            f"asks {ASKS.get(digits[5], digits[5])}")


ASKS = {"0": "nothing", "1": "for new parameters", "3": "to sign on again"}
PROCESSING = {"000000": "purchase", "200000": "money back to the customer",
              "380000": "order inquiry", "390000": "refund status", "390001": "open intents"}
ENTRY = {"01": "keyed", "02": "magnetic stripe", "05": "chip", "07": "contactless",
         "03": "QR code", "00": "not given"}
TYPES = {"00": "network or batch", "01": "inquiry", "22": "sale", "23": "void", "25": "refund"}
NETWORKS = {"001": "sign-on, single keys", "003": "sign-on, double keys",
            "004": "sign-on, double keys with track key", "002": "sign-off", "301": "echo",
            "401": "activation",
            "201": "settlement", "202": "batch end", "207": "batch end", "000": "none"}


def yuan(fen):
    """Integer fen -> '12.50'."""
    return f"{fen // 100}.{fen % 100:02}"


def _date(digits):
    return f"{digits[:2]}-{digits[2:]}" if len(digits) == 4 else (
        f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")


def _words(message, number, algorithm, size):
    value = message.fields[number]
    if number == 64:
        return _mac_words(value, algorithm, size)
    if number in WORDS:
        return WORDS[number](value)
    if isinstance(value, bytes):
        return value.hex().upper() if number in CARD_FIELDS else f"{len(value)} bytes"
    return value.strip()


def _mac_words(value, algorithm, size):
    shown = value.decode("ascii") if value.isalnum() and value.isascii() else value.hex().upper()
    return f"{shown}: {algorithm} under the MAK over bytes 11 to {size - 9}"


# How each MAC comes about, step by step.
MAC_STEPS = {
    "unionpay-ecb": (
        "the bytes from the MTI to the field before F64, zero-padded to blocks of 8",
        "all blocks XORed into one",
        "that block written as 16 hex characters",
        "the first 8 of them encrypted under the MAK",
        "the result XORed with the last 8, and encrypted again",
        "F64 is the first 8 hex characters of that",
    ),
    "x9.19": (
        "the bytes from the MTI to the field before F64, zero-padded to blocks of 8",
        "DES-CBC with the left half of the MAK, from zeros",
        "the last block decrypted with the right half, and encrypted with the left",
        "F64 is that block",
    ),
    "aes-cmac": (
        "the bytes from the MTI to the field before F64",
        "AES-CMAC (RFC 4493) under the MAK",
        "F64 is its first 8 bytes",
    ),
    "sm4": (
        "the bytes from the MTI to the field before F64, zero-padded to blocks of 16",
        "all blocks XORed into one",
        "that block written as 32 hex characters",
        "the first 16 of them encrypted by SM4 under the MAK",
        "the result XORed with the last 16, and encrypted again",
        "F64 is the first 8 hex characters of that",
    ),
}

WORDS = {
    3: lambda value: f"{value}: {PROCESSING.get(value, 'unknown')}",
    4: lambda value: f"{yuan(int(value))} yuan",
    12: lambda value: f"{value[:2]}:{value[2:4]}:{value[4:]}",
    13: _date,
    15: _date,
    22: lambda value: f"{value}: {ENTRY.get(value[:2], 'other')}, "
                      f"{'with PIN' if value[2] == '1' else 'no PIN'}",
    39: lambda value: f"{value}: {tables.CODES.get(value, ('unknown code',))[0]}",
    44: lambda value: f"issuer {value[:11].strip()}, acquirer {value[11:22].strip()}",
    49: lambda value: "156: RMB" if value == "156" else value,
    60: lambda value: f"{value}: as below",
    61: lambda value: f"{value}: as below",
    62: lambda value: f"{len(value)} bytes, as below",
}


def _inside(message, number, at, reveal):
    """Parts of the fields that hold parts of their own."""
    if number in DIGIT_GROUPS:
        # A digit is half a byte: the groups are told, their bytes are the field's own.
        value, first = message.fields[number], 0
        for name, count, told in DIGIT_GROUPS[number]:
            digits = value[first:first + count]
            if len(digits) == count:
                yield Part(at + 2 + first // 2, 0, name, told(digits), inner=True)
            first += count
    if number == 62:
        yield from _inside_62(message.fields[62], message.mti, at + 2, reveal)


DIGIT_GROUPS = {
    60: (("type", 2, lambda v: f"{v}: {TYPES.get(v, 'other')}"),
         ("batch", 6, lambda v: v),
         ("network code", 3, lambda v: f"{v}: {NETWORKS.get(v, 'other')}")),
    61: (("original batch", 6, lambda v: v),
         ("original STAN", 6, lambda v: v),
         ("original date", 4, _date)),
}


def _inside_62(data, mti, at, reveal):
    """Keys first (0810 only), then tags; an 0800's F62 is the host's own affair."""
    if mti == "0800":
        return
    place = 0
    for name in _keys_of(data) if mti == "0810" else ():
        yield Part(at + place, KEY_ENTRY, name, "under the TMK, then its check value", True,
                   not reveal)
        place += KEY_ENTRY
    while place < len(data):
        size = 3 + int.from_bytes(data[place + 2:place + 3], "big")
        try:
            (tag, value), = tlv.unpack(data[place:place + size], at + place).items()
        except WireFault as fault:  # the codec takes it, for it never looks inside
            yield Part(at + place, len(data) - place, "no tag", str(fault), True, not reveal)
            return
        secret = tag in SECRET_TAGS and not reveal
        yield Part(at + place, size, f"{tag} {tables.TAGS[tag][0]}",
                   "present, not shown" if secret else _tag_words(tag, value), True, secret)
        place += size


SECRET_TAGS = ("DF14", "DF15")      # a payment code, a master key


def _keys_of(data):
    return ("PIK", "MAK", "TDK")[:(len(data) - len(behind_keys(data))) // KEY_ENTRY]


def _tag_words(tag, value):
    if tag in ("DF04", "DF05"):
        return f"{yuan(int(value))} yuan"
    if tag in ("DF09", "DF0C", "DF12"):
        return _date(value)
    if tag == "DF08":
        return f"{value}: {tables.REFUND_STATES.get(value, 'unknown')}"
    if tag == "DF13":
        rules = [value[at : at + 2] for at in range(0, len(value), 2)]
        return ", ".join(f"{rule}: {tables.RISK_RULES.get(rule, 'unknown')}" for rule in rules)
    if tag == "DF0E":
        return value[0]
    return value.hex().upper() if isinstance(value, bytes) else value
