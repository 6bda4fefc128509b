"""What goes around a packet: the 2-byte length over TCP, or the serial frame; and how each is got
wrong. A packet on its own, from the TPDU on, is right too.
"""
from protocol.framing import ETX, STX, frame, lrc
from tools.mismatch.mistake import Mistake, fits

HERE = "The 2 bytes are big-endian and count the packet alone, from the TPDU to its last byte."
FRAME = "A frame is 02, LEN (2 bytes BCD), packet, 03, LRC."


def opened(data):
    """(packet, "packet", "length" or "frame") of sound bytes, (None, what is wrong) of others."""
    if data[:1] == b"\x60":
        return data, "packet"
    if data[:1] == bytes((STX,)):
        size = data[1:3].hex()
        packet = data[3:-2]
        if len(data) >= 6 and size.isdigit() and int(size) == len(packet) <= 1024:
            if packet[:1] != b"\x60" and opened(packet)[0] is not None:
                return None, "a frame with the 2-byte length of TCP in it"
            if frame(packet) == data:
                return packet, "frame"
        return None, _frame_trouble(data)
    if len(data) > 2 and int.from_bytes(data[:2], "big") == len(data) - 2:
        return data[2:], "length"
    return None, (f"the first 2 bytes are a length of {int.from_bytes(data[:2], 'big')}, "
                  f"{max(0, len(data) - 2)} bytes follow")


def _frame_trouble(data):
    size = data[1:3].hex()
    if len(data) < 6 or not size.isdigit():
        return f"a frame (it begins with 02) whose LEN {size.upper()} is no BCD number"
    if int(size) != len(data) - 5:
        return f"a frame whose LEN says {int(size)} bytes, {len(data) - 5} are there"
    if data[-2] != ETX:
        return f"a frame with {data[-2]:02X} where ETX (03) is due"
    return f"a frame whose LRC is {data[-1]:02X}, computed {lrc(data[1:-1]):02X}"


def wrong(data):
    """The Fits of every known mistake to bytes that are in no sound envelope; `sound` of each is
    the packet."""
    for mistake in MISTAKES:
        yield from fits(mistake, data)


def _prefix(name, words, put, size):
    """A mistake of the length in front: put(count of bytes) -> the `size` bytes that were sent."""
    def plant(packet):
        try:
            head = put(len(packet))
        except (OverflowError, ValueError):
            return
        if head != len(packet).to_bytes(2, "big"):
            yield "", head + packet

    def mend(data):
        if data[size:size + 1] == b"\x60":
            yield "", data[size:]
    return Mistake(name, words, HERE, plant, mend)


def _shape(name, words, put):
    """A mistake of the frame: put(packet) -> the bytes that were sent. The packet is looked for
    where its TPDU begins; what stands behind it is tried."""
    def plant(packet):
        made = put(packet)
        if made is not None and made != frame(packet):
            yield "", made

    def mend(data):
        for begin in range(6):
            for behind in range(3):
                packet = data[begin:len(data) - behind]
                if packet[:1] == b"\x60":
                    yield "", packet
    return Mistake(name, words, FRAME, plant, mend)


def _bcd(number):
    return bytes.fromhex(f"{number:04}") if number < 10_000 else b""


def _framed(packet, size=None, span=None, check=lrc, etx=bytes((ETX,))):
    """A frame with the LEN `size` and an LRC by `check` over what span(LEN, packet, ETX) gives."""
    length = _bcd(len(packet)) if size is None else size
    over = length + packet + etx if span is None else span(length, packet, etx)
    return bytes((STX,)) + length + packet + etx + bytes((check(over),))


