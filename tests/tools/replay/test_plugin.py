"""The pytest plugin: its fixtures, its options, and captures that are tests."""
import subprocess
import sys

import pytest

from tests.tools.replay.captures import SCRIPTS, captured, foreign
from tests.tools.test_twin import real
from tools.capture.recording import Reading
from tools.cli import main


def ran(folder, *words):
    """pytest in a folder that is a user's -> (exit code, what it said)."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder,
         *map(str, words)], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_terminal_is_new_for_every_test(terminal, acquirer):
    terminal.log_in()
    assert terminal.sent("0800") and terminal.shop.acquirer is acquirer
    assert terminal.given_back_fen("20260004") == 0


@pytest.mark.terminal(number="10000003", language="zh", seed=5, blank=False)
def test_mark_sets_the_terminal_up(terminal):
    assert terminal.shop.terminal == "10000003" and terminal.settings["seed"] == 5
    terminal.world.power_on()
    assert "按确认键登录" in " ".join(terminal.world.screen())


@pytest.mark.terminal(scenario="slow_host")
def test_scenario_is_the_hosts_day_and_its_capture_replays(terminal, capture):
    terminal.log_in()
    assert capture.replay().differences == []
    with open(capture.path, "rb") as file:
        assert Reading(file).head.run["scenario"] == "slow_host"


def test_faults_are_statements_of_key_scripts(terminal, faults, capture):
    faults("paper out")
    assert terminal.world.device.printer.paper_out
    with pytest.raises(Exception, match="expected: wire cut|mend"):
        faults("wire bent")
    with pytest.raises(AssertionError, match="expect sent 0220 1: 0 were sent"):
        faults("expect sent 0220 1")
    with open(capture.path, "rb") as file:
        assert [packet.data for packet in Reading(file)] == [b"paper out"]


def test_another_host_may_be_at_the_end_of_the_line(terminal):
    class Deaf:
        asked = 0

        def answer(self, packet, now):
            self.asked += 1

    host = Deaf()
    terminal.serve_by(host)
    terminal.world.power_on()
    terminal.wait("log in")
    terminal.press("ENTER", "0", "1", "ENTER", *"0000", "ENTER")
    terminal.wait("does not answer")
    assert host.asked == 1


def test_mark_that_does_not_exist_is_refused(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import pytest\n@pytest.mark.terminal(colour='red')\ndef test_one(terminal): ...\n")
    code, told = ran(tmp_path)
    assert code == 1 and "terminal() has no colour; it has number, language" in told


@real
def test_options_choose_the_interpreter_and_keep_captures(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "def test_one(terminal):\n    terminal.log_in()\n"
        "    assert terminal.world.device.terminal is None  # it runs elsewhere\n"
        "    assert terminal.settings['seed'] == 9\n")
    code, told = ran(tmp_path, "--tuidan-micropython", "--tuidan-seed", 9, "--tuidan-captures",
                     tmp_path / "kept")
    assert code == 0, told
    assert main(["replay", str(tmp_path / "kept" / "test_mine.py_test_one.pcapng")]) == 0


def test_a_capture_becomes_a_test_that_notices_a_change(tmp_path, capsys):
    (tmp_path / "echo.pcapng").write_bytes(captured(SCRIPTS / "echo.txt"))
    folder = tmp_path / "tests" / "line_test"
    words = ["record-test", str(tmp_path / "echo.pcapng"), str(folder), "--about", "An echo."]
    assert main(words) == 0 and main(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert "An echo." in (folder / "README.md").read_text()
    code, told = ran(tmp_path)
    assert code == 0 and "2 passed" in told, told
    kept = folder / "capture.pcapng"    # another TPDU, with an LRC that is right again
    kept.write_bytes(kept.read_bytes().replace(bytes.fromhex("6000030000"),
                                               bytes.fromhex("6003000000")))
    code, told = ran(tmp_path)
    assert code == 1 and "tpdu" in told and "no difference was known" in told


def test_a_known_difference_is_expected_until_it_is_mended(tmp_path):
    from tests.tools.replay.test_by_rules import with_fields

    path = foreign(tmp_path / "x.pcapng", "refund_full",
                   lambda packet: with_fields(packet, "0230", f39="51"))
    folder = tmp_path / "tests" / "declined"
    assert main(["record-test", str(path), str(folder)]) == 0
    told = (folder / "replay.toml").read_text()
    assert 'rules = "rules.toml"' in told and '"acquirer 11 39"' in told
    code, told = ran(tmp_path)
    assert code == 0, told
    mended = foreign(tmp_path / "y.pcapng", "refund_full")
    (folder / "capture.pcapng").write_bytes(mended.read_bytes())
    code, told = ran(tmp_path)
    assert code == 1 and "known differences: acquirer 11 39" in told


def test_only_what_can_be_replayed_becomes_a_test(tmp_path, capsys):
    (tmp_path / "x").write_bytes(b"nothing")
    assert main(["record-test", str(tmp_path / "x"), str(tmp_path / "y")]) == 2
    assert "no pcapng file" in capsys.readouterr().err
    for name, words in (("", "cannot be read"), ("nowhere", "cannot be read")):
        assert main(["record-test", str(tmp_path / name), str(tmp_path / "y")]) == 2
        assert words in capsys.readouterr().err
    stranger = SCRIPTS.parent / "captures" / "other_program.pcapng"
    assert main(["record-test", str(stranger), str(tmp_path / "y")]) == 2
    assert "nothing to compare" in capsys.readouterr().err and not (tmp_path / "y").exists()
