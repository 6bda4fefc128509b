"""Every command of the README's chapter on captures does what it is shown for."""
import os
import pty
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.tools.desk import TUIDAN
from tools.capture.recording import Reading
from tools.cli import main

ROOT = Path(__file__).parents[2]
CHAPTER = next(one for one in (ROOT / "README.md").read_text(encoding="utf-8").split("\n## ")
               if one.startswith("A fault seen once"))
COMMANDS = [shlex.split(line.split("  #")[0])[1:] for block in CHAPTER.split("```")[1::2]
            for line in block.splitlines() if line.startswith("tuidan ")]
FOUND = {"explain": 1, "diff": 1}       # there is something to find
SAID = {"show": "MAC invalid", "explain": "One bit", "diff": "first difference",
        "replay": "no differences", "record-test": "pytest runs it", "capture": "passed"}
PORTS = ("/dev/ttyUSB0", "/dev/ttyUSB1")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder in which the commands find what they name, and may write."""
    for name in ("captures", "scripts"):
        shutil.copytree(ROOT / "tests" / name, tmp_path / "tests" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_chapter_shows_every_command_for_captures():
    assert {words[0] for words in COMMANDS} == {
        "show", "explain", "diff", "replay", "record-test", "capture"}


@pytest.mark.parametrize("words", [words for words in COMMANDS if PORTS[0] not in words],
                         ids=" ".join)
def test_it_does_what_is_said(words, checkout, capsys):
    assert main(words) == FOUND.get(words[0], 0)
    out = capsys.readouterr().out
    written = [Path(word) for word in words if word.endswith((".html", ".xml"))]
    assert all(path.stat().st_size > 300 for path in written)
    assert SAID[words[0]] in out or "--html" in words


@pytest.mark.parametrize("words", [words for words in COMMANDS if PORTS[0] in words], ids=" ".join)
def test_it_captures_a_line_until_ctrl_c(words, checkout):
    ends = [pty.openpty() for _ in PORTS]
    names = dict(zip(PORTS, (os.ttyname(slave) for _, slave in ends), strict=True))
    process = subprocess.Popen([TUIDAN, *(names.get(word, word) for word in words)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "terminal at" in process.stdout.readline()
    os.write(ends[0][0], b"\x06")
    assert os.read(ends[1][0], 1) == b"\x06"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0 and err == "" and "1 packets" in out
    with open("line.pcapng", "rb") as file:
        assert [packet.data for packet in Reading(file)] == [b"\x06"]
    for master, slave in ends:
        os.close(master)
        os.close(slave)
