"""How one field, or every field of a kind, is got wrong: its length's unit and form, its pad, BCD
and ASCII taken for each other. A style is a wrong way to write a value, and to read it back.
"""
import string
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from protocol.dialect.fields import FIELDS_AT
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.reference import codec, tables
from tools.mismatch.mistake import Mistake

MOST_READINGS = 100  # of one packet by one style
EVERY = "every field that it can befall"
DIGITS = "nz"


class Form(NamedTuple):
    """A field's row in the tables: see protocol.reference.tables.FIELDS."""
    name: str
    kind: str
    prefix: int
    limit: int
    side: str


FORMS = {number: Form(*row) for number, row in tables.FIELDS.items()}


class Style(NamedTuple):
    """write(value, form) gives the bytes, None where the style befalls no such field;
    read(data, at, form) gives every (value, end) that it may mean. What is `open` may mean very
    many, so it is looked for at one field alone."""
    name: str
    words: str
    cure: str
    write: Callable[[str | bytes, Form], bytes | None]
    read: Callable[[bytes, int, Form], Iterable[tuple[str | bytes, int]]]
    open: bool = False


# the right way, out of which the wrong ones are made

def _size(form, count):
    return (count + 1) // 2 if form.kind in DIGITS else count


def _body(value, form, side=None, pad="0"):
    if form.kind == "b":
        return value
    if form.kind == "a":
        return value.encode()
    digits = value.replace("=", "D")
    if len(digits) % 2:
        digits = pad + digits if (side or form.side) == "L" else digits + pad
    return bytes.fromhex(digits)


def _value(raw, count, form, side=None):
    """The value in `raw`, or None if it is none of `count` digits or bytes."""
    if form.kind == "b":
        return bytes(raw)
    if form.kind == "a":
        return raw.decode() if all(0x20 <= byte <= 0x7E for byte in raw) else None
    digits = raw.hex().upper()
    if form.kind == "z":
        digits = digits.replace("D", "=")
    if count % 2:
        digits = digits[1:] if (side or form.side) == "L" else digits[:count]
    return digits if all(one in string.digits + "=" for one in digits) else None


def _bcd(count, width):
    return bytes.fromhex(f"{count:0{2 * width}}") if count < 100 ** width else None


def _from_bcd(raw):
    digits = raw.hex()
    return int(digits) if digits.isdigit() else None


def _read_body(data, at, count, form, side=None):
    """[(value, end)] of `count` digits or bytes at `at`."""
    end = at + _size(form, count)
    if count > form.limit or end > len(data):
        return []
    value = _value(data[at:end], count, form, side)
    return [] if value is None else [(value, end)]


def _read_right(data, at, form):
    count = form.limit
    if form.prefix:
        count = _from_bcd(data[at:at + form.prefix]) if at + form.prefix <= len(data) else None
        at += form.prefix
    return [] if count is None else _read_body(data, at, count, form)


# makers of styles

def _length(name, words, cure, put, get, befalls=lambda form: form.prefix):
    """A wrong length in front of a right body. put(count, form) -> bytes or None; get(data, at,
    form) -> every (count, bytes of the length) that it may mean."""
    def write(value, form):
        head = put(len(value), form) if befalls(form) else None
        if head is None or (form.prefix and head == _bcd(len(value), form.prefix)):
            return None
        return head + _body(value, form)

    def read(data, at, form):
        if befalls(form):
            for count, size in get(data, at, form):
                yield from _read_body(data, at + size, count, form)
    return Style(name, words, cure, write, read)


def _text_body(name, words, cure, befalls, put, get):
    """A right length in front of a wrong body; put(value, form) -> bytes or None, and get(data, at,
    count, form) -> (value, end) or None."""
    def write(value, form):
        body = put(value, form) if befalls(form) else None
        if body is None or body == _body(value, form):
            return None
        return (_bcd(len(value), form.prefix) if form.prefix else b"") + body

    def read(data, at, form):
        if not befalls(form):
            return
        count = form.limit
        if form.prefix:
            count = _from_bcd(data[at:at + form.prefix])
            at += form.prefix
        if count is not None and count <= form.limit:
            found = get(data, at, count, form)
            if found is not None and found[1] <= len(data):
                yield found
    return Style(name, words, cure, write, read)


def _counted_in_bytes(data, at, form):
    size = _from_bcd(data[at:at + form.prefix])
    if size:
        yield from ((2 * size, form.prefix), (2 * size - 1, form.prefix))


def _number(form_of):
    """get() of a length that is one number: form_of(raw) -> count or None."""
    def get(data, at, form):
        raw = data[at:at + form.prefix]
        count = form_of(raw) if len(raw) == form.prefix else None
        if count is not None:
            yield count, form.prefix
    return get


def _characters(data, at, form):
    size = form.prefix + 1
    text = data[at:at + size]
    if len(text) == size and text.isdigit():
        yield int(text), size


def _of_width(change):
    def get(data, at, form):
        width = form.prefix + change
        count = _from_bcd(data[at:at + width])
        if count is not None and at + width <= len(data):
            yield count, width
    return get


