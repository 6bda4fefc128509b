"""One piece of the wire, taken apart: a frame with its packet, a control byte, or what is neither.

Nothing here raises on what a line brought: what is wrong with a frame is told in words.
"""
from functools import reduce
from operator import xor
from typing import NamedTuple

from protocol import MAX_PACKET
from protocol.errors import WireFault
from protocol.framing import ACK, ETX, NAK
from protocol.reference import codec

FRAMING = 5     # STX, two bytes of length, ETX, LRC
_CONTROL = {bytes((ACK,)): "ack", bytes((NAK,)): "nak"}


class Unit(NamedTuple):
    """`kind`: "packet", "ack", "nak" or "noise".

    Of a packet: `packet` its bytes from the TPDU on, which lie `at` bytes into the piece; `message`
    what they say, or None with `fault`, a WireFault; `frame_fault` what is wrong around it, or "".
    """
    kind: str
    packet: bytes = b""
    at: int = 0
    message: object = None
    fault: WireFault | None = None
    frame_fault: str = ""


def unit(data):
    """The Unit of a wire packet's bytes. A packet without a frame, bare or behind the two bytes of
    length that it has over TCP, is one too."""
    if data[:1] == b"\x02" and len(data) > FRAMING:
        fault = _frame_fault(data)
        return _packet(data[3:-2] if not fault.startswith("cut") else data[3:], 3, fault)
    if data in _CONTROL:
        return Unit(_CONTROL[data])
    if data[:1] == b"\x60":
        return _packet(data, 0, "")
    if data[2:3] == b"\x60" and int.from_bytes(data[:2], "big") == len(data) - 2:
        return _packet(data[2:], 2, "")
    return Unit("noise")


def _packet(packet, at, frame_fault):
    try:
        return Unit("packet", packet, at, codec.decode(packet), None, frame_fault)
    except WireFault as fault:
        return Unit("packet", packet, at, None, fault, frame_fault)


def _frame_fault(data):
    """What is wrong with a frame, in words; "" if nothing is."""
    digits = data[1:3].hex()
    if not digits.isdigit():
        return "the frame's length is not BCD"
    size, held = int(digits), len(data) - FRAMING
    if size > MAX_PACKET:
        return f"the frame says {size} bytes, {MAX_PACKET} are the most"
    if size > held:
        return f"cut: the frame says {size} bytes, {len(data) - 3} follow"
    if size < held:
        return f"the frame says {size} bytes, {held} follow"
    if data[-2] != ETX:
        return f"no ETX behind the packet, but {data[-2]:02X}"
    check = reduce(xor, data[1:-1])
    if check != data[-1]:
        return f"wrong LRC: {data[-1]:02X}, should be {check:02X}"
    return ""


