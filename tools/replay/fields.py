"""A unit of the wire taken apart for comparing: its parts with name, place and value.

A part's `raw` is for comparing only. `shown` and `bytes` are what a report may say: of cards the
first 6 and last 4 digits, of tracks, PIN blocks and keys nothing.
"""
from functools import lru_cache
from typing import NamedTuple

from host_sim.show.explain import explain, title
from host_sim.show.mask import CARD_FIELDS, MASK, field_texts, masked
from host_sim.tap import FrameTap
from protocol.errors import WireFault
from protocol.iso8583 import decode
from protocol.keys import KEY_ENTRY

FRAME_HEAD = 3          # STX and length before a packet
CONTROL = {b"\x06": "ACK", b"\x15": "NAK"}
KEYS = ("PIK", "MAK", "TDK")
HIDDEN = {"35", "36", "52", "55"}
EDGES = ("TPDU", "header", "MTI", "bitmap")


class Piece(NamedTuple):
    """A part of a packet; `at` from the TPDU on, `bytes` hex or None where it must not be shown."""
    raw: bytes
    name: str
    at: int
    shown: str
    bytes: str | None


def packet_of(data):
    """The packet in a frame, from the TPDU on; None for what is no sound frame."""
    packets = FrameTap().feed(data)
    return packets[0] if packets and len(packets[0]) + 5 == len(data) else None


def message_of(data):
    """The Message in a frame; None where there is none that can be read."""
    packet = packet_of(data)
    try:
        return packet and decode(packet)
    except WireFault:
        return None


def fault_of(data):
    """The WireFault of a frame whose packet cannot be read; else None."""
    packet = packet_of(data)
    try:
        if packet is not None:
            decode(packet)
    except WireFault as fault:
        return fault
    return None


def unit(data):
    """What a unit of the wire is, in some words: '0220 refund request', 'ACK', '5 bytes'."""
    if data in CONTROL:
        return CONTROL[data]
    message = message_of(data)
    if message is not None:
        return f"{message.mti} {title(message)}"
    what = "bytes that are no frame" if packet_of(data) is None else "bytes that are no packet"
    return f"{len(data)} {what}"


@lru_cache(1024)
def parts_of(data):
    """{field: Piece} of a frame, left to right, F62 by its keys and tags; None where it cannot be
    read."""
    message = message_of(data)
    if message is None:
        return None
    packet = packet_of(data)
    texts = masked(field_texts(message))
    parts, pieces = explain(packet), {}
    split = any(part.inner and part.size for part in parts)
    for part in parts:
        raw = packet[part.at:part.at + part.size]
        name, _, words = part.name.partition(" ")
        if part.name in EDGES:
            field, words = name.lower(), part.name
            shown = raw.hex().upper()
        elif not part.inner:
            field = name[1:]
            shown = texts[int(field)]
            if field == "62" and split:
                continue
        elif part.size:
            field, words = f"62.{name}", words or "wrapped key"
            shown = _inner(name, part, raw)
        else:
            continue            # digits inside F60 and F61
        if field in HIDDEN:
            shown = MASK * len(shown)
        secret = part.secret or MASK in shown or (field.isdigit() and int(field) in CARD_FIELDS)
        pieces[field] = Piece(raw, words, part.at, shown,
                              None if secret else raw.hex().upper())
    return pieces


def _inner(name, part, raw):
    """Of a key, its check value only."""
    if name in KEYS and part.size == KEY_ENTRY:
        return f"{MASK * 2 * (KEY_ENTRY - 4)}, check value {raw[-4:].hex().upper()}"
    return part.words
