"""The field kinds of the dialect as Construct classes, interpreted and compiled.
The interpreted form is the strict one: it names the fault and its byte. The compiled form
(functions of fast.py) only notices that something is off; its caller then replays.
"""

from construct import Construct

from protocol import MAX_PACKET
from protocol.errors import LocalMisuse, WireFault
from protocol.faults import (
    CUT,
    NOT_60,
    NOT_DIGIT,
    NOT_PRINTABLE,
    NOT_TRACK,
    OVERSIZE,
    PAD_NOT_ZERO,
    TOO_LONG,
    TRAILING,
    UNDEFINED_BIT,
)
from protocol.reference.tables import FIELDS


class Field(Construct):
    """One value. count: its digits or bytes, exactly if prefix is 0, else at most; prefix:
    bytes of the length before it. Subclasses say how count units lie in bytes.
    """

    unit = "digits"
    value_type: type[str] | type[bytes] = str
    value_name = "text"

    def __init__(self, field, count, prefix=0):
        super().__init__()
        self.field = field
        self.count = count
        self.prefix = prefix
        if prefix:
            self.length = Digits(field, 2 * prefix)

    def size(self, count):
        """Bytes on the wire of count digits."""
        return (count + 1) // 2

    def unpack(self, raw, count, at):
        """The value in raw, which starts at byte `at`. Raises WireFault."""
        raise NotImplementedError

    def pack(self, value):
        """The bytes of a value of permitted type and length. Raises LocalMisuse."""
        raise NotImplementedError

    def _parse(self, stream, context, path):
        at = stream.tell()
        count = self.count
        if self.prefix:
            count = int(self.length._parsereport(stream, context, path))
            if count > self.count:
                raise WireFault(self.field, at, TOO_LONG % (count, self.unit, self.count))
            at += self.prefix
        size = self.size(count)
        raw = stream.read(size)
        if len(raw) < size:
            raise WireFault(self.field, at + len(raw), CUT % (size - len(raw), size))
        return self.unpack(raw, count, at)

    def _build(self, obj, stream, context, path):
        if not isinstance(obj, self.value_type):
            raise LocalMisuse(self.field, f"is not {self.value_name}")
        count = len(obj)
        if self.prefix and count > self.count:
            raise LocalMisuse(self.field, TOO_LONG % (count, self.unit, self.count))
        if not self.prefix and count != self.count:
            raise LocalMisuse(self.field, f"is not {self.count} {self.unit}")
        end = stream.tell() + self.prefix + self.size(count)
        if end > MAX_PACKET:
            raise LocalMisuse("length", OVERSIZE % (end, MAX_PACKET))
        if self.prefix:
            self.length._build(str(count).zfill(2 * self.prefix), stream, context, path)
        stream.write(self.pack(obj))
        return obj

    def _emitparse(self, code):
        code.append(f"from protocol.reference.fast import read_length, {self.reader}")
        count = f"read_length(io, {self.prefix}, {self.count})" if self.prefix else self.count
        return f"{self.reader}(io, {count})"

    def _emitbuild(self, code):
        code.append(f"from protocol.reference.fast import pack_length, {self.packer}")
        if not self.prefix:
            return f"io.write({self.packer}(obj, {self.count}))"
        return (
            f"io.write(pack_length(obj, {self.prefix}, {self.count})"
            f" + {self.packer}(obj, len(obj)))"
        )


