"""Keys in hand, and what goes wrong with them on the way: wrapping, check values, PIN blocks.
No key, and no PIN, may show in a text form or in any words from here.
"""
from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import LocalMisuse, WireFault
from protocol.keys import KCV_SIZE, KEY_ENTRY, behind_keys, unwrap_working_keys
from protocol.mac import KEY_SIZES
from protocol.pin import PinKey
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import in_bytes

NAMES = ("TMK", "PIK", "MAK", "TDK")
SIZES = {"TMK": (16,), "PIK": (8, 16), "MAK": (8, 16), "TDK": (16,)}


class KeySet:
    """`keys`: {name of NAMES: bytes}; `algorithm` of the MAC; `source`: where they come from."""

    def __init__(self, keys, algorithm="unionpay-ecb", source="the key file"):
        self.keys = dict(keys)
        self.algorithm = algorithm
        self.source = source

    def __repr__(self):
        return f"KeySet({', '.join(self.keys)})"

    def for_mac(self):
        """{words: key} of everything that might have been taken for the MAK, the MAK first; empty
        without one that the algorithm takes."""
        mak = self.keys.get("MAK")
        if mak is None or len(mak) not in KEY_SIZES[self.algorithm]:
            return {}
        found = {"MAK": mak} | {n: key for n, key in self.keys.items() if n != "MAK"}
        if "TMK" in self.keys:
            master = Ciphers().des(self.keys["TMK"])
            found["MAK as it is wrapped under the TMK"] = _each(master.encrypt, mak)
            found["MAK unwrapped once too often"] = _each(master.decrypt, mak)
        return found


def _each(step, key):
    return b"".join(step(key[at:at + 8]) for at in range(0, len(key), 8))


def read_key_file(text):
    """{name: bytes} of lines "NAME HEX", or one line of hex, which is the MAK. Raises ValueError
    with words that hold no key."""
    keys = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        name, digits = "MAK", words[0]
        if len(words) > 1:
            name, digits = words[0].upper(), "".join(words[1:])
        if name not in NAMES:
            raise ValueError(f"line {number}: a key is one of {', '.join(NAMES)}")
        try:
            keys[name] = bytes.fromhex(digits)
        except ValueError:
            raise ValueError(f"line {number}: the {name} is not hex") from None
        if len(keys[name]) not in SIZES[name]:
            sizes = " or ".join(map(str, SIZES[name]))
            raise ValueError(f"line {number}: the {name} has {len(keys[name])} bytes, not {sizes}")
    if not keys:
        raise ValueError("no key in it")
    return keys


def opened(message, tmk):
    """{name: key} that an 0810 with 00 brings, or None where they do not open under the TMK."""
    if message.mti != "0810" or message.fields.get(39) != "00" or 62 not in message.fields:
        return None
    try:
        keys = unwrap_working_keys(message.fields[62], tmk, Ciphers())
    except WireFault:
        return None
    found = zip(NAMES, (tmk, *in_bytes(keys)), strict=True)
    return {name: key for name, key in found if key is not None}


# F62 of an 0810: how a key may have come to its 16 bytes, and to its check value

class Step(NamedTuple):
    """`words` is "" for the right one."""
    name: str
    words: str
    make: Callable = bytes


def _halves(make):
    return lambda tmk: make(tmk[:8], tmk[8:])


MASTERS = (
    Step("", "", lambda tmk: tmk),
    Step("tmk-halves-swapped", "the halves of the TMK were swapped",
         _halves(lambda left, right: right + left)),
    Step("tmk-left-half", "only the left half of the TMK was used",
         _halves(lambda left, right: left)),
    Step("tmk-right-half", "only the right half of the TMK was used",
         _halves(lambda left, right: right)),
    Step("tmk-hex-text", "the characters of the TMK's hex were used as the TMK",
         lambda tmk: tmk.hex().upper().encode()[:16]),
)


def _cbc_unwrapped(entry, master):
    before, key = bytes(8), b""
    for at in range(0, len(entry), 8):
        block = entry[at:at + 8]
        key += bytes(a ^ b for a, b in zip(master.decrypt(block), before, strict=True))
        before = block
    return key


WRAPS = (
    Step("", "", lambda entry, master: _each(master.decrypt, entry)),
    Step("wrapped-by-decrypting", "it was wrapped by decrypting under the TMK (encrypting is due)",
         lambda entry, master: _each(master.encrypt, entry)),
    Step("wrapped-cbc", "it was wrapped by CBC (ECB is due)", _cbc_unwrapped),
    Step("not-wrapped", "it was sent in the clear, not wrapped", lambda entry, master: entry),
    Step("halves-swapped", "the halves of the key were swapped when it was wrapped", lambda entry,
         master: _each(master.decrypt, entry[8:] + entry[:8]) if len(entry) == 16 else None),
)


def _zeros_under(make):
    return lambda key, master, ciphers: make(key, ciphers)


