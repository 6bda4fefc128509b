"""`tuidan log` reads what the firmware wrote, from an image of the flash."""

import json

import pytest

from firmware import log
from tests.till import Till
from tools.cli import main


@pytest.fixture(scope="module")
def flash():
    """A day's log, and the bytes of the flash after it."""
    till = Till()
    till.log_in()
    for number in range(80):
        log.note(till.world.device.terminal, "test", f"line {number}")
    lines = log.lines(till.world.device.terminal.storage)
    till.world.power_off()
    device = till.world.device.flash
    return lines, bytes(device.read(0, device.size))


def test_the_lines_of_a_flash_image_are_those_of_the_terminal(flash, tmp_path, capsys):
    lines, image = flash
    path = tmp_path / "flash.img"
    path.write_bytes(image)
    assert main(["log", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == lines
    assert main(["log", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"lines": lines}


@pytest.mark.parametrize("content", [b"", b"\xff" * 1408 * 1024, b"no image" * 100_000])
def test_what_is_no_image_of_a_terminal_is_refused_in_one_line(content, tmp_path, capsys):
    path = tmp_path / "other"
    path.write_bytes(content)
    assert main(["log", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and "no flash image" in told.err


def test_port_that_is_not_there_is_told(capsys):
    assert main(["log", "--port", "/dev/there-is-none"]) == 2
    assert "no such port" in capsys.readouterr().err