class Digits(Field):
    """Digits in BCD; an odd count has a zero nibble on the right."""

    reader, packer = "read_digits", "pack_digits"
    nibbles = "0123456789"
    refusal = NOT_DIGIT

    def pad_at(self, count):
        """The index of the pad nibble, or -1."""
        return count if count % 2 else -1

    def unpack(self, raw, count, at):
        text = self.to_text(raw.hex().upper())
        pad = self.pad_at(count)
        for i, nibble in enumerate(text):
            if i == pad and nibble != "0":
                raise WireFault(self.field, at + i // 2, PAD_NOT_ZERO)
            if nibble not in self.nibbles:
                raise WireFault(self.field, at + i // 2, self.refusal)
        return text if pad < 0 else text[:pad] + text[pad + 1 :]

    def pack(self, value):
        if any(nibble not in self.nibbles for nibble in value):
            raise LocalMisuse(self.field, self.refusal)
        pad = self.pad_at(len(value))
        return bytes.fromhex(
            self.to_hex(value if pad < 0 else value[:pad] + "0" + value[pad:])
        )

    def to_text(self, hexadecimal):
        """Upper-case hex as this kind's characters."""
        return hexadecimal

    def to_hex(self, text):
        """This kind's characters as hex."""
        return text


class RightDigits(Digits):
    """Digits in BCD with the zero nibble of an odd count on the left."""

    reader, packer = "read_right_digits", "pack_right_digits"

    def pad_at(self, count):
        return 0 if count % 2 else -1


class Track(Digits):
    """Track digits; the separator "=" is nibble D."""

    reader, packer = "read_track", "pack_track"
    nibbles = "0123456789="
    refusal = NOT_TRACK

    def to_text(self, hexadecimal):
        return hexadecimal.replace("D", "=")

    def to_hex(self, text):
        return text.replace("=", "D")


class Tpdu(Digits):
    """Any nibbles, as upper-case hex, of which the first byte is 60."""

    reader, packer = "read_tpdu", "pack_tpdu"
    nibbles = "0123456789ABCDEF"
    refusal = "not an upper-case hex digit"

    def _parse(self, stream, context, path):
        at = stream.tell()
        first = stream.read(1)
        if first and first != b"\x60":
            raise WireFault(self.field, at, NOT_60)
        stream.seek(at)
        return super()._parse(stream, context, path)

    def pack(self, value):
        raw = super().pack(value)
        if raw[0] != 0x60:
            raise LocalMisuse(self.field, NOT_60)
        return raw


class Binary(Field):
    """Bytes as they are."""

    unit = "bytes"
    value_type, value_name = bytes, "bytes"
    reader, packer = "read_bytes", "pack_bytes"

    def size(self, count):
        return count

    def unpack(self, raw, count, at):
        return raw

    def pack(self, value):
        return value


class Text(Field):
    """Printable ASCII, spaces kept."""

    unit = "bytes"
    reader, packer = "read_text", "pack_text"

    def size(self, count):
        return count

    def unpack(self, raw, count, at):
        for i, code in enumerate(raw):
            if not 0x20 <= code <= 0x7E:
                raise WireFault(self.field, at + i, NOT_PRINTABLE)
        return raw.decode("ascii")

    def pack(self, value):
        if not (value.isascii() and value.isprintable()):
            raise LocalMisuse(self.field, NOT_PRINTABLE)
        return value.encode("ascii")


class Undefined(Construct):
    """A bit that the dialect gives no meaning: refused where its value would start."""

    def __init__(self, field):
        super().__init__()
        self.field = field

    def _parse(self, stream, context, path):
        raise WireFault(self.field, stream.tell(), UNDEFINED_BIT)


class End(Construct):
    """Nothing may follow."""

    def _parse(self, stream, context, path):
        at = stream.tell()
        rest = len(stream.read())
        if rest:
            raise WireFault("trailing", at, TRAILING % rest)

    def _build(self, obj, stream, context, path):
        return obj

    def _emitparse(self, code):
        code.append("from protocol.reference.fast import read_end")
        return "read_end(io)"

    def _emitbuild(self, code):
        return "None"


_KINDS = {
    ("n", "R"): Digits,
    ("n", "L"): RightDigits,
    ("z", "R"): Track,
    ("a", ""): Text,
    ("b", ""): Binary,
}


def field(number):
    """The Construct of a field number, by dialect.FIELDS."""
    if number not in FIELDS:
        return Undefined(str(number))
    _name, kind, prefix, limit, side = FIELDS[number]
    return _KINDS[kind, side](str(number), limit, prefix)
