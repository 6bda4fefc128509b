"""Every byte that a refund, a void and what repairs them put on the wire, and every fault of a
byte; then every frame, and every fault of a frame.

What there is to strike is read off a sound run: nothing is listed here that could be forgotten.
"""

from collections import Counter
from typing import NamedTuple

from tools.campaign.faults import Fault
from tools.campaign.procedures import Case, Run, plan, play, story

__all__ = ["cases", "counts", "play", "story"]

# procedure: the messages swept in it, the last of each kind on the wire; None: all that is sent
SWEPT = {
    "part refund": None,
    "void": ("0200", "0210"),
    "refund repeated": ("0221", "0230"),
    "void reversed": ("0400", "0410"),
    "refund taken back": ("0420", "0430"),
    "settlement": ("0500", "0510"),
    "settlement with upload": ("0320", "0330"),
    "sale": ("0200", "0210"),
    "sale reversed": ("0400", "0410"),
}
BITS = range(8)
JUNK = (0x02, 0x5A)  # what a frame begins with, and what it may hold
# Behind the frame; before the link's next try; when it has given up; when the operator has.
DOUBLED_MS = (0, 2_000)
LATE_MS = (1_500, 15_000, 85_000)
REPLAYED_MS = 500
DEAD_MS = (5_000, 70_000, 200_000)
_STX, _SHORTEST = 0x02, 20


class Send(NamedTuple):
    """The `at`-th send of a direction; `mti` is empty where it holds no packet, `earlier` how
    many frames there were to be replayed."""

    way: str
    at: int
    size: int
    packet: int
    mti: str
    earlier: int


def cases() -> list[Case]:
    found = []
    for procedure, mtis in SWEPT.items():
        for send in swept(sends(procedure), mtis):
            found += [Case(procedure, (fault,)) for fault in (*of_bytes(send), *of_frame(send))]
    return found


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    return dict(sorted(Counter(one.case.faults[0].kind for one in verdicts if one.faults).items()))


def sends(procedure: str) -> list[Send]:
    """All that both ends send in a sound run."""
    run = Run(plan(Case(procedure)))
    found: list[Send] = []
    for line in run.stage.wire.lines:
        _note(run, line, found)
    run.play()
    return found


def _note(run, line, found):
    heard = line.tap
    frames = []

    def tap(data, now_ms):
        heard(data, now_ms)
        start = data.find(_STX)
        packet = data[start + 3 : -2] if start >= 0 else b""
        message = run.witness.read(packet) if packet else None
        at = sum(send.way == line.way for send in found)
        found.append(Send(line.way, at, len(data), len(packet), message.mti if message else "",
                          len(frames)))
        if len(data) >= _SHORTEST:
            frames.append(data)

    line.tap = tap


def swept(sent, mtis):
    """Those of the sends that are to be gone through."""
    if mtis is None:
        return sent
    return list({send.mti: send for send in sent if send.mti in mtis}.values())


def of_bytes(send: Send):
    """Every fault of every byte."""

    def fault(kind, a, b=0):
        return Fault(f"{kind} {send.way}", send.at, a, b)

    for at in range(send.size):
        yield from (fault("flip", at, bit) for bit in BITS)
        yield from (fault("junk", at, byte) for byte in JUNK)
        yield fault("lose", at)
        yield fault("twice", at)
        if at:
            yield fault("short", at)
    for at in range(send.packet):
        yield from (fault("forge", at, bit) for bit in BITS)


def of_frame(send: Send):
    """Every fault of the frame as a whole."""

    def fault(kind, a=0, b=0):
        return Fault(f"{kind} {send.way}", send.at, a, b)

    yield fault("drop")
    yield fault("join")
    yield from (fault("double", ms) for ms in DOUBLED_MS)
    yield from (fault("late", ms) for ms in LATE_MS)
    yield from (fault("replay", frame, REPLAYED_MS) for frame in range(send.earlier))
    yield from (fault("dead", ms) for ms in DEAD_MS)
