"""Records a simulated run whole: the wire, keys, screens, paper, and what is done to the parts.

Nothing is masked: the sample shop's cards and keys are published, and a key script holds no real
secret. Played again from the same head, a run gives the same packets at the same times.
"""
from functools import partial
from importlib.metadata import version

from firmware.version import VERSION
from host_sim.acquirer.scenario import find, shipped
from host_sim.bench.keypad import NAMES as KEYS
from host_sim.tap import overhear
from tools.capture.keys import Keys
from tools.capture.recording import Packet, Writer, microseconds
from tools.capture.units import Splitter


def about(shop, made_by, **known):
    """What the head of a capture says of a run in a Shop; `known` is what its maker knows: "script"
    (its path as it was given), "seed", "language", "scenario" (and "scenario_text", if it is none
    of those shipped), "blank"."""
    return {"tuidan": version("tuidan"), "made_by": made_by, "script": None, "seed": 0,
            "start": shop.world.start.isoformat(), "terminal": shop.terminal,
            "merchant": shop.merchant, "mac": shop.mac, "language": "zh", "scenario": None,
            "blank": False, "firmware": VERSION} | known


def record_script(file, shop, script, seed):
    """A Recorder of a Script's run in its Shop, whose power is still off."""
    return Recorder(file, shop.world, about(
        shop, "press", script=script.path, seed=seed, language=script.language,
        blank=script.blank, **of_scenario(script.scenario)))


def of_scenario(scenario):
    """What a head says of a Scenario, or of none."""
    if scenario is None:
        return {}
    if scenario.name in shipped() and scenario.written == find(scenario.name).read_text(
            encoding="utf-8"):
        return {"scenario": scenario.name}
    return {"scenario": scenario.name, "scenario_text": scenario.written}


def record_face(file, shop, **known):
    """A Recorder of what a person does in a Shop."""
    return Recorder(file, shop.world, about(shop, "run", **known))


class Recorder:
    """Writes all that passes in a World into a binary file, from now on. Raises OSError out of
    whatever passes there."""

    def __init__(self, file, world, run):
        self._world = world
        self._start = microseconds(world.start)
        self._writer = Writer(file, run)
        self._keys = Keys()
        listen(world, self._write)

    @property
    def packets(self):
        """How many are written."""
        return self._writer.packets

    def end(self, words):
        """Say how the run ended, as the last of the file."""
        self._writer.end(self._start + 1000 * self._world.now_ms, words)

    def _write(self, packet):
        if packet.channel == "wire":
            packet = packet._replace(notes=packet.notes | self._keys.verdict(packet.data))
        self._writer.write(packet)


def listen(world, write):
    """Let write(packet) have all that passes in a World from now on."""
    _Listener(world, write)


class _Listener:
    def __init__(self, world, write):
        self._world = world
        self._start = microseconds(world.start)
        self._put = write
        overhear(world.wire.to_host, partial(self._wire, "out"))
        overhear(world.wire.to_terminal, partial(self._wire, "in"))
        overhear(world.device.to_printer, lambda data, _now_ms: self._write("paper", data))
        world.on_event.append(self._event)

    def _wire(self, way, data, _now_ms):
        joined = {}
        for unit in Splitter().feed(data, ended=True):
            self._write("wire", unit, way, joined)
            joined = {"joined": "yes"}

    def _event(self, event):
        if event.kind == "screen":
            rows = {f"row{number}": row for number, row in enumerate(event.value.rows, 1)}
            self._write("screen", event.value.pixels, None, rows)
        elif event.kind == "key" and event.value in KEYS:
            self._write("keypad", f"down {event.value}".encode())
        elif event.kind == "key up":
            self._write("keypad", f"up {event.value}".encode())
        elif event.kind == "read":
            self._write("keypad", b"read " + event.value)
        elif event.kind == "power":
            self._write("bench", f"power {event.value}".encode())
        elif event.kind == "bench":
            self._write("bench", event.value.encode())

    def _write(self, channel, data, way=None, notes=None):
        at_us = self._start + 1000 * self._world.now_ms
        self._put(Packet(at_us, channel, way, data, notes or {}))
