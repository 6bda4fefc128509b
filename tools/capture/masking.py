"""What a capture may hold of a line that nobody vouches for: masked before it is written.

Of a card number the first 6 and last 4 digits; no track, PIN block, chip data or key. What was
damaged may hold any of them anywhere, so only its outline is kept. What is published for tests
stays whole.
"""
import re
from functools import cache, partial

from host_sim.acquirer import samples
from host_sim.acquirer.keys import token
from host_sim.show.mask import TEST_CARDS
from protocol import iso8583, tlv
from protocol.dialect.fields import BITMAP_AT, FIELDS_AT
from protocol.errors import WireFault
from protocol.keys import behind_keys
from protocol.message import MTI_AT, Message
from protocol.reference.tables import FIELDS, MESSAGES
from tools.capture.units import CONTROL, HEAD, TAIL, frame_size, is_sound, lrc

UNDECODABLE = "undecodable"

_PAN, _EXPIRY, _TRACK_2, _TRACK_3, _PIN_BLOCK, _CHIP = 2, 14, 35, 36, 52, 55
_F3, _F4, _STAN, _CODE, _TERMINAL, _BATCH, _CURRENCY, _TAGS, _MAC = 3, 4, 11, 39, 41, 48, 49, 62, 64
_TEXTS = (43, 44, 46, 54, 56, 59, 63)       # fields in which people put what they like
_TEXT_TAGS = ("DF02", "DF0A", "DF10", "DF11", "DF14")   # the last two: a card, a payment code
_KEY_TAGS = ("DF15", "DF16", "DF17")        # a TMK, and what would open it
_TOKEN = "DF0D"
# It may be a card's, though one or two characters between its digits were damaged.
_LONG_NUMBER = re.compile(rb"\d(?:\D{0,2}\d){11,}")
_BALANCES = re.compile(r"(?:\d{7}[CD]\d{12})+")    # F54: types, currency, sign, amount
_DIGIT = re.compile(r"\d")
_TOTALS, _COUNT = 62, 4                     # digits of F48 of a settlement, of a batch's end
_ENTRIES = re.compile(r"\d\d(?:\d{40})+")   # F48 of a batch: scheme 2, STAN 6, card 20, amount 12

_REQUESTS = {row[0] for row in MESSAGES.values() if row[2] in ("22", "23", "25")}
_MTIS = {row[0] for row in MESSAGES.values()} | {row[6] for row in MESSAGES.values()}
_CODES = {row[1] for row in MESSAGES.values()}


class Masker:
    """Masks the units of a line, both ways. `keys`: a capture.keys.Keys, which follows them.
    `reveal`: cards and tracks stay, for a lab; PIN blocks and keys do not."""

    def __init__(self, keys, reveal=False):
        self._keys = keys
        self._reveal = reveal

    def unit(self, data):
        """A unit of the line -> (what may be kept of it, as long as it was; its notes)."""
        if len(data) == 1 and data[0] in CONTROL:
            return data, {}
        if frame_size(data) != len(data):
            return bytes(len(data)), {"masked": UNDECODABLE}
        packet, sound = data[HEAD:-TAIL], is_sound(data)
        message = _credible(packet) if sound else None
        if message is None:
            kept = _outline(packet) if sound else bytes(len(packet))
            return _framed(data, kept, sound), {"masked": UNDECODABLE}
        verdict = self._keys.follow(message, packet)
        notes = {"mac": verdict} if verdict else {}
        fields = self._masked(message)
        hidden = [number for number, value in fields.items() if value != message.fields[number]]
        if not hidden:
            return data, notes
        kept = iso8583.encode(Message(message.tpdu, message.header, message.mti, fields))
        return _framed(data, kept, sound), notes | {"masked": " ".join(map(str, hidden))}

    def _masked(self, message):
        """The fields of a message as they may be kept."""
        given = message.fields
        pans = {given.get(_PAN), _pan(given.get(_TRACK_2)), _pan(given.get(_TRACK_3), 2)} - {None}
        published = bool(pans) and pans <= TEST_CARDS
        test = self._keys.is_test(given.get(_TERMINAL))
        masked = {}
        if not self._reveal:
            masked = {_PAN: card, _BATCH: _batch} | dict.fromkeys(_TEXTS, _text)
            if not published:
                masked |= dict.fromkeys((_EXPIRY, _TRACK_2, _TRACK_3), _zeros) | {_CHIP: _nothing}
        if not (published and test):
            masked[_PIN_BLOCK] = _nothing
        masked[_TAGS] = partial(self._f62, _brings_keys(message), test)
        fields = {number: masked[number](value) if number in masked else value
                  for number, value in given.items()}
        if fields != given and _MAC in given:  # under a known MAK it would tell which card it was
            fields[_MAC] = bytes(len(given[_MAC]))
        return fields

    def _f62(self, brings_keys, test, f62):
        tags = behind_keys(f62) if brings_keys else f62
        keys = f62[:len(f62) - len(tags)]
        return (keys if test else bytes(len(keys))) + self._tags(tags, test)

    def _tags(self, data, test):
        """F62's tags; anything else is zeros. A card's token is kept where the key that made it is
        secret, and where the card is published."""
        try:
            tlv.unpack(data)
        except WireFault:
            return bytes(len(data))
        kept, at = b"", 0
        while at < len(data):
            tag, end = data[at:at + 2].hex().upper(), at + 3 + data[at + 2]
            value = data[at + 3:end]
            if tag in _KEY_TAGS:
                value = bytes(len(value)) if tag != "DF15" else b"0" * len(value)
            elif tag in _TEXT_TAGS and not self._reveal:
                value = _without_cards(value)
            elif tag == _TOKEN and test and value not in _published_tokens():
                value = bytes(len(value))
            kept += data[at:at + 3] + value
            at = end
        return kept


