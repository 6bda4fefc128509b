"""`tuidan terminal` in a real pseudo-terminal, and where there is none."""
import os
import re
import subprocess

import pexpect
import pytest

from host_sim.on_micropython import MICROPYTHON
from tests.host_sim.tui.hand import LOG_IN, REFUND
from tests.tools import desk
from tests.tools.desk import TUIDAN

KEYS = {"enter": "\r", "tab": "\t"}
WAIT_S = 60
ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def window(*words, **environment):
    """`tuidan terminal` in a terminal of 80x24."""
    known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return pexpect.spawn(str(TUIDAN), ["terminal", "--language", "en", "--words", "en", *words],
                         env=known | ENVIRONMENT | environment, dimensions=(24, 80),
                         encoding="utf-8", timeout=WAIT_S)


def plays(child, script):
    for text, keys in script:
        child.expect_exact(text)
        for key in keys.split():
            child.send(KEYS.get(key, key))


def test_a_whole_refund_by_keys_against_an_acquirer_at_a_port(tmp_path):
    ledger = tmp_path / "ledger.db"
    with desk.running(TUIDAN, "acquirer", "--port", "pty", "--ledger", ledger) as (host, line):
        child = window("--link", line.split()[-1], "--flash", str(tmp_path / "flash"))
        child.expect_exact("idle")
        child.send("vv")                # the screen as text, which can be searched
        plays(child, (*LOG_IN[:-1], *REFUND, ("Signature", "qq")))
        child.expect(pexpect.EOF)
        assert child.wait() == 0
        host.terminate()
        answered = host.stdout.read().splitlines()
    assert [line.split()[1] for line in answered] == ["0800", "0600", "0220"]
    assert answered[-1].endswith(" -> 00")
    assert (tmp_path / "flash.key").stat().st_mode & 0o077 == 0
    again = window("--plain", "--flash", str(tmp_path / "flash"))
    again.expect_exact("ENTER to log in")       # it knows its operators, so it was the same flash
    again.sendintr()
    again.expect(pexpect.EOF)


def test_without_colours_everything_is_said_in_words():
    child = window(NO_COLOR="1")
    child.expect_exact("power on")
    child.send("p")
    child.expect_exact("power off")
    child.send("qq")
    child.expect(pexpect.EOF)
    assert child.wait() == 0


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_terminal_that_can_do_no_more_gets_lines(environment):
    child = window(**environment)
    child.expect_exact("| ENTER to log in  |" if "PYTHONIOENCODING" in environment
                       else "│ ENTER to log in  │")
    child.send("\r01\r")
    child.expect_exact("Password")
    child.sendintr()
    child.expect(pexpect.EOF)
    assert child.wait() == 0 and "Traceback" not in child.before


def test_keys_from_a_pipe_are_typed_one_after_the_other():
    done = subprocess.run(
        [TUIDAN, "terminal", "--plain", "--language", "en", "--words", "en"],
        input="\n01\n0000\n", capture_output=True, text=True, timeout=WAIT_S)
    assert (done.returncode, done.stderr) == (0, "")
    assert "terminal -> host: 0800 sign on request" in done.stdout
    assert "Ready      Op 01" in done.stdout


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no wheel of MicroPython for this machine")
def test_terminal_on_micropython_goes_on_with_what_was_kept(tmp_path):
    told = [subprocess.run(
        [TUIDAN, "terminal", "--plain", "--micropython", "--keep", tmp_path, "--words", "en"],
        input="\n01\n0000\n", capture_output=True, text=True, timeout=WAIT_S).stdout
        for _ in range(2)]
    stans = [re.findall(r"0800 sign on request, STAN (\d+)", one) for one in told]
    assert stans[0] == ["000001"] and len(stans[1]) == 1 and stans[1] > stans[0]


@pytest.mark.parametrize("words, told", [
    ([], "needs a terminal"), (["--plain", "--link", "/dev/nowhere"], "/dev/nowhere"),
    (["--plain", "--flash", __file__], "not a flash")])
def test_what_is_not_there_is_one_line(words, told):
    done = subprocess.run([TUIDAN, "terminal", *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and told in done.stderr
