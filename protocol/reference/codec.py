"""The host's codec: the dialect's table as Construct, one format per bitmap.
A format is interpreted at first, compiled once the same bitmap has been accepted before;
whatever the compiled form stumbles over is replayed by the interpreted one, which judges.
"""

from functools import lru_cache
from io import BytesIO

from construct import Const, Construct

from protocol import MAX_PACKET
from protocol.dialect.fields import BITMAP_AT, FIELDS_AT
from protocol.errors import LocalMisuse, WireFault
from protocol.faults import OVERSIZE, UNDEFINED_BIT
from protocol.iso8583 import Message
from protocol.reference.fields import Binary, Digits, End, Tpdu, field
from protocol.reference.tables import FIELDS

_FORMATS_KEPT = 64  # strangers choose bitmaps: they must not fill the memory
_BITS = {number: 1 << 64 - number for number in FIELDS}


class Packet(Construct):
    """A whole packet with one bitmap, parsed into and built from a Message."""

    def __init__(self, bitmap):
        super().__init__()
        bits = int.from_bytes(bitmap, "big")
        self.tpdu = Tpdu("tpdu", 10)
        self.header = Digits("header", 12)
        self.mti = Digits("mti", 4)
        self.bitmap = Const(bitmap, Binary("bitmap", 8))
        self.fields = {n: field(n) for n in range(1, 65) if bits & 1 << 64 - n}
        self.end = End()

    def _parse(self, stream, context, path):
        tpdu, header, mti, _ = (
            part._parsereport(stream, context, path)
            for part in (self.tpdu, self.header, self.mti, self.bitmap)
        )
        fields = {n: f._parsereport(stream, context, path) for n, f in self.fields.items()}
        self.end._parsereport(stream, context, path)
        return Message(tpdu, header, mti, fields)

    def _build(self, obj, stream, context, path):
        self.tpdu._build(obj.tpdu, stream, context, path)
        self.header._build(obj.header, stream, context, path)
        self.mti._build(obj.mti, stream, context, path)
        self.bitmap._build(None, stream, context, path)
        for n, f in self.fields.items():
            f._build(obj.fields[n], stream, context, path)
        return obj

    def _emitparse(self, code):
        name = f"parse_packet_{code.allocateId()}"
        fields = ", ".join(f"{n}: {f._compileparse(code)}" for n, f in self.fields.items())
        code.append("from protocol.iso8583 import Message")
        code.append(f"""
            def {name}(io, this):
                tpdu = {self.tpdu._compileparse(code)}
                header = {self.header._compileparse(code)}
                mti = {self.mti._compileparse(code)}
                {self.bitmap._compileparse(code)}
                fields = {{{fields}}}
                {self.end._compileparse(code)}
                return Message(tpdu, header, mti, fields)
        """)
        return f"{name}(io, this)"

    def _emitbuild(self, code):
        name = f"build_packet_{code.allocateId()}"
        head = (("tpdu", self.tpdu), ("header", self.header), ("mti", self.mti))
        lines = [f"obj = message.{attribute}; {f._compilebuild(code)}" for attribute, f in head]
        lines.append(self.bitmap._compilebuild(code))
        lines += [f"obj = fields[{n}]; {f._compilebuild(code)}" for n, f in self.fields.items()]
        body = "\n                ".join(lines)
        code.append(f"""
            def {name}(message, io, this):
                fields = message.fields
                {body}
                return message
        """)
        return f"{name}(obj, io, this)"


class _Format:
    """The interpreted and, once it has proved useful, the compiled form of one bitmap."""

    def __init__(self, bitmap):
        self.strict = Packet(bitmap)
        self.compiled = None
        self.accepted = False

    def parse(self, packet):
        if self.compiled:
            try:
                return self.compiled.parsefunc(BytesIO(packet), None)
            except Exception:  # of any kind: the strict form finds out what it means
                pass
        message = self.strict.parse(packet)
        self._grow()
        return message

    def build(self, message):
        if self.compiled:
            try:
                stream = BytesIO()
                self.compiled.buildfunc(message, stream, None)
                if stream.tell() <= MAX_PACKET:
                    return stream.getvalue()
            except Exception:  # as above
                pass
        packet = self.strict.build(message)
        self._grow()
        return packet

    def _grow(self):
        if self.accepted and not self.compiled:
            self.compiled = self.strict.compile()
        self.accepted = True


_format = lru_cache(maxsize=_FORMATS_KEPT)(_Format)


def encode(message):
    """The packet of a message, as bytes. Raises LocalMisuse, naming the field."""
    try:
        bits = sum([_BITS[number] for number in message.fields])
    except KeyError as unknown:
        raise LocalMisuse(str(unknown.args[0]), UNDEFINED_BIT) from None
    return _format(bits.to_bytes(8, "big")).build(message)


def decode(packet):
    """The Message of a packet (bytes-like, no length prefix). Raises WireFault, with the
    first field at which a reading from left to right fails.
    """
    size = len(packet)
    if size > MAX_PACKET:
        raise WireFault("length", MAX_PACKET, OVERSIZE % (size, MAX_PACKET))
    return _format(bytes(packet[BITMAP_AT:FIELDS_AT]).ljust(8, b"\0")).parse(packet)
