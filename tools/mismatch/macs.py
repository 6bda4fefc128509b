"""F64 recomputed in every way that people are known to get wrong: span, padding, key, algorithm,
form. The way with the fewest turns off the right one that gives the bytes in hand is named.
"""
from collections.abc import Callable
from itertools import combinations, product
from typing import NamedTuple

from protocol.dialect.fields import BITMAP_AT, FIELDS_AT
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.mac import Mac, equal
from protocol.message import MTI_AT, mac_span
from protocol.reference import codec
from protocol.reference.ciphers import Ciphers

MOST_TURNS = 3


class Turn(NamedTuple):
    """One choice on the way to a MAC. `words` is "" for the right one."""
    name: str
    words: str
    make: Callable


class Found(NamedTuple):
    """The turns that give the F64 in hand; none: it is right."""
    turns: tuple

    @property
    def words(self):
        """One sentence."""
        return "F64 fits if " + ", and ".join(turn.words for turn in self.turns) + "."


def _shortened(packet):
    """The packet without its last field before F64, F64 still in it."""
    try:
        message = codec.decode(packet)
    except WireFault:
        return None
    last = max((number for number in message.fields if number < 64), default=None)
    if last is None:
        return None
    rest = {n: value for n, value in message.fields.items() if n != last}
    short = codec.encode(Message(message.tpdu, message.header, message.mti, rest))
    return packet[:FIELDS_AT] + short[FIELDS_AT:]


def _cut(begin, end=-8):
    return lambda packet: packet[begin:end]


def _without_last(packet):
    short = _shortened(packet)
    return None if short is None else short[MTI_AT:-8]


def _bit_not_set(packet):
    return packet[MTI_AT:FIELDS_AT - 1] + bytes((packet[FIELDS_AT - 1] & 0xFE,)) + \
        packet[FIELDS_AT:-8]


SPANS = (
    Turn("", "", _cut(MTI_AT)),
    Turn("from-tpdu", "it covers the TPDU and the header too (it begins with the MTI)", _cut(0)),
    Turn("from-header", "it covers the header too (it begins with the MTI)", _cut(5)),
    Turn("from-length", "it covers the 2-byte length, TPDU and header too (it begins with the MTI)",
         lambda packet: len(packet).to_bytes(2, "big") + packet[:-8]),
    Turn("from-bitmap", "it leaves the MTI out (it begins with the MTI)", _cut(BITMAP_AT)),
    Turn("from-fields", "it leaves MTI and bitmap out (it begins with the MTI)", _cut(FIELDS_AT)),
    Turn("with-f64-zeros", "it covers F64 too, as 8 zero bytes (it ends with the field before F64)",
         lambda packet: packet[MTI_AT:-8] + bytes(8)),
    Turn("without-last-field", "it leaves the last field before F64 out", _without_last),
    Turn("bit-64-not-set", "it was computed before bit 64 was set in the bitmap", _bit_not_set),
    Turn("from-tpdu-bit-64-not-set", "it covers TPDU and header, and was computed before bit 64 "
         "was set in the bitmap", lambda packet: packet[:MTI_AT] + _bit_not_set(packet)),
    Turn("hex-text", "it covers the packet's hex characters, not its bytes",
         lambda packet: packet[MTI_AT:-8].hex().upper().encode()),
    Turn("hex-text-lower", "it covers the packet's hex characters in lower case, not its bytes",
         lambda packet: packet[MTI_AT:-8].hex().encode()),
)


def _zeros(data, block):
    return data + bytes(-len(data) % block)


