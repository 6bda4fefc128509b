"""The `tuidan` command where its surroundings fail it: one line told, never a traceback."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import cli

SCRIPT = Path(__file__).parents[1] / "scripts" / "echo.txt"
PACKET = b"60000300006031003110010820000000000000000000\n"


def tuidan(words, **more):
    """Run `tuidan WORDS`, `words` in one text -> CompletedProcess; `more` as for subprocess."""
    return subprocess.run([sys.executable, "-m", "tools.cli", *words.split()], timeout=60,
                          stderr=subprocess.PIPE, cwd=Path(cli.__file__).parents[1], **more)


@pytest.mark.parametrize("words", [f"press --trace {SCRIPT}", f"press --json {SCRIPT}"])
def test_a_locale_without_chinese_gets_it_escaped(words):
    ascii_only = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = tuidan(words, env=ascii_only, stdout=subprocess.PIPE)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii() and b"\\u9000" in ran.stdout
    if "--json" in words:
        assert "退单测试店" in json.loads(ran.stdout)["screens"][-1]["rows"][0]


@pytest.mark.parametrize("words", ["decode", f"press {SCRIPT}", f"press --json {SCRIPT}"])
def test_a_full_disk_is_told_in_one_line(words):
    with open("/dev/full", "wb") as full:
        ran = tuidan(words, input=PACKET, stdout=full)
    assert (ran.returncode, ran.stderr) == (2, b"tuidan: No space left on device\n")


def test_a_standard_input_that_is_closed_is_wrong_usage():
    ran = subprocess.run(["sh", "-c", '"$0" -m tools.cli decode <&-', sys.executable],
                         capture_output=True, timeout=60, cwd=Path(cli.__file__).parents[1])
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"tuidan decode: ") and ran.stderr.count(b"\n") == 1


def test_a_standard_output_that_is_closed_is_none_of_our_business():
    ran = subprocess.run(["sh", "-c", '"$0" -m tools.cli press "$1" >&-', sys.executable, SCRIPT],
                         capture_output=True, timeout=60, cwd=Path(cli.__file__).parents[1])
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["press", "demo"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_run(capsys, tmp_path, command):
    (tmp_path / "file").touch()
    words = [command, "--pictures", str(tmp_path / "file" / "x")]
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "") and err.count("\n") == 1
    assert "cannot make" in err and "Not a directory" in err


def test_ctrl_c_while_a_command_is_loading_ends_it_quietly(monkeypatch, capsys):
    def interrupted(_name):
        raise KeyboardInterrupt
    monkeypatch.setattr(cli.importlib, "import_module", interrupted)
    assert cli.main(["decode"]) == 130
    assert capsys.readouterr() == ("", "")
