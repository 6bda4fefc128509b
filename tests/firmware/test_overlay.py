"""What an overlay loads is gone when it is left, and what was there before stays."""

import sys
from pathlib import Path

import pytest

from firmware import overlay
from host_sim.on_micropython import MICROPYTHON
from host_sim.play.player import Player
from host_sim.play.script import read_script
from host_sim.play.shop import open_shop
from tools.mpy import on_micropython

SCRIPTS = Path(__file__).parents[1] / "scripts"
real = pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")


@pytest.fixture
def room(monkeypatch, tmp_path):
    """A folder for modules of firmware; those that other tests loaded are out of the way."""
    package = sys.modules["firmware"]
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    (tmp_path / "inner.py").write_text("def double(n):\n    return 2 * n\n")
    (tmp_path / "planted.py").write_text(
        "from firmware import inner, overlay\n"
        "async def run(n, more=0):\n"
        "    if n < 0:\n"
        "        raise ValueError(n)\n"
        "    if n > 9:\n"
        "        return await overlay.run('planted.run', n - 10)\n"
        "    return inner.double(n) + more\n"
    )
    yield package
    for name in ("inner", "planted"):
        sys.modules.pop("firmware." + name, None)
        vars(package).pop(name, None)


def await_(coroutine):
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value


def loaded(room):
    return [name for name in ("planted", "inner")
            if "firmware." + name in sys.modules or hasattr(room, name)]  # fmt: skip


def test_module_and_what_came_along_are_forgotten(room):
    assert await_(overlay.run("planted.run", 4, more=1)) == 9
    assert overlay.call("inner.double", 3) == 6
    assert loaded(room) == []


def test_they_are_forgotten_after_an_error_too(room):
    with pytest.raises(ValueError):
        overlay.run("planted.run", -1).send(None)
    assert loaded(room) == []


def test_what_was_there_before_stays(room):
    __import__("firmware.inner")
    assert await_(overlay.run("planted.run", 4)) == 8
    assert loaded(room) == ["inner"]


def test_who_loaded_it_lets_go_of_it_and_nobody_within(room):
    assert await_(overlay.run("planted.run", 14)) == 8
    assert loaded(room) == []


@real
def test_a_procedure_run_again_and_again_takes_no_more_memory():
    script = read_script(SCRIPTS / "echo.txt")
    shop = open_shop(script.terminal, script.language, script.seed, world=on_micropython())
    with shop.world as world:
        Player(script, shop).play()
        taken = []
        for _ in range(8):
            world.press("MENU")
            assert world.choose("终端管理") and world.choose("线路测试")
            assert world.run_until(lambda: "线路正常" in "".join(world.screen()), 5000)
            world.press("ENTER")
            taken.append(world.device.core.memory())
    assert max(taken[4:]) - max(taken[:4]) <= 256


def test_what_outlives_the_package_it_came_from_can_be_forgotten(room, tmp_path):
    (tmp_path / "pack").mkdir()
    for name in ("__init__", "one", "two"):
        (tmp_path / "pack" / f"{name}.py").write_text("def run():\n    pass\n")
    _, loaded = overlay._load("pack.one.run")
    _, later = overlay._load("pack.two.run")
    overlay._forget(loaded)
    _, again = overlay._load("pack.one.run")    # its package anew, which knows no two
    overlay._forget(later)
    overlay._forget(again)
    assert not [name for name in sys.modules if name.startswith("firmware.pack")]