def card(digits):
    """A card number's first 6 and last 4 digits with zeros between; whole if it is published."""
    if digits in TEST_CARDS:
        return digits
    hidden = len(digits) - 10
    return digits[:6] + "0" * hidden + digits[-4:] if hidden > 0 else "0" * len(digits)


@cache
def _published_tokens():
    """What the sample host, whose key is published, calls the test cards and the sample wallets."""
    return {token(samples.TOKEN_KEY, number)
            for number in TEST_CARDS | {order[3] for order in samples.ORDERS}}


def _credible(packet):
    """The Message of a packet, or None: not for what decodes by chance, its fields shifted."""
    try:
        message = iso8583.decode(packet)
    except WireFault:
        return None
    fields = message.fields
    believed = (message.mti in _MTIS and fields.get(_F3) in _CODES
                and fields.get(_CURRENCY, "156") == "156"
                and (message.mti not in _REQUESTS or {_F3, _F4, _STAN} <= fields.keys()))
    return message if believed else None


def _outline(packet):
    """Of a packet that is none: MTI and bitmap where they can be such, zeros elsewhere."""
    kept = bytearray(len(packet))
    if len(packet) >= FIELDS_AT and packet[MTI_AT:BITMAP_AT].hex() in _MTIS:
        bits = int.from_bytes(packet[BITMAP_AT:FIELDS_AT], "big")
        numbers = {number for number in range(1, 65) if bits >> 64 - number & 1}
        if numbers <= FIELDS.keys():
            kept[MTI_AT:FIELDS_AT] = packet[MTI_AT:FIELDS_AT]
    return bytes(kept)


def _framed(data, packet, sound):
    """The frame `data` with another packet in it; a bad LRC stays bad."""
    body = data[1:HEAD] + packet + data[-TAIL:-1]
    return data[:1] + body + bytes((lrc(body) ^ (0 if sound else 0xFF),))


def _brings_keys(message):
    return message.mti == "0810" and message.fields.get(_CODE) == "00"


def _pan(track, start=0):
    return None if track is None else track[start:].partition("=")[0]


def _zeros(text):
    return _DIGIT.sub("0", text)


def _nothing(value):
    return bytes(len(value))


def _text(text):
    return text if _BALANCES.fullmatch(text) else _without_cards(text.encode()).decode()


def _without_cards(data):
    """Text with only the first 6 and last 4 digits of each number that is long enough for a card,
    and what stands between them."""
    def hide(found):
        left = iter(card(re.sub(rb"\D", b"", found[0]).decode()).encode())
        return bytes(next(left) if 0x30 <= byte <= 0x39 else byte for byte in found[0])
    return _LONG_NUMBER.sub(hide, data)


def _batch(text):
    """F48: totals and counts stay, of entries all but the card, of anything else nothing."""
    if len(text) in (_TOTALS, _COUNT):
        return text
    if not _ENTRIES.fullmatch(text):
        return _zeros(text)
    kept = text[:2]
    for at in range(2, len(text), 40):
        number = text[at + 8:at + 28]
        kept += text[at:at + 8] + (number if number.lstrip("0") in TEST_CARDS else "0" * 20)
        kept += text[at + 28:at + 40]
    return kept
