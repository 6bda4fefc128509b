"""What goes wrong with a packet or on a line, as Hypothesis strategies.

An edit is a function, drawn apart from what it spoils, so that a reply which does not exist yet can
be spoilt too. All that one case needs is a single draw of bytes, its dice: a draw costs more than
the case. Every edit takes any bytes, an already spoilt packet among them.
"""

import os
from struct import iter_unpack

from hypothesis import Phase, settings
from hypothesis import strategies as st

from protocol import MAX_PACKET
from protocol.dialect.fields import BITMAP_AT
from protocol.errors import LocalMisuse, WireFault
from protocol.framing import frame
from protocol.iso8583 import Message
from protocol.reference import codec
from protocol.reference.tables import FIELDS, MESSAGES

TPDU_AND_HEADER = 11  # bytes that no MAC covers
LONGEST_VALUE = 60  # of a field of our own making: the packet must stay below its limit
TIMES = int(os.environ.get("FUZZ_TIMES", "1"))  # as many cases as `make test` throws
BATCH = 20  # cases in one example of Hypothesis, which costs more than a case
SILENCE = None  # in a stream: 600 ms without a byte
AS_FOUND = (Phase.generate,)  # phases where a case is too long to be made smaller

_MTIS = sorted({row[0] for row in MESSAGES.values()} | {row[6] for row in MESSAGES.values()})
_CODES = sorted({row[1] for row in MESSAGES.values() if row[1]})
_TYPES = sorted({row[2] for row in MESSAGES.values()})
_FILLS = {"n": "019", "z": "0=9", "a": " {~", "b": (b"\0", b"\xdf", b"\xff")}
_NASTY = b"\x02\x03\x06\x15\x00\x10\x99\x60"  # to a receiver of frames

# The dice: how many steps, which kind of thing, which packet, then the steps.
_STEP = ">BHHB"  # which edit, where, what, and whose fields it may borrow
_COUNTS = (1, 1, 1, 1, 2, 3)
DICE = 3 + 6 * max(_COUNTS)


def enough_for(cases, phases=tuple(Phase)):
    """Settings for so many cases in batches of BATCH, the same in every run; one in eight more,
    for some edits change nothing and do not count."""
    examples = cases * 9 // (BATCH * 8) + 1
    return settings(
        max_examples=examples, phases=phases, derandomize=True, database=None, deadline=None
    )


def batches(strategy):
    """Lists of BATCH cases of a strategy."""
    return st.lists(strategy, min_size=BATCH, max_size=BATCH)


def _thrown(make):
    """The strategy of make(dice)."""
    return st.binary(min_size=DICE, max_size=DICE).map(make)


def _steps(dice):
    """(which, where, what, donor) of each step."""
    return list(iter_unpack(_STEP, dice[3:]))[: _COUNTS[dice[0] % len(_COUNTS)]]


# Edits of bytes: (packet, where, what) -> packet


def _flip(packet, at, what):
    return _put(packet, at, 1, lambda old: bytes([old[0] ^ 1 << what % 8]))


def _set(packet, at, what):
    return _put(packet, at, 1, lambda old: bytes([old[0] + 1 + what % 255 & 0xFF]))


def _cut_off(packet, at, _what):
    return packet[: at % (len(packet) or 1)]


def _cut_out(packet, at, what):
    return _put(packet, at, 1 + what % 8, lambda old: b"")


def _insert(packet, at, what):
    return _put(packet, at, 0, lambda old: what.to_bytes(2, "big"))


def _repeat(packet, at, what):
    return _put(packet, at, 1 + what % 32, lambda old: old + old)


def _turn_round(packet, at, what):
    return _put(packet, at, 2 + what % 32, lambda old: old[::-1])


def _append(packet, at, what):
    return packet + bytes([what & 0xFF]) * (1 + at % 1200)


