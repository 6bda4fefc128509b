"""An exact replay's ends: the run of a capture set up again, one end of its line the file's.

Inputs are applied in the file's order, each at its time, once everything due by then has happened.
"""
from collections import deque
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import NamedTuple

from host_sim.acquirer import samples, scenario, schema
from host_sim.acquirer.link import LinkServer
from host_sim.acquirer.scenario import ScenarioError
from host_sim.device import PICO
from host_sim.play.player import Player
from host_sim.play.script import Script, ScriptError, parse_line
from host_sim.play.shop import factory, open_books
from host_sim.world import World
from tools.capture.recording import microseconds
from tools.capture.run import listen

VIRTUAL = ("press", "pytest", "run")    # makers of runs in virtual time
NEEDED = ("start", "terminal", "mac", "seed", "language")


class NotExact(Exception):
    """Why a capture cannot be replayed exactly."""


def check_head(run):
    """Raise NotExact unless a head tells enough to begin the same run again."""
    if run.get("made_by") not in VIRTUAL:
        raise NotExact("it is no capture of a simulated run in virtual time")
    missing = [name for name in NEEDED if name not in run]
    if missing:
        raise NotExact(f"its head does not tell {', '.join(missing)}")
    if run.get("kept"):
        raise NotExact("its terminal went on with what an earlier run had left")
    if run.get("host"):
        raise NotExact("its host was at the far end of a port")


class Scene(NamedTuple):
    """As much of a Shop as statements about the parts around need; `acquirer` None: nobody."""
    world: World
    acquirer: object
    engine: object = None
    terminal: str = ""


class Stage:
    """A new Shop as the head tells it, in which one end of the line is the file's.

    `see(packet)` is told what passes. `world_class` is World or a class with its arguments.
    """
    def __init__(self, run, see, world_class=World):
        check_head(run)
        with fitting():
            start = datetime.fromisoformat(run["start"])
            self.scene = self._open(run, start, world_class)
        self._start_us = microseconds(start)
        self.world = self.scene.world
        self.world.trace = deque(maxlen=0)      # what is seen goes to `see`; a file may be long
        self._player = Player(Script("", ()), self.scene)
        listen(self.world, see)

    def _open(self, run, start, world_class):
        raise NotImplementedError

    @property
    def now_us(self):
        return self._start_us + 1000 * self.world.now_ms

    def put(self, packets):
        """Let what was sent in one piece happen at its time, and everything due before it."""
        first = packets[0]
        self.world.tear_off()
        if first.channel == "wire":
            at_ms = (first.at_us - self._start_us) // 1000
            self._run_to(at_ms - 1)
            self._send(at_ms, b"".join(packet.data for packet in packets))
        else:
            self.run_to(first.at_us)
            getattr(self, "_" + first.channel)(first.data.decode("utf-8", "replace"))

    def run_to(self, at_us):
        """Everything due by then happens."""
        self._run_to((at_us - self._start_us) // 1000)

    def _run_to(self, ms):
        self.world.run_through(max(0, ms - self.world.now_ms))

    def _send(self, at_ms, data):
        raise NotImplementedError

    def _keypad(self, words):
        what, _, value = words.partition(" ")
        if what == "read":
            self.world.read(value.encode())
        else:
            self.world.move_key(value, what == "down")

    def _bench(self, words):
        try:
            statement = parse_line(words, "bench")
        except ScriptError as reason:
            raise NotExact(f"the bench says {words!r}: {reason}") from None
        if statement is not None and self._plays(statement):
            self._player.happen(statement)

    def _plays(self, statement):
        return True


class TerminalStage(Stage):
    """The firmware; keys, parts and the host's bytes are the file's."""

    def _open(self, run, start, world_class):
        played = scenario_of(run)
        rows = played.terminals if played else samples.TERMINALS
        secrets = played.secrets if played else samples.SECRETS
        number, merchant, mac = {row[0]: row for row in rows}[run["terminal"]]
        prepare = factory(number, merchant, mac, secrets, run["language"],
                          run.get("blank", False))
        return Scene(world_class(None, seed=run["seed"], start=start, prepare=prepare), None)

    def _plays(self, statement):
        return not statement.text.startswith("host ")

    def _send(self, at_ms, data):
        self.world.agenda.at(at_ms, lambda: self.world.wire.to_terminal.send(data, at_ms))


class AcquirerStage(Stage):
    """The acquirer; the terminal's bytes are the file's, and so is its power."""
    def __init__(self, run, see, world_class=World):
        self._sends = deque()
        super().__init__(run, see, world_class)

    def _open(self, run, start, world_class):
        books = host_at_start(run)
        world = world_class(LinkServer(books.acquirer), seed=run["seed"], start=start,
                            make_core=partial(Recorded, self._sends))
        self._books = books     # with the folder of the ledger, while it is needed
        return Scene(world, books.acquirer, books.engine, run["terminal"])

    def _send(self, at_ms, data):
        self._sends.append((at_ms, data))
        self.world.agenda.at(at_ms, self.world.device.wake)


class Recorded:
    """A core that sends what a capture has: `sends` are (at ms, bytes), in order of time."""

    def __init__(self, sends, start):
        self.rtc_ms = start.rtc_ms
        self._sends = sends

    def step(self, now_ms):
        outputs = []
        while self._sends and self._sends[0][0] <= now_ms:
            outputs.append(("uart", PICO.link_uart, self._sends.popleft()[1]))
        return outputs, self._sends[0][0] - now_ms if self._sends else None, None

    def set_contacts(self, contacts):
        ...

    def receive(self, uart, data):
        ...

    def watch(self, uart, see):
        ...

    def power_off(self):
        ...


STAGES = {"terminal": TerminalStage, "acquirer": AcquirerStage}
# (channel, way) of what is put into each, and of what is compared.
TAKES: dict[str, set] = {"terminal": {("wire", "in"), ("keypad", None), ("bench", None)},
         "acquirer": {("wire", "out"), ("bench", None)}}
GIVES: dict[str, set] = {"terminal": {("wire", "out"), ("screen", None), ("paper", None)},
         "acquirer": {("wire", "in")}}


def host_at_start(run):
    """The shop.Books of a head's run, as they were before its terminal was switched on."""
    check_head(run)
    with fitting():
        played = scenario_of(run)
        engine = None if played else schema.open_engine()
        return open_books(run.get("host_seed", run["seed"]),
                          datetime.fromisoformat(run["start"]), engine=engine, scenario=played)


@contextmanager
def fitting():
    """What a head says is used here; NotExact where it does not fit."""
    try:
        yield
    except (KeyError, ValueError, TypeError, ScenarioError, OSError) as reason:
        raise NotExact(f"its head does not fit: {reason}") from None


def scenario_of(run):
    """The Scenario that a head names, None for the samples. Raises ScenarioError."""
    name = run.get("scenario")
    if name is None:
        return None
    if "scenario_text" not in run:
        return scenario.read(name)
    return scenario.parse(name, run["scenario_text"], f"scenario {name} of the file")
