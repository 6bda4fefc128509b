"""The tags of F62 (ours), typed by dialect.TAGS: BER-TLV, two-byte tags, one-byte lengths.
What unpack accepts, pack writes again byte for byte; texts may hold no control character,
for they go to the screen and the printer.
"""

from protocol.dialect import form, row
from protocol.dialect.tags import REPEATED_TAG, TAGS
from protocol.errors import LocalMisuse, WireFault, reason


def pack(entries):
    """Bytes of a list of (tag, value): digits and text as str, binary as bytes.
    DF0E may repeat. Raises LocalMisuse with the path of the tag.
    """
    data = bytearray()
    for tag, value in entries:
        line = row(TAGS, tag, 3)
        if line is None:
            raise LocalMisuse("62." + tag, "the dialect defines no such tag")
        kind, upto, limit = form(line[1])
        raw = _to_bytes(tag, kind, value)
        fault = _fault(kind, upto, limit, raw)
        if fault:
            raise LocalMisuse("62." + tag, fault[1])
        data.extend(bytes.fromhex(tag))
        data.append(len(raw))
        data.extend(raw)
    return bytes(data)


def unpack(data, at=0):
    """{tag: value} of F62's bytes; the value of DF0E is the list of all of them.
    at: the position of data's first byte, for the fault. Raises WireFault with the path of
    the tag: an unknown or repeated tag, a wrong length, a value of the wrong kind.
    """
    values: dict = {}
    i = 0
    while i < len(data):
        tag = bytes(data[i : i + 2]).hex().upper()
        path = "62." + tag
        line = row(TAGS, tag, 3)
        if line is None:
            raise WireFault(path, at + i, "the dialect defines no such tag")
        if tag in values and tag != REPEATED_TAG:
            raise WireFault(path, at + i, "the tag comes twice")
        if i + 3 > len(data):
            raise WireFault(path, at + len(data), reason("CUT") % (1, 1))
        kind, upto, limit = form(line[1])
        size = data[i + 2]
        i += 3
        raw = bytes(data[i : i + size])
        if len(raw) < size:
            raise WireFault(path, at + len(data), reason("CUT") % (size - len(raw), size))
        fault = _fault(kind, upto, limit, raw)
        if fault:
            raise WireFault(path, at + i + fault[0], fault[1])
        value = raw if kind == "b" else raw.hex() if kind == "n" else raw.decode()
        if tag == REPEATED_TAG:
            values.setdefault(tag, []).append(value)
        else:
            values[tag] = value
        i += size
    return values


def _to_bytes(tag, kind, value):
    if kind == "b":
        if not isinstance(value, bytes):
            raise LocalMisuse("62." + tag, "is not bytes")
        return value
    if not isinstance(value, str):
        raise LocalMisuse("62." + tag, "is not text")
    if kind != "n":
        return value.encode()
    if not value.isdigit() and value or len(value.encode()) != len(value):
        raise LocalMisuse("62." + tag, reason("NOT_DIGIT"))
    if len(value) % 2:
        raise LocalMisuse("62." + tag, "an odd number of digits")
    return bytes.fromhex(value)


def _fault(kind, upto, limit, raw):
    """What is wrong with a tag's bytes, as (offset, reason), or None."""
    size = limit // 2 if kind == "n" else limit
    if len(raw) > size:
        return 0, reason("TOO_LONG") % (len(raw), "bytes", size)
    if not upto and len(raw) != size:
        return 0, "length is %d bytes, not %d" % (len(raw), size)
    if kind == "n":
        for i in range(len(raw)):
            if raw[i] > 0x99 or raw[i] & 0x0F > 9:
                return i, reason("NOT_DIGIT")
    elif kind == "a":
        for i in range(len(raw)):
            if not 0x20 <= raw[i] <= 0x7E:
                return i, reason("NOT_PRINTABLE")
    elif kind == "u":
        return _text_fault(raw)
    return None


def _text_fault(raw):
    try:
        raw.decode()
    except UnicodeError:
        return 0, "not UTF-8"
    # By its bytes: a board keeps every character for ever that it once took out of a text.
    for at in range(len(raw)):
        byte = raw[at]
        if byte < 0x20 or byte == 0x7F or byte == 0xC2 and raw[at + 1] < 0xA0:
            return at, "a control character"
    return None
