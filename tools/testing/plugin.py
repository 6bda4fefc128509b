"""The pytest plugin of the wheel: a terminal at its acquirer, faults and captures as fixtures, and
regression tests out of captures.

Nothing is imported before a test wants it: other people's test runs pay nothing for this.
"""
import re

import pytest

pytest.register_assert_rewrite("tools.testing.person")

FOLDER = "replay.toml"      # what `tuidan record-test` writes
SETTINGS = ("number", "language", "seed", "start", "scenario", "blank")


def pytest_addoption(parser):
    group = parser.getgroup("tuidan", "Tuidan's terminal and acquirer")
    group.addoption("--tuidan-micropython", action="store_true",
                    help="the firmware runs on real MicroPython")
    group.addoption("--tuidan-seed", type=int, default=0, metavar="NUMBER",
                    help="of keys, line and host, where a test names none")
    group.addoption("--tuidan-captures", metavar="DIR",
                    help="a capture of every test's terminal there")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", f"terminal({', '.join(SETTINGS)}): how the terminal of the test is set up")


def pytest_collect_file(file_path, parent):
    if file_path.name == FOLDER:
        from tools.testing.folders import ReplayFolder

        return ReplayFolder.from_parent(parent, path=file_path)


@pytest.fixture
def terminal(request):
    """A new terminal, its power off, at a sample acquirer of its own: tools.testing.person.Till.

    `@pytest.mark.terminal(number="10000003", language="zh", scenario="slow_host")` sets it up.
    """
    from host_sim.acquirer.scenario import read
    from host_sim.world import World
    from tools.mpy import on_micropython
    from tools.testing.person import Till

    marker = request.node.get_closest_marker("terminal")
    settings = dict(marker.kwargs) if marker else {}
    unknown = set(settings) - set(SETTINGS)
    if unknown:
        raise pytest.UsageError(f"terminal() has no {', '.join(sorted(unknown))}; "
                                f"it has {', '.join(SETTINGS)}")
    options = request.config.option
    settings.setdefault("seed", options.tuidan_seed)
    if "number" in settings:
        settings["terminal"] = settings.pop("number")
    if settings.get("scenario"):
        settings["scenario"] = read(settings["scenario"])
    till = Till(world=on_micropython() if options.tuidan_micropython else World, **settings)
    if options.tuidan_captures:
        with _record(till, options.tuidan_captures, request.node.nodeid):
            yield till
    else:
        yield till
    till.world.close()


@pytest.fixture
def acquirer(terminal):
    """The host at the other end of the terminal's line, with its ledger: answer(packet, now)."""
    return terminal.shop.acquirer


@pytest.fixture
def faults(terminal):
    """A function: faults("host mute 0220 1") lets happen what that statement of a key script does
    to paper, power, line and host."""
    from host_sim.play.player import Player
    from host_sim.play.script import Script, parse_line

    player = Player(Script("", ()), terminal.shop)

    def happen(statement):
        seen = player.happen(parse_line(statement, "faults"))
        assert seen is None, f"{statement}: {seen}"

    return happen


@pytest.fixture
def capture(terminal, tmp_path):
    """What passes at the terminal from now on, in a file: `path`, and replay() of it."""
    from tools.testing.captures import Capture

    with Capture(terminal, tmp_path / "capture.pcapng") as made:
        yield made


def _record(till, folder, name):
    from pathlib import Path

    from tools.testing.captures import Capture

    Path(folder).mkdir(parents=True, exist_ok=True)
    return Capture(till, Path(folder, re.sub(r"[^\w.-]+", "_", name).strip("_") + ".pcapng"))
