"""Exact replay: the run of a capture happens again, and whatever the replayed end does must be the
file's, to the byte and the millisecond.
"""
from functools import partial

from host_sim.agreement import CodecsDisagree
from host_sim.core import FirmwareCrash
from host_sim.world import World
from tools.replay.compare import Comparison
from tools.replay.stages import GIVES, STAGES, TAKES, NotExact


def replay(reading, against, world_class=World):
    """Replay a capture (recording.Reading, not yet read) -> Comparison. `against` is of STAGES.
    Raises NotExact. Where the file is cut, what the replay does last is not held against it."""
    comparison = Comparison(against)
    stage = STAGES[against](reading.head.run, partial(_see, comparison), world_class)
    last_us = stage.now_us
    with stage.world:
        try:
            for group in _groups(enumerate(reading, 1)):
                _, first = group[0]
                key = first.channel, first.way
                last_us = max(last_us, first.at_us)
                if key in GIVES[against]:
                    for number, packet in group:
                        comparison.expect(number, packet)
                elif key in TAKES[against]:
                    stage.put([packet for _, packet in group])
                    comparison.settle(stage.now_us)
            stage.run_to(last_us)
        except (FirmwareCrash, CodecsDisagree) as fault:
            comparison.crashed(stage.now_us, str(fault))
            return comparison
    comparison.end(last_us if reading.fault else None)
    return comparison


def _see(comparison, packet):
    if (packet.channel, packet.way) in GIVES[comparison.against]:
        comparison.see(packet)


def _groups(packets):
    """[(number, Packet)] of what was sent in one piece."""
    group = []
    for number, packet in packets:
        if group and packet.notes.get("joined") != "yes":
            yield group
            group = []
        if "masked" in packet.notes:
            what = packet.notes["masked"]
            raise NotExact(f"packet {number} is masked: {'F' if what[:1].isdigit() else ''}{what}")
        group.append((number, packet))
    if group:
        yield group
