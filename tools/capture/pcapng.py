"""The pcapng file format, as much of it as a capture needs: blocks to bytes, bytes to blocks.

A file is read as far as it is sound: what stands before a cut or a garbled block comes out, then
PcapngFault tells where and why. Source: draft-ietf-opsawg-pcapng.
"""
import struct
from typing import NamedTuple

SECTION, INTERFACE, PACKET, STATISTICS = 0x0A0D0D0A, 1, 6, 5
COMMENT, APPLICATION = 1, 4             # options of any block, of a section
NAME, DESCRIPTION, RESOLUTION = 2, 3, 9  # of an interface
FLAGS = 2                               # of a packet
DIRECTIONS = {None: 0, "in": 1, "out": 2}
BYTE_ORDER = 0x1A2B3C4D
MICROSECONDS = 6                        # 10 to the minus so many
LONGEST_BLOCK = 1 << 24

_WAYS = {number: way for way, number in DIRECTIONS.items()}


class PcapngFault(Exception):
    """From byte `at` of the file on there is nothing sound; `reason` says what was found."""

    def __init__(self, at, reason):
        super().__init__(f"at byte {at}: {reason}")
        self.at = at
        self.reason = reason


class Section(NamedTuple):
    """The head of a section: whose it is, and its comments."""
    application: str
    comments: tuple


class Interface(NamedTuple):
    """`ticks` a second is what its times count in."""
    linktype: int
    name: str
    ticks: int


class Packet(NamedTuple):
    """`interface` counts from 0 within the section; `at_us` since 1970; `way` "out", "in", None."""
    interface: int
    at_us: int
    way: str | None
    data: bytes
    comments: tuple


class Statistics(NamedTuple):
    """What was said of an interface at the end."""
    interface: int
    comments: tuple


# writing: every function gives the bytes of one block

def section(application, comment):
    """Bytes of a section's head; `comment` is text."""
    fixed = struct.pack("<IHHq", BYTE_ORDER, 1, 0, -1)
    return _block(SECTION, fixed, (COMMENT, comment.encode()), (APPLICATION, application.encode()))


def interface(linktype, name, description):
    """Bytes of an interface's description; its times are microseconds."""
    return _block(INTERFACE, struct.pack("<HHI", linktype, 0, 0), (NAME, name.encode()),
                  (DESCRIPTION, description.encode()), (RESOLUTION, bytes((MICROSECONDS,))))


def packet(number, at_us, way, data, comment=""):
    """Bytes of a packet of interface `number`, `at_us` since 1970, "out", "in" or None."""
    flags = DIRECTIONS[way]
    options = (((FLAGS, flags.to_bytes(4, "little")),) if flags else ()) + (
        ((COMMENT, comment.encode()),) if comment else ())
    fixed = struct.pack("<IIIII", number, at_us >> 32, at_us & 0xFFFFFFFF, len(data), len(data))
    return _block(PACKET, fixed + data + bytes(-len(data) % 4), *options)


def statistics(number, at_us, comment):
    """Bytes of what is said of interface `number` at the end of a capture."""
    return _block(STATISTICS, struct.pack("<III", number, at_us >> 32, at_us & 0xFFFFFFFF),
                  (COMMENT, comment.encode()))


def _block(kind, body, *options):
    if options:
        for code, value in options:
            body += struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
        body += bytes(4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


# reading

def blocks(file):
    """Section, Interface, Packet and Statistics of a binary file, as they come; other blocks are
    passed over. Raises PcapngFault where the file stops being sound."""
    at, order, ticks = 0, None, []
    while head := file.read(8):
        if order is None or head[:4] == b"\x0a\x0d\x0d\x0a":
            order, head = _byte_order(at, head, file)
            ticks = []
        kind, size = _numbers(at, order + "II", head[:8])
        if size < 12 or size % 4 or size > LONGEST_BLOCK:
            raise PcapngFault(at, f"a block says that it is {size} bytes long")
        rest = head[8:] + file.read(size - len(head))
        if len(rest) < size - 8:
            raise PcapngFault(at, f"the file is cut in a block of {size} bytes")
        body = rest[:-4]
        if struct.unpack(order + "I", rest[-4:])[0] != size:
            raise PcapngFault(at, "a block's two lengths differ")
        if kind in _READ:
            one = _READ[kind](at, order, body, ticks)
            if kind == INTERFACE:
                ticks.append(one.ticks)
            yield one
        at += size


def _byte_order(at, head, file):
    """("<" or ">", what was read so far) of a section that begins at `at`."""
    if head[:4] != b"\x0a\x0d\x0d\x0a":
        raise PcapngFault(at, "this is no pcapng file" + (
            "; it is one of the older pcap format" if head[:4] in _OLDER else ""))
    head += file.read(4)
    for order in "<>":
        if head[8:] == struct.pack(order + "I", BYTE_ORDER):
            return order, head
    raise PcapngFault(at, "the file is cut in its head" if len(head) < 12 else
                      "a section without a byte order")


_OLDER = {struct.pack(order + "I", magic) for order in "<>" for magic in (0xA1B2C3D4, 0xA1B23C4D)}


def _numbers(at, form, data):
    if len(data) < struct.calcsize(form):
        raise PcapngFault(at, "the file is cut in a block's head")
    return struct.unpack(form, data[:struct.calcsize(form)])


def _options(at, order, data):
    """{code: [values]} of a block's tail."""
    found, place = {}, 0
    while place + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, place)
        if code == 0:
            break
        if place + 4 + size > len(data):
            raise PcapngFault(at, "an option is longer than its block")
        found.setdefault(code, []).append(data[place + 4:place + 4 + size])
        place += 4 + size + -size % 4
    return found


def _texts(options, code=COMMENT):
    return tuple(value.decode("utf-8", "replace") for value in options.get(code, ()))


def _section(at, order, body, _ticks):
    options = _options(at, order, body[16:])
    return Section("".join(_texts(options, APPLICATION)), _texts(options))


def _interface(at, order, body, _ticks):
    linktype, = _numbers(at, order + "H6x", body)
    options = _options(at, order, body[8:])
    resolution = options.get(RESOLUTION, [b""])[0][:1] or bytes((MICROSECONDS,))
    power = resolution[0] & 0x7F
    return Interface(linktype, "".join(_texts(options, NAME)),
                     2 ** power if resolution[0] & 0x80 else 10 ** power)


def _packet(at, order, body, ticks):
    number, high, low, size, _whole = _numbers(at, order + "IIIII", body)
    if number >= len(ticks):
        raise PcapngFault(at, f"a packet of interface {number}, which is not described")
    if 20 + size > len(body):
        raise PcapngFault(at, f"a packet of {size} bytes in a smaller block")
    end = 20 + size + -size % 4
    options = _options(at, order, body[end:]) if end < len(body) else {}
    flags = int.from_bytes(options[FLAGS][0], "little" if order == "<" else "big") & 3 \
        if FLAGS in options else 0
    time = high << 32 | low
    at_us = time if ticks[number] == 1_000_000 else time * 1_000_000 // ticks[number]
    return Packet(number, at_us, _WAYS.get(flags), body[20:20 + size], _texts(options))


def _statistics(at, order, body, _ticks):
    number, = _numbers(at, order + "I8x", body)
    return Statistics(number, _texts(_options(at, order, body[12:])))


_READ = {SECTION: _section, INTERFACE: _interface, PACKET: _packet, STATISTICS: _statistics}
