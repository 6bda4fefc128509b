"""`tuidan keys` at a board's port: real MicroPython at a PTY, the firmware installed on it."""

import json

import pytest

from host_sim.acquirer import samples
from host_sim.ptyboard import flashfile
from tests.tools.desk import board, real
from tools import flash
from tools.cli import main
from tools.keys import parts
from tools.terminal import enrolled_flash

pytestmark = real

GLYPHS_BYTES = 40 * 36  # a few of them: an upload takes seconds


def build(folder, name, architecture, _honest=flash.build):
    built = _honest(folder, name, architecture)
    with open(built.glyphs, "r+b") as file:
        file.truncate(GLYPHS_BYTES)
    return built


@pytest.fixture
def port(tmp_path, monkeypatch):
    image = tmp_path / "flash"
    flashfile.write(image, enrolled_flash("en"))
    monkeypatch.setattr(flash, "build", build)
    with board(image) as port:
        yield port


def test_a_board_takes_a_key_tells_its_check_value_and_loses_it(port, tmp_path, capsys):
    def keys(*words):
        code = main(["keys", *map(str, words), "--port", port, "--json"])
        told = capsys.readouterr()
        assert key.value.hex().upper() not in (told.out + told.err).upper()
        return code, json.loads(told.out or "null"), told.err

    (part,), key = parts.generate("tmk", 1)
    path = parts.write(tmp_path, "tmk", "tmk", [part])[0]
    code, _, err = keys("show")
    assert code == 1 and "tuidan flash" in err  # there is no terminal on it
    flash.install(port, "rp2", lambda _line: None)
    old = parts.Key("tmk", samples.tmk(samples.TERMINAL))
    assert keys("show")[1]["keys"] == [
        {"terminal": samples.TERMINAL, "key": "TMK", "kcv": old.kcv, "good": True}]  # fmt: skip
    assert keys("inject", "--key", path)[1]["kcv"] == key.kcv
    slot = flashfile.key_file(tmp_path / "flash")
    assert key.value in slot.read_bytes() and old.value not in slot.read_bytes()
    assert [one["kcv"] for one in keys("show")[1]["keys"]] == [key.kcv]
    assert keys("wipe", "--yes")[1]["wiped"] is True
    assert slot.read_bytes() == b"\xff" * 4096
    assert keys("show")[1]["keys"] == []


def test_a_port_that_is_not_there_is_one_line(capsys):
    assert main(["keys", "show", "--port", "/dev/there-is-none"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
