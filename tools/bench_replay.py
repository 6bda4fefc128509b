"""How fast a capture is replayed: a refund through the whole firmware, and through the host.

In a process of its own that keeps what a board would load again, as `tuidan replay` of a long file.
"""
import io
from concurrent.futures import ProcessPoolExecutor
from time import process_time

from host_sim.play.shop import open_shop
from host_sim.roomy import spread_out
from tools.capture.recording import Reading
from tools.capture.run import Recorder, about
from tools.demo import ORDER, Operator
from tools.replay import exact
from tools.replay.stages import STAGES

ROUNDS = 20


def figures():
    """{end: {"packets a CPU second", "of the wire alone"}}; packets are all that a capture holds:
    keys, screens, paper, line."""
    with ProcessPoolExecutor(1, initializer=spread_out) as process:
        return {f"against the {end}": process.submit(rate, end).result() for end in STAGES}


def rate(end, rounds=ROUNDS):
    """Of one end, over the capture of a refund from power on to idle."""
    file = io.BytesIO()
    shop = open_shop()
    Recorder(file, shop.world, about(shop, "press"))
    Operator(shop.world, "zh", ORDER, None, lambda: None).play()
    file.seek(0)
    packets = list(Reading(file))
    _again(file, end)       # what is loaded once is not of the replay
    began = process_time()
    for _ in range(rounds):
        _again(file, end)
    spent = process_time() - began
    wire = sum(packet.channel == "wire" for packet in packets)
    return {"packets a CPU second": round(rounds * len(packets) / spent),
            "of the wire alone": round(rounds * wire / spent)}


def _again(file, end):
    file.seek(0)
    found = exact.replay(Reading(file), end).differences
    assert not found, "a replay that differs measures nothing"