PADS = (
    Turn("", "", _zeros),
    Turn("pad-80", "it was padded with 80 00 ... (zeros are due)",
         lambda data, block: _zeros(data + b"\x80", block)),
    Turn("pad-extra-block", "a block of zeros was added though none was due",
         lambda data, block: _zeros(data, block) + bytes(block)),
    Turn("pad-ff", "it was padded with FF (zeros are due)",
         lambda data, block: data + b"\xff" * (-len(data) % block)),
    Turn("pad-spaces", "it was padded with spaces (zeros are due)",
         lambda data, block: data + b" " * (-len(data) % block)),
    Turn("pad-cut", "the last block, which is not full, was left out (it is padded with zeros)",
         lambda data, block: data[:len(data) // block * block]),
)


# Key forms: make(key) -> key, or None where there is no such form.

def _halves(make):
    return lambda key: make(key[:8], key[8:]) if len(key) == 16 else None


FORMS = (
    Turn("", "", lambda key: key),
    Turn("left-half", "only the left half of the key was used (single DES)",
         _halves(lambda left, right: left)),
    Turn("right-half", "only the right half of the key was used (single DES)",
         _halves(lambda left, right: right)),
    Turn("halves-swapped", "the halves of the key were swapped",
         _halves(lambda left, right: right + left)),
    Turn("reversed", "the bytes of the key were in the wrong order", lambda key: key[::-1]),
    Turn("key-hex-text", "the characters of the key's hex were used as the key",
         lambda key: key.hex().upper().encode()[:16]),
    Turn("key-hex-text-lower", "the characters of the key's lower-case hex were used as the key",
         lambda key: key.hex().encode()[:16]),
)


# Algorithms: make(key, data padder, ciphers) -> the block that the result is taken from.

def _hex(block):
    return block.hex().upper().encode()


def _ecb(key, pad, data, ciphers):
    return ciphers.des(key).cbc_mac(_hex(ciphers.fold(pad(data, 8))))


def _ecb_without_hex(key, pad, data, ciphers):
    return ciphers.des(key).encrypt(ciphers.fold(pad(data, 8)))


def _ecb_one_pass(key, pad, data, ciphers):
    return ciphers.des(key).encrypt(_hex(ciphers.fold(pad(data, 8)))[:8])


def _x919(key, pad, data, ciphers):
    left, right = key[:8], key[8:] or key[:8]
    last = ciphers.des(left).cbc_mac(pad(data, 8))
    return ciphers.des(left).encrypt(ciphers.des(right).decrypt(last))


def _x99(key, pad, data, ciphers):
    return ciphers.des(key[:8]).cbc_mac(pad(data, 8))


def _cbc3(key, pad, data, ciphers):
    return ciphers.des(key).cbc_mac(pad(data, 8))


def _aes_cmac(key, pad, data, ciphers):
    return ciphers.aes(key).cmac(data if pad is _zeros else pad(data, 16))


def _aes_cbc(key, pad, data, ciphers):
    cipher, block = ciphers.aes(key), bytes(16)
    padded = pad(data, 16)
    for at in range(0, len(padded), 16):
        block = cipher.encrypt(bytes(a ^ b for a, b in zip(block, padded[at:at + 16],
                                                           strict=True)))
    return block


def _fold16(data):
    block = bytes(16)
    for at in range(0, len(data), 16):
        block = bytes(a ^ b for a, b in zip(block, data[at:at + 16], strict=True))
    return block


def _sm4(key, pad, data, ciphers):
    cipher, text = ciphers.sm4(key), _hex(_fold16(pad(data, 16)))
    first = cipher.encrypt(text[:16])
    return cipher.encrypt(bytes(a ^ b for a, b in zip(first, text[16:], strict=True)))


ALGORITHMS = {"unionpay-ecb": _ecb, "x9.19": _x919, "aes-cmac": _aes_cmac, "sm4": _sm4}
CHARACTERS = ("unionpay-ecb", "sm4")  # whose F64 is 8 hex characters
VARIANTS = (
    Turn("no-hex-step", "the XORed block was encrypted as it is (it is due to be written as 16 hex "
         "characters first)", _ecb_without_hex),
    Turn("one-encryption", "only one encryption was done (two are due)", _ecb_one_pass),
    Turn("x9.9", "it is X9.9 (single DES-CBC, without the last two steps)", _x99),
    Turn("3des-cbc", "every block went through triple DES (CBC)", _cbc3),
    Turn("aes-cbc", "it is AES-CBC, not CMAC", _aes_cbc),
)

RESULTS = {
    "characters": Turn("8-characters", "it was written as 8 hex characters", lambda block:
                       _hex(block)[:8]),
    "bytes": Turn("8-bytes", "it was sent as 8 bytes", lambda block: block[:8]),
}
OTHER_RESULTS = (
    Turn("lower-case", "its hex characters were in lower case",
         lambda block: block.hex().encode()[:8]),
    Turn("last-characters", "the last 8 hex characters were taken (the first are due)",
         lambda block: _hex(block)[-8:]),
    Turn("next-characters", "the second 8 hex characters were taken (the first are due)",
         lambda block: _hex(block)[8:16]),
    Turn("last-bytes", "the last 8 bytes were taken (the first are due)", lambda block: block[-8:]),
    Turn("four-bytes", "only 4 bytes were sent, with zeros behind", lambda block:
         block[:4] + bytes(4)),
    Turn("byte-order", "its bytes were in the wrong order", lambda block: block[:8][::-1]),
)


def ways(algorithm, keys):
    """(keys, forms, algorithms, spans, pads, results), each a tuple of Turns, the right one first.

    keys: {"MAK": bytes, ...} of tools.mismatch.keyset; the right one is the MAK.
    """
    right = "characters" if algorithm in CHARACTERS else "bytes"
    other = "bytes" if right == "characters" else "characters"
    others = [Turn(name, f"it is {name}, not {algorithm}", make)
              for name, make in ALGORITHMS.items() if name != algorithm]
    named = [Turn(f"key-{name.replace(' ', '-').lower()}", f"it was made under the {name}, not the "
                  "MAK", key) for name, key in keys.items() if name != "MAK"]
    return (
        (Turn("", "", keys["MAK"]), *named),
        FORMS,
        (Turn("", "", ALGORITHMS[algorithm]), *others, *VARIANTS),
        SPANS,
        PADS,
        (RESULTS[right]._replace(name="", words=""), RESULTS[other], *OTHER_RESULTS),
    )


def computed(packet, turns, ciphers):
    """F64 of a packet (with any F64 in it) by six turns, or None where they do not go together."""
    key, form, algorithm, span, pad, result = turns
    formed, data = form.make(key.make), span.make(packet)
    if formed is None or data is None:
        return None
    try:
        block = algorithm.make(formed, pad.make, data, ciphers)
    except (LocalMisuse, ValueError):
        return None
    mac = result.make(block)
    return mac if len(mac) == 8 else None


def is_right(packet, algorithm, mak, ciphers):
    """Whether F64 is the packet's MAC. Raises LocalMisuse for a key that does not fit."""
    start, end = mac_span(packet)
    return Mac(algorithm, mak, ciphers).verify(packet[start:end], packet[end:])


def search(packet, algorithm, keys, turns=MOST_TURNS):
    """The Found with the fewest turns, or None. Returns (Found or None, ways tried)."""
    ciphers, choices = Ciphers(), ways(algorithm, keys)
    tried = 0
    for count in range(turns + 1):
        for dims in combinations(range(len(choices)), count):
            pools = [choice[1:] if at in dims else choice[:1] for at, choice in enumerate(choices)]
            for picked in product(*pools):
                tried += 1
                mac = computed(packet, picked, ciphers)
                if mac is not None and equal(mac, packet[-8:]):
                    return Found(tuple(turn for turn in picked if turn.name)), tried
    return None, tried


def flipped_bit(packet, algorithm, mak):
    """The bytes in one of which one flipped bit would make F64 right. A MAC that only XORs its
    blocks cannot tell them apart."""
    ciphers, found = Ciphers(), []
    start, _ = mac_span(packet)
    for at in range(start, len(packet)):
        for bit in range(8):
            tried = packet[:at] + bytes((packet[at] ^ 1 << bit,)) + packet[at + 1:]
            if is_right(tried, algorithm, mak, ciphers):
                found.append(at)
    return found
