"""A replay by rules, against the terminal: the host's replies are the file's, and the operator does
what the file has of keys, what a key script says, or what its requests let one guess.
"""
from functools import partial

from host_sim.acquirer.link import LinkServer
from host_sim.agreement import CodecsDisagree
from host_sim.core import FirmwareCrash
from host_sim.play.player import Failed, Player
from host_sim.play.script import read_script
from host_sim.play.shop import factory
from host_sim.world import World
from tools.capture.recording import microseconds
from tools.replay import conversation, implied, operator
from tools.replay.by_rules import MAC, Found, host_of, moment
from tools.replay.file_host import SILENT, FileHost
from tools.replay.stages import Scene, TerminalStage

AFTER_MS = 60_000       # what is still under way comes to its end


def replay(packets, run, rules, world_class=World, script=None):
    """Replay [(number, Packet)] against the firmware -> (Found, [what was left out and why])."""
    exchanges, left_out = conversation.read(packets)
    found = Found("terminal", rules)
    number, merchant = _terminal(exchanges)
    if number is None:
        return found, [*left_out, "no request in it names a terminal"]
    books, told = host_of(exchanges, run)
    mac = run.get("mac", MAC)
    host = FileHost(exchanges, books, mac, found)
    keys = [packet for _, packet in packets if packet.channel in ("keypad", "bench")]
    by_keys = script is None and any(packet.channel == "keypad" for packet in keys)
    language = run.get("language", "zh") if by_keys else "en"
    if script is not None:
        script = read_script(script)
        language = script.language
    begin = moment(packets[0][1])
    world = world_class(LinkServer(host), seed=run.get("seed", 0), start=begin, prepare=factory(
        number, merchant, mac, books.secrets, language))
    scene = Scene(world, host)
    if script is not None:
        act = partial(_play, script, scene)
    elif by_keys:
        act = partial(_press, keys, scene, microseconds(begin))
    else:
        orders = implied.read(exchanges, begin.date()).orders
        act = partial(operator.act, exchanges, orders, scene, left_out, host.skip)
    with world:
        _watch(act, world, found)
    host.end()
    left_out += told + [f"{count} {name.replace('_', ' ')}: not in the file, so " + (
        "it was not answered" if name == SILENT else "the host of the replay answered")
        for name, count in host.behind.items()]
    return found, left_out


def _terminal(exchanges):
    """(number, merchant) of the first request that names both."""
    for exchange in exchanges:
        fields = exchange.request.message.fields
        if 41 in fields and 42 in fields:
            return fields[41], fields[42]
    return None, None


def _watch(act, world, found):
    try:
        act()
        world.run_for(AFTER_MS)
    except (AssertionError, Failed) as lost:
        found.lost(microseconds(world.now()), str(lost).splitlines()[0])
    except (FirmwareCrash, CodecsDisagree) as crash:
        found.lost(microseconds(world.now()), f"crash: {crash}")


def _play(script, scene):
    player = Player(script, scene)
    scene.world.power_on()
    for statement in script.statements:
        seen = player.happen(statement)
        if seen is not None:
            raise Failed(statement.where, statement.text, seen)


def _press(keys, scene, begin_us):
    """Keys and what was done to the parts, each at its time in the file."""
    if not any(packet.data == b"power on" for packet in keys):
        scene.world.power_on()
    stage = Keyboard(scene, begin_us)
    for packet in keys:
        stage.put([packet])


class Keyboard(TerminalStage):
    """An exact replay's keys and bench, without its line."""

    def __init__(self, scene, begin_us):
        self.scene, self.world, self._start_us = scene, scene.world, begin_us
        self._player = Player(None, scene)