VALUES = (
    Step("", "", _zeros_under(lambda key, ciphers: ciphers.des(key).encrypt(bytes(8))[:4])),
    Step("kcv-3-bytes", "the KCV is 3 bytes and a zero (4 bytes are due)", _zeros_under(
        lambda key, ciphers: ciphers.des(key).encrypt(bytes(8))[:3] + b"\0")),
    Step("kcv-last-bytes", "the KCV is the last 4 bytes of the encrypted zeros (the first are due)",
         _zeros_under(lambda key, ciphers: ciphers.des(key).encrypt(bytes(8))[4:])),
    Step("kcv-left-half", "the KCV is that of the key's left half alone", _zeros_under(
        lambda key, ciphers: ciphers.des(key[:8]).encrypt(bytes(8))[:4])),
    Step("kcv-right-half", "the KCV is that of the key's right half alone", _zeros_under(
        lambda key, ciphers: ciphers.des(key[-8:]).encrypt(bytes(8))[:4])),
    Step("kcv-halves-swapped", "the KCV is that of the key with its halves swapped", _zeros_under(
        lambda key, ciphers: ciphers.des(key[8:] + key[:8]).encrypt(bytes(8))[:4]
        if len(key) == 16 else b"")),
    Step("kcv-first-key-bytes", "the KCV is the key's own first 4 bytes: such a key is no secret "
         "any more", _zeros_under(lambda key, ciphers: key[:4])),
    Step("kcv-aes", "the KCV was made by AES (triple DES is due)", _zeros_under(
        lambda key, ciphers: ciphers.aes(key).encrypt(bytes(16))[:4] if len(key) == 16 else b"")),
    Step("kcv-aes-cmac", "the KCV is an AES-CMAC of zeros (triple DES is due)", _zeros_under(
        lambda key, ciphers: ciphers.aes(key).cmac(bytes(16))[:4] if len(key) == 16 else b"")),
    Step("kcv-sm4", "the KCV was made by SM4 (triple DES is due)", _zeros_under(
        lambda key, ciphers: ciphers.sm4(key).encrypt(bytes(16))[:4] if len(key) == 16 else b"")),
    Step("kcv-of-tmk", "the KCV is the TMK's", lambda key, master, ciphers:
         master.encrypt(bytes(8))[:4]),
    Step("kcv-of-wrapped", "the KCV is that of the wrapped key, not of the key",
         lambda key, master, ciphers:
         ciphers.des(_each(master.encrypt, key)).encrypt(bytes(8))[:4]),
    Step("kcv-ones", "the KCV is of FF bytes (zeros are due)", _zeros_under(
        lambda key, ciphers: ciphers.des(key).encrypt(b"\xff" * 8)[:4])),
)


def key_entries(f62):
    """(name, wrapped key, its KCV) of F62 of an 0810."""
    data = f62[:len(f62) - len(behind_keys(f62))]
    for name, at in zip(("PIK", "MAK", "TDK"), range(0, len(data), KEY_ENTRY), strict=False):
        entry = data[at:at + KEY_ENTRY]
        if len(entry) == KEY_ENTRY:
            single = name == "MAK" and entry[8:16] == bytes(8)
            yield name, entry[:8] if single else entry[:16], entry[-KCV_SIZE:]


def wrong_value(wrapped, value, tmk):
    """The Steps, none if it is right, by which a wrapped key and its KCV fit under the TMK; None if
    no known way fits. The fewest steps off the right way are found first."""
    ciphers, found = Ciphers(), None
    for master_step in MASTERS:
        master = ciphers.des(master_step.make(tmk))
        for wrap in WRAPS:
            key = wrap.make(wrapped, master)
            if key is None:
                continue
            for step in VALUES:
                if step.make(key, master, ciphers) == value:
                    steps = tuple(one for one in (master_step, wrap, step) if one.name)
                    if found is None or len(steps) < len(found):
                        found = steps
    return found


# PIN blocks

CARDS = (
    Step("", "", lambda card: card),
    Step("pin-with-check-digit", "the card number's last 12 digits were taken with the check digit "
         "(without it is due)", lambda card: card + "0"),
    Step("pin-first-digits", "the card number's first 12 digits were taken (the last 12 without "
         "the check digit are due)", lambda card: "0" + card[:12] + "0"),
    Step("pin-without-card", "the card number was not XORed in", lambda card: "0" * 16),
)


def _pin_keys(keys):
    """(Steps off the right key, key) of all that a PIN block might have been made under."""
    for name in ("PIK", "TDK", "MAK", "TMK"):
        if name not in keys:
            continue
        key = keys[name]
        off = () if name == "PIK" else (
            Step(f"pin-under-{name.lower()}", f"it was made under the {name}, not the PIK"),)
        yield off, key
        if len(key) == 16:
            yield (*off, Step("pin-left-half", "only the left half of the key was used")), key[:8]
            yield ((*off, Step("pin-halves-swapped", "the halves of the key were swapped")),
                   key[8:] + key[:8])


def wrong_pin_block(block, card, keys):
    """The Steps by which F52 holds a PIN under one of `keys`; none: it is right; None: no way."""
    ciphers, found = Ciphers(), None
    for off, key in _pin_keys(keys):
        for step in CARDS:
            steps = off + ((step,) if step.name else ())
            if found is None or len(steps) < len(found):
                if _holds_pin(block, step.make(card), key, ciphers):
                    found = steps
    return found


def _holds_pin(block, card, key, ciphers):
    try:
        PinKey(key, ciphers).pin(block, card)
    except LocalMisuse:
        return False
    return True
