"""How the tags inside F62 are got wrong: length, digits, code page, order of bytes. The same as
fields.py, one floor down; an 0810's keys stand before its tags and are left alone.
"""
import string

from protocol import tlv
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.keys import behind_keys
from protocol.reference import codec, tables
from tools.mismatch.mistake import Mistake

EVERY = "every tag that it can befall"


def tag_part(message):
    """(bytes before the tags, the tags) of F62; None where the dialect has no tags there."""
    if 62 not in message.fields or message.mti == "0800":
        return None
    data = message.fields[62]
    if message.mti != "0810":
        return b"", data
    tags = behind_keys(data)
    return (data[:len(data) - len(tags)], tags) if message.fields.get(39) == "00" else None


def _raw(tag, value):
    return tlv.pack([(tag, value)])[3:]


def _kind(tag):
    return tables.TAGS[tag][1]


# A way: write(tag bytes, kind, raw value) -> what was sent, or None where it befalls no such tag;
# read(tags, at) -> every (tag, raw value, end) that it may mean.

def _with_length(put, get, width=1):
    """A wrong length: put(raw, kind) -> count, get(count, kind) -> bytes of the value, or None."""
    def write(tag, kind, raw):
        count = put(raw, kind)
        return None if count is None or count > 255 else tag + count.to_bytes(width, "big") + raw

    def read(tags, at):
        kind = _kind_at(tags, at)
        value_at = at + 2 + width
        size = get(int.from_bytes(tags[at + 2:value_at], "big"), kind) if kind else None
        if size is not None:
            yield tags[at:at + 2], tags[value_at:value_at + size], value_at + size
    return write, read


def _kind_at(tags, at):
    row = tables.TAGS.get(tags[at:at + 2].hex().upper())
    return row[1] if row else None


def _bcd(count):
    return int(str(count), 16)


def _from_bcd(count):
    digits = f"{count:02x}"
    return int(digits) if digits.isdigit() else None


def _with_value(change, back):
    """A wrong value behind its own length; change(raw, kind) -> bytes or None, and back."""
    def write(tag, kind, raw):
        made = change(raw, kind)
        return None if made is None or len(made) > 255 else tag + bytes((len(made),)) + made

    def read(tags, at):
        kind = _kind_at(tags, at)
        if kind and at + 3 <= len(tags):
            end = at + 3 + tags[at + 2]
            raw = back(tags[at + 3:end], kind)
            if raw is not None:
                yield tags[at:at + 2], raw, end
    return write, read


def _swapped():
    def write(tag, kind, raw):
        return tag[::-1] + bytes((len(raw),)) + raw

    def read(tags, at):
        tag = tags[at:at + 2][::-1]
        if tag.hex().upper() in tables.TAGS and at + 3 <= len(tags):
            end = at + 3 + tags[at + 2]
            yield tag, tags[at + 3:end], end
    return write, read


def _again(raw, kind, into, out_of):
    """A UTF-8 text in other bytes; None for what is no such text."""
    if kind != "u":
        return None
    try:
        return raw.decode(out_of).encode(into)
    except UnicodeError:
        return None


def _digits(raw, kind):
    text = raw.decode("ascii", "replace")
    return bytes.fromhex(text) if kind == "n" and len(text) % 2 == 0 and text.isdigit() \
        and text.isascii() else None


def _hex(raw, kind):
    text = raw.decode("ascii", "replace")
    return bytes.fromhex(text) if kind == "b" and len(text) % 2 == 0 and text and all(
        one in string.hexdigits for one in text) else None