def _toggle_field(packet, _at, what):
    return _put(packet, BITMAP_AT + what // 8 % 8, 1, lambda old: bytes([old[0] ^ 1 << what % 8]))


def _foreign_mac(packet, _at, what):
    return packet[:-8] + (bytes(8), b"\xff" * 8, b"30303030", packet[-16:-8])[what % 4]


def _foreign_terminal(packet, _at, what):
    return packet.replace(b"1000000", (b"2000000", b"1000001")[what % 2], 1)


def _wrong_length(packet, at, what):
    """Write another length before one of the fields that have one."""
    try:
        message = codec.decode(packet)
    except WireFault:
        return _set(packet, at, what)
    numbers = [number for number in sorted(message.fields) if FIELDS[number][2]]
    if not numbers:
        return _set(packet, at, what)
    number = numbers[at % len(numbers)]
    before = {n: value for n, value in message.fields.items() if n < number}
    start = len(codec.encode(Message(message.tpdu, message.header, message.mti, before)))
    width = FIELDS[number][2]
    digits = bytes.fromhex(f"{what % 100**width:0{2 * width}d}")
    return _put(packet, start, width, lambda old: digits)


def _put(packet, at, count, change):
    at %= len(packet) or 1
    old = packet[at : at + count]
    return packet[:at] + (change(old) if len(old) == count else b"") + packet[at + count :]


_BYTE_EDITS = (
    _flip, _set, _cut_off, _cut_out, _insert, _repeat, _turn_round, _append, _toggle_field,
    _foreign_mac, _foreign_terminal, _wrong_length,
)  # fmt: skip


def _byte_edit(dice):
    def edit(packet):
        for which, at, what, _ in _steps(dice):
            packet = _BYTE_EDITS[which % len(_BYTE_EDITS)](packet, at, what)
        return packet

    return edit


# Edits of messages: (message, where, what, donor) change the message in place


def _drop(message, at, _what, _donor):
    if message.fields:
        del message.fields[sorted(message.fields)[at % len(message.fields)]]


def _take_over(message, at, _what, donor):
    """Put in a field of another message."""
    number = sorted(donor.fields)[at % len(donor.fields)]
    message.fields[number] = donor.fields[number]


def _take_all(message, _at, _what, donor):
    message.fields = donor.fields | message.fields


def _fill(message, at, what, _donor):
    """Give a field the shortest, the longest or an odd value of its kind."""
    numbers = sorted(message.fields) if what % 4 else sorted(FIELDS)
    if not numbers:
        return
    number = numbers[at % len(numbers)]
    _name, kind, width, limit, _side = FIELDS[number]
    count = (0, 1, min(limit, LONGEST_VALUE))[what // 4 % 3] if width else limit
    message.fields[number] = _FILLS[kind][what // 12 % 3] * count


def _nudge(message, at, what, _donor):
    """Change one digit or byte of a value and leave its length alone."""
    numbers = [number for number, value in message.fields.items() if value]
    if not numbers:
        return
    number = sorted(numbers)[at % len(numbers)]
    value = message.fields[number]
    place, by = what % len(value), 1 + (what >> 8) % 9
    old = value[place]
    new = bytes([old ^ by]) if isinstance(old, int) else str((ord(old) + by) % 10)
    message.fields[number] = value[:place] + new + value[place + 1 :]


def _rename(message, at, what, _donor):
    """Make it another message: MTI, processing code or type."""
    if what % 3 == 0:
        message.mti = _MTIS[at % len(_MTIS)]
    elif what % 3 == 1:
        message.fields[3] = _CODES[at % len(_CODES)]
    else:
        message.fields[60] = _TYPES[at % len(_TYPES)] + message.fields.get(60, "")[2:]


def _spoil_tags(message, at, what, _donor):
    tags = message.fields.get(62) or b"\xdf\x01\x00"
    message.fields[62] = _BYTE_EDITS[at % 7](tags, at // 7, what)


_MESSAGE_EDITS = (
    _drop, _take_over, _take_all, _fill, _rename, _spoil_tags, _nudge, _nudge, _nudge, _nudge,
)  # fmt: skip


def message_edits(donors):
    """Functions packet -> Message (None if it could not be sent): well formed, but with parts
    that are missing, strange, or of another message. `donors`: packets to borrow fields from."""
    return _thrown(lambda dice: one_message_edit(dice, donors))


def one_message_edit(dice, donors):
    def edit(packet):
        message = codec.decode(packet)
        for which, at, what, donor in _steps(dice):
            donated = codec.decode(donors[donor % len(donors)])
            _MESSAGE_EDITS[which % len(_MESSAGE_EDITS)](message, at, what, donated)
        try:
            codec.encode(message)
        except LocalMisuse:
            return None
        return message

    return edit


def edits(donors):
    """Functions packet -> packet that spoil its bytes or, under the MAC that it has, its fields."""
    return _thrown(lambda dice: one_edit(dice, donors))


def spoilt(packets):
    """One of `packets`, spoilt by one of `edits`."""
    return _thrown(lambda dice: one_edit(dice, packets)(packets[dice[2] % len(packets)]))


def one_edit(dice, donors):
    if dice[1] % 2:
        return _byte_edit(dice)

    def edit(packet):
        message = one_message_edit(dice, donors)(packet)
        return packet[:-1] if message is None else codec.encode(message)

    return edit


def genuine(packet, mac):
    """Whether a packet can be read and its F64 is the MAC under `mac`: the tests' own judgement."""
    try:
        fields = codec.decode(packet).fields
    except WireFault:
        return False
    return 64 in fields and mac.compute(packet[TPDU_AND_HEADER:-8]) == fields[64]


def sealed(message, mac):
    """The packet of a message, with F64 whatever message it is."""
    message.fields[64] = bytes(8)
    packet = codec.encode(message)
    return packet[:-8] + mac.compute(packet[TPDU_AND_HEADER:-8])


# Pieces of a byte stream


def pieces(packets):
    """What may come over a line: a spoilt packet in a sound frame, a sound packet in a spoilt
    frame, noise, or SILENCE. `packets`: a list of whole ones."""

    def piece(dice):
        packet, kind = packets[dice[2] % len(packets)], dice[1] % 8
        if kind < 3:
            return framed(_byte_edit(dice)(packet))
        if kind < 6:
            return _byte_edit(dice)(frame(packet))
        if kind == 6:
            noise = dice[3 : 4 + dice[0] % 18]
            return bytes(_NASTY[byte % 8] for byte in noise) if dice[2] % 2 else noise
        return SILENCE

    return _thrown(piece)


def framed(packet):
    """The packet in a frame; one that no frame holds goes bare."""
    return frame(packet) if 1 <= len(packet) <= MAX_PACKET else packet


def chunks(data, sizes):
    """`data` cut into pieces of these sizes, over and over."""
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at, turn = at + size, turn + 1


SIZES = st.lists(st.integers(1, 300), min_size=1, max_size=4)
