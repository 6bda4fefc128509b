"""The front of a packet, and what can be wrong with the whole of it: TPDU, header, MTI, bitmap.
"""
import string

from protocol.dialect.fields import BITMAP_AT, FIELDS_AT
from protocol.errors import WireFault
from protocol.message import MTI_AT
from protocol.reference import codec, tables
from tools.mismatch.mistake import Mistake, whole

HEADER_AT = 5
ANY_TPDU, ANY_HEADER = bytes.fromhex("6000000000"), bytes.fromhex("600000000000")


def decodes(packet):
    """Whether the strict codec takes it."""
    try:
        codec.decode(packet)
    except WireFault:
        return False
    return True


def _part(begin, end):
    """(plant, mend) of a part that was written as hex characters instead of packed."""
    def plant(packet):
        return packet[:begin] + packet[begin:end].hex().upper().encode() + packet[end:]

    def mend(data):
        text = data[begin:begin + 2 * (end - begin)]
        if len(text) < 2 * (end - begin) or not _is_hex(text):
            return None
        return data[:begin] + bytes.fromhex(text.decode()) + data[begin + len(text):]
    return whole(plant), whole(mend)


def _is_hex(text):
    return all(byte in string.hexdigits.encode() for byte in text)


def _bits(packet):
    return int.from_bytes(packet[BITMAP_AT:FIELDS_AT], "big")


def _with_bits(packet, bits):
    return packet[:BITMAP_AT] + bits.to_bytes(8, "big") + packet[FIELDS_AT:]


def _flipped(wanted, end):
    """Plants and mends of one bit: every bit that is set (or not) is turned over. `end`: only what
    the strict codec takes comes out."""
    def turn(packet):
        if len(packet) < FIELDS_AT:
            return
        bits = _bits(packet)
        for number in tables.FIELDS:
            bit = 1 << 64 - number
            if bool(bits & bit) == wanted:
                made = _with_bits(packet, bits ^ bit)
                if not end or decodes(made):
                    yield f"F{number}", made
    return turn


def _mirrored(packet):
    """The bitmap with the bits of each byte the other way round."""
    if len(packet) < FIELDS_AT:
        return None
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in packet[BITMAP_AT:FIELDS_AT])
    return packet[:BITMAP_AT] + turned + packet[FIELDS_AT:]


def _little_endian(packet):
    if len(packet) < FIELDS_AT:
        return None
    return (packet[:BITMAP_AT] + packet[BITMAP_AT:FIELDS_AT][::-1] + packet[FIELDS_AT:])


def _two_bitmaps(packet):
    return (packet[:BITMAP_AT] + bytes((packet[BITMAP_AT] | 0x80,))
            + packet[BITMAP_AT + 1:FIELDS_AT] + bytes(8) + packet[FIELDS_AT:])


def _one_bitmap(data):
    second = data[FIELDS_AT:FIELDS_AT + 8]
    if len(second) < 8 or any(second) or not data[BITMAP_AT] & 0x80:
        return None
    return (data[:BITMAP_AT] + bytes((data[BITMAP_AT] & 0x7F,)) + data[BITMAP_AT + 1:FIELDS_AT]
            + data[FIELDS_AT + 8:])


def _text(packet):
    return packet.hex().upper().encode()


def _from_text(data):
    return bytes.fromhex(data.decode()) if len(data) % 2 == 0 and _is_hex(data) else None


# What is not there cannot be got back: any TPDU or header stands for it. Planting leaves it out
# whatever it is, so that only the place counts.
def _no_tpdu(data):
    return ANY_TPDU + data if data[:1] in (b"\x60", b"\x61", b"\x62", b"\x63") else None


def _no_head(data):
    return ANY_TPDU + ANY_HEADER + data if data[:1] and data[0] < 0x10 else None


HEX_CURE = "It is packed, two digits a byte."
MISTAKES = (
    Mistake("bit-missing", "The bitmap does not show {place}, which is there.",
            "Set bit {place} of the bitmap.",
            _flipped(True, end=False), _flipped(False, end=True)),
    Mistake("bit-extra", "The bitmap shows {place}, which is not there.",
            "Clear bit {place} of the bitmap, or send the field.",
            _flipped(False, end=False), _flipped(True, end=True)),
    Mistake("no-tpdu", "The TPDU is missing.", "5 bytes of TPDU go in front: 60, destination, "
            "source.", whole(lambda p: p[HEADER_AT:]), whole(_no_tpdu)),
    Mistake("no-header", "The header is missing: the MTI follows on the TPDU.",
            "6 bytes of header go between TPDU and MTI.",
            whole(lambda p: p[:HEADER_AT] + p[MTI_AT:]),
            whole(lambda d: d[:HEADER_AT] + ANY_HEADER + d[HEADER_AT:])),
    Mistake("no-tpdu-no-header", "TPDU and header are missing: it begins with the MTI.",
            "5 bytes of TPDU and 6 of header go in front.",
            whole(lambda p: p[MTI_AT:]), whole(_no_head)),
    Mistake("packet-hex-text", "The whole packet is written as hex characters.", HEX_CURE,
            whole(_text), whole(_from_text)),
    Mistake("tpdu-hex-text", "The TPDU is written as 10 characters.", HEX_CURE, *_part(0, 5)),
    Mistake("header-hex-text", "The header is written as 12 characters.", HEX_CURE, *_part(5, 11)),
    Mistake("mti-ascii", "The MTI is written as 4 ASCII digits.", HEX_CURE, *_part(11, 13)),
    Mistake("bitmap-hex-text", "The bitmap is written as 16 hex characters.",
            "It is 8 bytes.", *_part(13, 21)),
    Mistake("bitmap-mirrored", "The bitmap's bits are counted from the low end of each byte.",
            "F1 is the highest bit of the first byte.", whole(_mirrored), whole(_mirrored)),
    Mistake("bitmap-little-endian", "The bitmap's 8 bytes come in the wrong order.",
            "F1 is the highest bit of the first byte.",
            whole(_little_endian), whole(_little_endian)),
    Mistake("bitmap-16-bytes", "A second bitmap follows on the first, though no field is above 64.",
            "The dialect has one bitmap of 8 bytes; bit 1 is not set.",
            whole(_two_bitmaps), whole(_one_bitmap)),
)
