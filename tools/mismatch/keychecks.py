"""What is wrong with the keys that an 0810 brings, and with a PIN block, for who has the keys.
"""
from protocol.errors import WireFault
from protocol.iso8583 import Message
from protocol.keys import unwrap_working_keys
from protocol.reference.ciphers import Ciphers
from protocol.reference.codec import encode
from tools.mismatch import keyset as known
from tools.mismatch.mistake import Fit, Reason

KCV_CURE = ("A key is encrypted by ECB triple DES under the whole TMK; its KCV is the first 4 "
            "bytes of 8 zeros encrypted under the key.")
PIN_CURE = ("F52 is format 0: 0L PIN F.. XOR 0000 and the card number's last 12 digits without the "
            "check digit, under the PIK.")


def reasons(message, keyset):
    """The Reasons that a message's F62 and F52 give, for the keys of a KeySet."""
    found = []
    if message.mti == "0810" and message.fields.get(39) == "00" and "TMK" in keyset.keys:
        found += _values(message, keyset.keys["TMK"]) or _set(message, keyset.keys["TMK"])
    card = message.fields.get(2) or message.fields.get(35, "").partition("=")[0]
    if 52 in message.fields and card and "PIK" in keyset.keys:
        found += _pin(message, card, keyset.keys)
    return found


def _at(message, field):
    before = {n: value for n, value in message.fields.items() if n < field}
    return len(encode(Message(message.tpdu, message.header, message.mti, before)))


def _reason(field, trouble, steps, cure, tried, evidence):
    if steps is None:
        return Reason(field, trouble, (), (), tried)
    words = ", and ".join(step.words for step in steps)
    return Reason(field, trouble, (Fit("+".join(step.name for step in steps), f"F{field}",
                                       f"It fits if {words}.", cure, b""),), (evidence,), tried)


def _values(message, tmk):
    tried = len(known.MASTERS) * len(known.WRAPS) * len(known.VALUES)
    found = []
    for name, wrapped, value in known.key_entries(message.fields.get(62, b"")):
        steps = known.wrong_value(wrapped, value, tmk)
        if steps != ():
            found.append(_reason(
                f"62.{name}", f"The KCV of the {name} in F62 (byte {_at(message, 62)}) "
                "is not that of the key as it opens under the TMK.", steps, KCV_CURE,
                tried, "computed so, all 4 bytes of the KCV agree"))
    return found


def _set(message, tmk):
    """The Reason of a set that is refused though each of its keys is sound."""
    try:
        unwrap_working_keys(message.fields.get(62, b""), tmk, Ciphers(), _at(message, 62))
    except WireFault as fault:
        return [Reason(fault.field, f"The terminal refuses the keys: {fault}.", (), (), 0)]
    return []


def _pin(message, card, keys):
    if len(card) < 13:
        return
    steps = known.wrong_pin_block(message.fields[52], card, keys)
    if steps != ():
        tried = 3 * len(known.CARDS) * len(keys)
        yield _reason("52", f"F52 at byte {_at(message, 52)} holds no PIN for this card under the "
                      "PIK.", steps, PIN_CURE, tried, "opened so, it holds a PIN of format 0")
