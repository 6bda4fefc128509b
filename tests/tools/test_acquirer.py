"""`tuidan acquirer` and the firmware on MicroPython: two processes with only a line in common."""

import os
import select
import subprocess
from zlib import crc32

import pytest

from host_sim.acquirer import samples
from host_sim.ptyboard import flashfile
from tests.tools import desk
from tests.tools.desk import MICROPYTHON, TUIDAN, real
from tools.cli import main
from tools.demo import NotApproved, Operator
from tools.terminal import FIRMWARE, enrolled_flash

ORDER = "20260004"


@pytest.fixture
def till(tmp_path):
    """The flash of a terminal as it leaves the factory."""
    path = tmp_path / "flash"
    flashfile.write(path, enrolled_flash("en"))
    return path


def play(flash, link, order):
    """A refund on real MicroPython; the lines of paper. Raises NotApproved."""
    with desk.panel() as panel:
        environment = desk.environment(flash, panel.ports | {"link": link})
        process = subprocess.Popen([MICROPYTHON, FIRMWARE], env=environment)
        try:
            Operator(desk.Desk(panel), "en", order, None, lambda: None).play()
        finally:
            process.kill()
            process.wait()
        return panel.paper


@real
def test_a_refund_between_two_processes_is_in_the_ledger_afterwards(till, tmp_path):
    ledger = tmp_path / "ledger.db"
    with desk.running(TUIDAN, "acquirer", "--port", "pty", "--ledger", ledger) as (host, line):
        paper = play(till, line.split()[-1], ORDER)
        host.terminate()
        answered = host.stdout.read().splitlines()
    assert "RMB 520.00" in paper
    assert [line.split()[1] for line in answered] == ["0800", "0600", "0220"]
    assert answered[-1].endswith(" -> 00")
    key = samples.tmk(samples.TERMINAL)
    assert key not in till.read_bytes() and key in flashfile.key_file(till).read_bytes()
    # The same books in a new process: all of that order went back already.
    with desk.running(TUIDAN, "acquirer", "--port", "pty", "--ledger", ledger) as (_, line):
        with pytest.raises(NotApproved):
            play(till, line.split()[-1], ORDER)


def test_ctrl_c_ends_it_well():
    process = subprocess.Popen([TUIDAN, "acquirer", "--port", "pty"], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(2)
    assert process.wait(10) == 0
    process.stdout.close()


def test_noise_on_the_line_is_not_answered_and_not_fatal():
    with desk.running(TUIDAN, "acquirer", "--port", "pty") as (process, line):
        port = os.open(line.split()[-1], os.O_RDWR | os.O_NOCTTY)
        os.write(port, bytes(range(256)) * 4)
        assert not select.select([port], [], [], 0.2)[0]
        assert process.poll() is None
        os.close(port)


def test_a_port_that_is_not_there_is_one_line(capsys):
    assert main(["acquirer", "--port", "/dev/nowhere"]) == 1
    assert capsys.readouterr().err == "tuidan acquirer: /dev/nowhere: No such file or directory\n"


def test_a_file_that_is_no_port_is_one_line(tmp_path, capsys):
    note = tmp_path / "note"
    note.write_text("no port")
    assert main(["acquirer", "--port", str(note)]) == 1
    assert capsys.readouterr().err == f"tuidan acquirer: {note}: not a serial port\n"
    assert note.read_text() == "no port"


def test_a_ledger_that_is_no_database_is_one_line(tmp_path, capsys):
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(b"this is no database, whatever it is called " * 100)
    assert main(["acquirer", "--port", "pty", "--ledger", str(ledger)]) == 1
    assert "not a database" in capsys.readouterr().err


def test_a_ledger_put_back_from_an_older_copy_is_one_line(tmp_path, capsys):
    ledger = tmp_path / "ledger.db"
    (tmp_path / "ledger.db-witness").write_bytes(b"%010d %08x\n" % (99, crc32(b"%010d" % 99)))
    assert main(["acquirer", "--port", "pty", "--ledger", str(ledger)]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "older copy" in told
    accepted = ("--port", "pty", "--ledger", ledger, "--accept-older-ledger")
    with desk.running(TUIDAN, "acquirer", *accepted) as (_, line):
        assert line.startswith("acquirer at ")