LENGTH = "A tag's length is 1 binary byte and counts bytes."
WAYS = (
    ("tag-text-utf8-twice", "{place} was encoded in UTF-8 twice (read as Latin-1 in between).",
     "Encode it once.", *_with_value(lambda raw, kind: _again(raw, kind, "utf-8", "latin-1"),
                                     lambda raw, kind: _again(raw, kind, "latin-1", "utf-8"))),
    ("tag-text-gb18030", "{place} is in GB18030.", "Text in F62 is UTF-8; GB18030 is for the "
     "printer.", *_with_value(lambda raw, kind: _again(raw, kind, "gb18030", "utf-8"),
                              lambda raw, kind: _again(raw, kind, "utf-8", "gb18030"))),
    ("tag-text-utf16", "{place} is in UTF-16.", "Text in F62 is UTF-8.",
     *_with_value(lambda raw, kind: _again(raw, kind, "utf-16-be", "utf-8"),
                  lambda raw, kind: _again(raw, kind, "utf-8", "utf-16-be"))),
    ("tag-length-in-digits", "The length of {place} counts digits.", LENGTH,
     *_with_length(lambda raw, kind: 2 * len(raw) if kind == "n" else None,
                   lambda count, kind: count // 2 if kind == "n" and count % 2 == 0 else None)),
    ("tag-length-bcd", "The length of {place} is BCD.", LENGTH,
     *_with_length(lambda raw, kind: _bcd(len(raw)) if len(raw) < 100 else None,
                   lambda count, kind: _from_bcd(count))),
    ("tag-length-counts-itself", "The length of {place} counts tag and length too.", LENGTH,
     *_with_length(lambda raw, kind: len(raw) + 3,
                   lambda count, kind: count - 3 if count >= 3 else None)),
    ("tag-length-2-bytes", "The length of {place} has 2 bytes.", LENGTH,
     *_with_length(lambda raw, kind: len(raw), lambda count, kind: count, 2)),
    ("tag-digits-ascii", "{place} is written in ASCII digits; BCD is due.", "Two digits a byte.",
     *_with_value(lambda raw, kind: raw.hex().encode() if kind == "n" else None, _digits)),
    ("tag-hex-text", "{place} is written as hex characters; bytes are due.",
     "The bytes as they are.",
     *_with_value(lambda raw, kind: raw.hex().upper().encode() if kind == "b" else None, _hex)),
    ("tag-swapped", "The 2 bytes of {place}'s tag are the wrong way round.",
     "DF comes first.", *_swapped()),
)


def _mistake(name, words, cure, write, read):
    def plant(packet):
        found = _opened(packet, strict=True)
        if found is None:
            return
        message, before, tags = found
        right, spoilt = [], {}
        for tag, value in _entries(tags):
            raw = _raw(tag, value)
            right.append(bytes.fromhex(tag) + bytes((len(raw),)) + raw)
            made = write(bytes.fromhex(tag), _kind(tag), raw)
            if made is not None and made != right[-1]:
                spoilt[len(right) - 1] = made
        names = [tag for tag, _ in _entries(tags)]
        places = [(names[at], {at}) for at in spoilt]
        if len(spoilt) > 1:
            places.append((EVERY, set(spoilt)))
        for place, chosen in places:
            parts = [spoilt[at] if at in chosen else raw for at, raw in enumerate(right)]
            made = _with_tags(message, before + b"".join(parts))
            if made is not None:
                yield place, made

    def mend(data):
        found = _opened(data, strict=False)
        if found is None:
            return
        message, before, tags = found
        names = [tags[at:at + 2] for at in range(len(tags))]
        wanted = [tag for tag in tables.TAGS if bytes.fromhex(tag) in names
                  or bytes.fromhex(tag)[::-1] in names]
        for place in [*wanted, EVERY]:
            for entries in _walk(tags, 0, read, place):
                made = _with_tags(message, before + entries)
                if made is not None:
                    yield place, made
    return Mistake(name, words, cure, plant, mend)


def _opened(packet, strict):
    """(message, bytes before the tags, tags), or None; strict: of sound tags only."""
    try:
        message = codec.decode(packet)
        found = tag_part(message)
        if found is None or strict and not tlv.unpack(found[1]):
            return None
    except WireFault:
        return None
    return message, *found


def _entries(tags):
    at = 0
    while at < len(tags):
        size = 3 + tags[at + 2]
        (tag, value), = tlv.unpack(tags[at:at + size]).items()
        yield tag, value[0] if isinstance(value, list) else value
        at += size


def _with_tags(message, f62):
    try:
        return codec.encode(Message(message.tpdu, message.header, message.mti,
                                    message.fields | {62: f62}))
    except LocalMisuse:
        return None


def _walk(tags, at, read, place):
    """The sound bytes of every reading to the end in which `place` was written the wrong way."""
    if at >= len(tags):
        if at == len(tags):
            yield b""
        return
    right = _read_right(tags, at)
    wrong = list(read(tags, at)) if place == EVERY else [
        found for found in read(tags, at) if found[0].hex().upper() == place]
    for tag, raw, end in wrong or right:
        if end > len(tags) or len(raw) > 255:
            continue
        entry = tag + bytes((len(raw),)) + raw
        try:
            tlv.unpack(entry)
        except WireFault:
            continue
        for rest in _walk(tags, end, read, place):
            yield entry + rest


def _read_right(tags, at):
    if at + 3 > len(tags):
        return []
    end = at + 3 + tags[at + 2]
    return [(tags[at:at + 2], tags[at + 3:end], end)]


MISTAKES = tuple(_mistake(*way) for way in WAYS)
