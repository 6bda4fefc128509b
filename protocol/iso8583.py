"""The device's codec: packets from the TPDU on, to and from Message, by dialect.FIELDS.
Reading is strict, left to right, and refuses what it would not itself have written:
encode(decode(packet)) == packet for every packet that decode accepts.
"""

from array import array

from protocol import MAX_PACKET
from protocol.dialect import form, lines
from protocol.dialect.fields import BITMAP_AT, FIELDS, FIELDS_AT
from protocol.errors import LocalMisuse, WireFault, reason
from protocol.message import MTI_AT, Message, mac_span  # noqa: F401 - the codec has them too

_BYTES = "ab"  # kinds whose size counts bytes, not digits


def encode(message):
    """The packet of a message, as bytes. Raises LocalMisuse, naming the field."""
    # No value takes more bytes than it has characters, and its length takes two at most.
    values = [value for value in message.fields.values() if isinstance(value, (str, bytes))]
    buffer = bytearray(FIELDS_AT + sum([len(value) + 2 for value in values]))
    return bytes(memoryview(buffer)[: encode_into(message, buffer)])


def encode_into(message, buffer):
    """Write a message's packet into a caller's bytearray; its length in bytes.
    Allocates nothing that grows with the message. Raises LocalMisuse, naming the field;
    the buffer then holds rubbish.
    """
    fields = message.fields
    for number in fields:
        if not 1 < number < 65 or not _FORMS[number]:
            raise LocalMisuse(str(number), reason("UNDEFINED_BIT"))
    if len(buffer) < FIELDS_AT:
        raise LocalMisuse("length", "the buffer holds %d bytes" % len(buffer))
    _write_hex(buffer, 0, "tpdu", message.tpdu, 10, 15)
    if buffer[0] != 0x60:
        raise LocalMisuse("tpdu", reason("NOT_60"))
    _write_hex(buffer, 5, "header", message.header, 12, 9)
    _write_hex(buffer, MTI_AT, "mti", message.mti, 4, 9)
    for i in range(BITMAP_AT, FIELDS_AT):
        buffer[i] = 0
    at = FIELDS_AT
    for number in range(2, 65):
        if number in fields:
            buffer[BITMAP_AT + (number - 1) // 8] |= 0x80 >> (number - 1) % 8
            at = _write_field(buffer, at, number, fields[number])
    return at


def decode(packet):
    """The Message of a packet (bytes-like, no length prefix). Raises WireFault, with the
    first field at which a reading from left to right fails.
    """
    size = len(packet)
    if size > MAX_PACKET:
        raise WireFault("length", MAX_PACKET, reason("OVERSIZE") % (size, MAX_PACKET))
    if size and packet[0] != 0x60:
        raise WireFault("tpdu", 0, reason("NOT_60"))
    tpdu = _take(packet, 0, "tpdu", 5).hex().upper()
    header = _read_digits(packet, 5, "header", 12, "n")
    mti = _read_digits(packet, MTI_AT, "mti", 4, "n")
    bitmap = _take(packet, BITMAP_AT, "bitmap", 8)
    fields = {}
    at = FIELDS_AT
    for number in range(1, 65):
        if bitmap[(number - 1) // 8] & 0x80 >> (number - 1) % 8:
            at = _read_field(packet, at, number, fields)
    if at != size:
        raise WireFault("trailing", at, reason("TRAILING") % (size - at))
    return Message(tpdu, header, mti, fields)


def _packed_forms():
    """By field number: kind | bytes of length << 8 | limit << 16, or 0. Writing a message may not
    take memory, as splitting a line of the table would."""
    forms = array("I", bytes(4 * 65))
    for line in lines(FIELDS):
        number, text, _name = line.split(None, 2)
        kind, width, limit = form(text)
        forms[int(number)] = ord(kind) | width << 8 | limit << 16
    return forms


_FORMS = _packed_forms()


def _read_field(packet, at, number, fields):
    """Read one field into `fields`; where the next begins."""
    field = str(number)
    packed = _FORMS[number]
    if not packed:
        raise WireFault(field, at, reason("UNDEFINED_BIT"))
    kind = chr(packed & 255)
    width = packed >> 8 & 255
    count = packed >> 16
    if width:
        length = int(_read_digits(packet, at, field, 2 * width, "n"))
        if length > count:
            raise WireFault(field, at, reason("TOO_LONG") % (length, _unit(kind), count))
        count = length
        at += width
    if kind not in _BYTES:
        fields[number] = _read_digits(packet, at, field, count, kind)
        return at + (count + 1) // 2
    raw = _take(packet, at, field, count)
    if kind == "a":
        for i in range(count):
            if not 0x20 <= raw[i] <= 0x7E:
                raise WireFault(field, at + i, reason("NOT_PRINTABLE"))
        raw = raw.decode()
    fields[number] = raw
    return at + count


def _take(packet, at, field, size):
    missing = at + size - len(packet)
    if missing > 0:
        raise WireFault(field, len(packet), reason("CUT") % (min(missing, size), size))
    return bytes(packet[at : at + size])


def _read_digits(packet, at, field, count, kind):
    nibbles = _take(packet, at, field, (count + 1) // 2).hex()
    if count % 2 == 0 and nibbles.isdigit():
        return nibbles
    pad = -1
    if count % 2:
        pad = 0 if kind == "r" else count
    for i in range(len(nibbles)):
        nibble = nibbles[i]
        if i == pad:
            if nibble != "0":
                raise WireFault(field, at + i // 2, reason("PAD_NOT_ZERO"))
        elif not ("0" <= nibble <= "9" or (nibble == "d" and kind == "z")):
            raise WireFault(field, at + i // 2, reason("NOT_TRACK" if kind == "z" else "NOT_DIGIT"))
    first = 1 if pad == 0 else 0
    digits = nibbles[first : first + count]
    return digits.replace("d", "=") if kind == "z" else digits


def _unit(kind):
    return "bytes" if kind in _BYTES else "digits"


def _write_hex(buffer, at, name, value, count, highest):
    if not isinstance(value, str):
        raise LocalMisuse(name, "is not text")
    if len(value) != count:
        raise LocalMisuse(name, "is not %d digits" % count)
    for i in range(count):
        digit = ord(value[i]) - 48
        if digit > 16:
            digit -= 7  # "A" is 10
        elif digit > 9:
            digit = -1
        if not 0 <= digit <= highest:
            raise LocalMisuse(name, reason("NOT_DIGIT" if highest == 9 else "NOT_HEX"))
        if i % 2:
            buffer[at + i // 2] |= digit
        else:
            buffer[at + i // 2] = digit << 4


def _write_field(buffer, at, number, value):
    packed = _FORMS[number]
    kind = chr(packed & 255)
    width = packed >> 8 & 255
    limit = packed >> 16
    if not isinstance(value, bytes if kind == "b" else str):
        raise LocalMisuse(str(number), "is not %s" % ("bytes" if kind == "b" else "text"))
    count = len(value)
    if width and count > limit:
        raise LocalMisuse(str(number), reason("TOO_LONG") % (count, _unit(kind), limit))
    if not width and count != limit:
        raise LocalMisuse(str(number), "is not %d %s" % (limit, _unit(kind)))
    end = at + width + (count if kind in _BYTES else (count + 1) // 2)
    if end > len(buffer) or end > MAX_PACKET:
        raise LocalMisuse("length", reason("OVERSIZE") % (end, min(len(buffer), MAX_PACKET)))
    if width:
        buffer[at] = (count // 1000 << 4) + count // 100 % 10
        buffer[at + width - 1] = (count // 10 % 10 << 4) + count % 10
        at += width
    if kind == "b":
        buffer[at:end] = value
    elif kind == "a":
        _write_text(buffer, at, number, value)
    else:
        _write_digits(buffer, at, number, value, kind)
    return end


def _write_text(buffer, at, number, value):
    for i in range(len(value)):
        code = ord(value[i])
        if not 0x20 <= code <= 0x7E:
            raise LocalMisuse(str(number), reason("NOT_PRINTABLE"))
        buffer[at + i] = code


def _write_digits(buffer, at, number, value, kind):
    nibble = 2 * at
    if kind == "r" and len(value) % 2:
        buffer[at] = 0
        nibble += 1
    for char in value:
        digit = ord(char) - 48
        if not 0 <= digit <= 9 and (digit != 13 or kind != "z"):  # "=" is nibble D
            raise LocalMisuse(str(number), reason("NOT_TRACK" if kind == "z" else "NOT_DIGIT"))
        if nibble % 2:
            buffer[nibble // 2] |= digit
        else:
            buffer[nibble // 2] = digit << 4  # a half byte that is left over is 0
        nibble += 1