MISTAKES = (
    _prefix("length-little-endian", "The length in front is little-endian.",
            lambda n: n.to_bytes(2, "little"), 2),
    _prefix("length-counts-itself", "The length in front counts its own 2 bytes.",
            lambda n: (n + 2).to_bytes(2, "big"), 2),
    _prefix("length-bcd", "The length in front is BCD, as on the serial line.", _bcd, 2),
    _prefix("length-bcd-counts-itself", "The length in front is BCD and counts its own 2 bytes.",
            lambda n: _bcd(n + 2), 2),
    _prefix("length-ascii", "The length in front is 4 ASCII digits.",
            lambda n: b"%04d" % n, 4),
    _prefix("length-ascii-counts-itself",
            "The length in front is 4 ASCII digits and counts itself.",
            lambda n: b"%04d" % (n + 4), 4),
    _prefix("length-4-bytes", "The length in front has 4 bytes.",
            lambda n: n.to_bytes(4, "big"), 4),
    _prefix("length-4-bytes-counts-itself", "The length in front has 4 bytes and counts itself.",
            lambda n: (n + 4).to_bytes(4, "big"), 4),
    _prefix("length-without-tpdu", "The length in front leaves out the TPDU.",
            lambda n: (n - 5).to_bytes(2, "big"), 2),
    _prefix("length-without-header", "The length in front leaves out TPDU and header.",
            lambda n: (n - 11).to_bytes(2, "big"), 2),
    _prefix("length-hex-text", "The length in front is 4 hex characters.",
            lambda n: b"%04X" % n, 4),
    _shape("frame-len-binary", "LEN of the frame is a binary number, not BCD.",
           lambda p: _framed(p, len(p).to_bytes(2, "big"))),
    _shape("frame-len-little-endian", "LEN of the frame has its bytes the wrong way round.",
           lambda p: _framed(p, _bcd(len(p))[::-1])),
    _shape("frame-len-counts-2-more", "LEN of the frame counts 2 bytes more than the packet: its "
           "own, or ETX and LRC.", lambda p: _framed(p, _bcd(len(p) + 2))),
    _shape("frame-len-counts-etx", "LEN of the frame counts the ETX.",
           lambda p: _framed(p, _bcd(len(p) + 1))),
    _shape("frame-len-ascii", "LEN of the frame is 4 ASCII digits.",
           lambda p: _framed(p, b"%04d" % len(p))),
    _shape("frame-len-missing", "The frame has no LEN.", lambda p: _framed(p, b"")),
    _shape("frame-no-stx", "The frame has no STX (02).", lambda p: frame(p)[1:]),
    _shape("frame-no-etx", "The frame has no ETX (03).", lambda p: _framed(p, etx=b"")),
    _shape("frame-no-etx-in-place", "The frame has no ETX (03); the LRC counts it all the same.",
           lambda p: frame(p)[:-2] + frame(p)[-1:]),
    _shape("frame-no-lrc", "The frame has no LRC.", lambda p: frame(p)[:-1]),
    _shape("frame-no-end", "The frame has neither ETX nor LRC.", lambda p: frame(p)[:-2]),
    _shape("lrc-from-stx", "The LRC counts the STX.",
           lambda p: _framed(p, span=lambda length, packet, etx: b"\x02" + length + packet + etx)),
    _shape("lrc-without-len", "The LRC leaves out LEN.",
           lambda p: _framed(p, span=lambda length, packet, etx: packet + etx)),
    _shape("lrc-without-etx", "The LRC leaves out the ETX.",
           lambda p: _framed(p, span=lambda length, packet, etx: length + packet)),
    _shape("lrc-packet-only", "The LRC counts the packet alone.",
           lambda p: _framed(p, span=lambda length, packet, etx: packet)),
    _shape("lrc-sum", "The LRC is a sum, not an XOR.",
           lambda p: _framed(p, check=lambda data: sum(data) & 0xFF)),
    _shape("lrc-negated-sum", "The LRC is the two's complement of a sum, not an XOR.",
           lambda p: _framed(p, check=lambda data: -sum(data) & 0xFF)),
    _shape("lrc-from-ff", "The LRC starts from FF, not from 00.",
           lambda p: _framed(p, check=lambda data: lrc(data) ^ 0xFF)),
    _shape("frame-around-length", "The 2-byte length of TCP is inside the serial frame.",
           lambda p: frame(len(p).to_bytes(2, "big") + p) if len(p) < 1023 else None),
)