def _with_itself(form):
    return form.prefix * (2 if form.kind in DIGITS else 1)


def _itself(data, at, form):
    count = _from_bcd(data[at:at + form.prefix])
    if count is not None and count >= _with_itself(form):
        yield count - _with_itself(form), form.prefix


def _any_count(data, at, form):
    yield from ((count, 0) for count in range(min(form.limit, 2 * (len(data) - at)) + 1))


def _padded(side, pad):
    """put and get of an odd count of digits, with another pad."""
    def befalling(form):
        return {"L": "R", "R": "L"}[form.side] if side == "other" else form.side

    def put(value, form):
        return _body(value, form, befalling(form), pad) if len(value) % 2 else None

    def get(data, at, count, form):
        end = at + (count + 1) // 2
        raw = data[at:end].hex().upper()
        at_left = befalling(form) == "L"
        if count % 2 == 0 or not raw or (raw[0] if at_left else raw[-1]) != pad:
            return None
        digits = (raw[1:] if at_left else raw[:-1]).replace("D", "=")
        return digits, end
    return put, get


def _ascii_digits(data, at, count, form):
    text = data[at:at + count]
    if all(chr(byte) in string.digits + "=D" for byte in text):
        return text.decode().replace("D", "="), at + count
    return None


def _packed_text(value, form):
    return bytes.fromhex(value + "0" * (len(value) % 2)) if value.isdigit() else None


def _from_packed(data, at, count, form):
    end = at + (count + 1) // 2
    digits = data[at:end].hex()[:count]
    return (digits, end) if digits.isdigit() else None


def _hex_text(value, form):
    return value.hex().upper().encode()


def _from_hex_text(data, at, count, form):
    text = data[at:at + 2 * count]
    if len(text) < 2 * count or any(chr(byte) not in string.hexdigits for byte in text):
        return None
    return bytes.fromhex(text.decode()), at + 2 * count


def _hex_text_counted(value, form):
    head = _bcd(2 * len(value), form.prefix)
    return None if head is None else head + _hex_text(value, form)


def _packed_mac(value, form):
    text = value.decode("ascii", "replace")
    return bytes.fromhex(text) if all(one in "0123456789ABCDEF" for one in text) else None


def _short_text(data, at, form):
    if form.kind == "a" and not form.prefix:
        for count in range(1, form.limit):
            raw = data[at:at + count]
            if len(raw) == count and all(0x20 <= byte <= 0x7E for byte in raw):
                yield raw.decode().ljust(form.limit), at + count


def _has_digits(form):
    return form.kind in DIGITS


def _has_text(form):
    return form.kind == "a"


def _has_bytes(form):
    return form.kind == "b"


COUNT = "LL is 1 byte of BCD, LLL 2; they count digits of BCD fields and bytes of others."
STYLES = (
    _length("length-in-bytes", "The length of {place} counts bytes; digits are due.",
            COUNT, lambda count, form: _bcd((count + 1) // 2, form.prefix), _counted_in_bytes,
            lambda form: form.prefix and form.kind in DIGITS),
    _length("length-in-digits", "The length of {place} counts half bytes; bytes are due.",
            COUNT, lambda count, form: _bcd(2 * count, form.prefix),
            lambda data, at, form: ((count // 2, form.prefix)
                                    for count in [_from_bcd(data[at:at + form.prefix])]
                                    if count is not None and count % 2 == 0),
            lambda form: form.prefix and form.kind not in DIGITS),
    _length("field-length-binary", "The length of {place} is a binary number.", COUNT,
            lambda count, form: count.to_bytes(form.prefix, "big"),
            _number(lambda raw: int.from_bytes(raw, "big"))),
    _length("field-length-little-endian", "The length of {place} has its 2 bytes the wrong way "
            "round.", COUNT, lambda count, form: _bcd(count, 2)[::-1],
            _number(lambda raw: _from_bcd(raw[::-1])), lambda form: form.prefix == 2),
    _length("field-length-ascii", "The length of {place} is written in ASCII digits.", COUNT,
            lambda count, form: b"%0*d" % (form.prefix + 1, count), _characters),
    _length("field-length-wide", "The length of {place} has 2 bytes (LLL); it is due to have 1 "
            "(LL).", COUNT, lambda count, form: _bcd(count, 2), _of_width(1),
            lambda form: form.prefix == 1),
    _length("field-length-narrow", "The length of {place} has 1 byte (LL); it is due to have 2 "
            "(LLL).", COUNT, lambda count, form: _bcd(count, 1), _of_width(-1),
            lambda form: form.prefix == 2),
    _length("field-length-counts-itself", "The length of {place} counts itself too.", COUNT,
            lambda count, form: _bcd(count + _with_itself(form), form.prefix), _itself),
    _length("field-length-missing", "{place} has no length in front.", COUNT,
            lambda count, form: b"", _any_count)._replace(open=True),
    _length("field-length-needless", "{place} has a length in front, and its size is fixed.",
            "A field of fixed size has none.", lambda count, form: _bcd(count, 1),
            lambda data, at, form: [(form.limit, 1)] if data[at:at + 1] == _bcd(form.limit, 1)
            else [], lambda form: not form.prefix),
    _text_body("pad-side", "The odd digit of {place} is padded on the wrong side.",
               "An odd count has its zero nibble on the right, but F23 has it on the left.",
               _has_digits, *_padded("other", "0")),
    _text_body("pad-f", "The odd digit of {place} is padded with F.", "The pad nibble is 0.",
               _has_digits, *_padded("same", "F")),
    _text_body("pad-side-f", "The odd digit of {place} is padded with F, and on the wrong side.",
               "The pad nibble is 0, on the right but in F23.",
               _has_digits, *_padded("other", "F")),
    _text_body("ascii-for-bcd", "{place} is written in ASCII digits; BCD is due.",
               "Two digits a byte.", _has_digits, lambda value, form: value.encode(),
               _ascii_digits),
    _text_body("bcd-for-ascii", "{place} is written in BCD; ASCII is due.", "One byte a character.",
               _has_text, _packed_text, _from_packed),
    _text_body("hex-text", "{place} is written as hex characters; bytes are due.",
               "The bytes as they are.", _has_bytes, _hex_text, _from_hex_text),
    Style("hex-text-counted", "{place} is written as hex characters and its length counts them; "
          "bytes are due.", "The bytes as they are.",
          lambda value, form: _hex_text_counted(value, form) if form.kind == "b" and form.prefix
          else None,
          lambda data, at, form: [
              found for count in [_from_bcd(data[at:at + form.prefix])]
              if form.kind == "b" and form.prefix and count is not None and count % 2 == 0
              for found in [_from_hex_text(data, at + form.prefix, count // 2, form)] if found]),
    Style("mac-packed", "{place} is 4 bytes: the 8 hex characters of the MAC were packed.",
          "F64 is 8 bytes; the ECB MAC's are characters.",
          lambda value, form: _packed_mac(value, form) if form.name == "MAC" else None,
          lambda data, at, form: [(data[at:at + 4].hex().upper().encode(), at + 4)]
          if form.name == "MAC" and len(data) - at == 4 else []),
    Style("spaces-dropped", "{place} is shorter than it is due to be: its spaces are missing.",
          "Text of fixed size is filled with spaces on the right.",
          lambda value, form: _body(value, form).rstrip(b" ") or None
          if form.kind == "a" and not form.prefix else None, _short_text, open=True),
)


# whole packets, one style at one field or at every field that it befalls

def _numbers(packet):
    bits = int.from_bytes(packet[13:FIELDS_AT], "big")
    return [number for number in range(1, 65) if bits >> 64 - number & 1]


def _planter(style):
    def plant(packet):
        try:
            message = codec.decode(packet)
        except WireFault:
            return
        right, spoilt = {}, {}
        for number, value in sorted(message.fields.items()):
            right[number] = _written(value, FORMS[number])
            made = style.write(value, FORMS[number])
            if made is not None and made != right[number]:
                spoilt[number] = made
        for number, raw in spoilt.items():
            yield f"F{number}", packet[:FIELDS_AT] + b"".join((right | {number: raw}).values())
        if len(spoilt) > 1 and not style.open:
            yield EVERY, packet[:FIELDS_AT] + b"".join((right | spoilt).values())
    return plant


def _written(value, form):
    return (_bcd(len(value), form.prefix) if form.prefix else b"") + _body(value, form)


def _mender(style):
    def mend(data):
        numbers = _numbers(data)
        if len(data) <= FIELDS_AT or any(number not in FORMS for number in numbers):
            return
        places = [(f"F{n}", {n}) for n in numbers]
        if not style.open:
            places.append((EVERY, set(numbers)))
        for place, chosen in places:
            for fields in islice(_walk(data, FIELDS_AT, numbers, style, chosen), MOST_READINGS):
                try:
                    yield place, data[:FIELDS_AT] + codec.encode(
                        Message("6000000000", "600000000000", "0000", fields))[FIELDS_AT:]
                except LocalMisuse:
                    continue
    return mend


def _walk(data, at, numbers, style, chosen):
    """Every {number: value} that a reading to the very end gives."""
    if not numbers:
        if at == len(data):
            yield {}
        return
    number, *rest = numbers
    form = FORMS[number]
    found = list(style.read(data, at, form)) if number in chosen else []
    if number not in chosen or len(chosen) > 1:
        found += _read_right(data, at, form)
    for value, end in found:
        for fields in _walk(data, end, rest, style, chosen):
            yield {number: value} | fields


def start_of(data, number):
    """Where a field begins whose bit is set, in data that can be read up to there; else None."""
    at = FIELDS_AT
    for before in _numbers(data):
        if before == number:
            return at
        found = _read_right(data, at, FORMS[before]) if before in FORMS else []
        if not found:
            return None
        at = found[0][1]
    return None


GUESSES = tuple(style.name for style in STYLES if style.open)
MISTAKES = tuple(Mistake(style.name, style.words, style.cure, _planter(style), _mender(style))
                 for style in STYLES)
