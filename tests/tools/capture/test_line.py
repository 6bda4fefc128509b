"""A real line goes on through a capture, and what passed is in the file: in order, masked, whole
wherever it ends."""
import json
import os
import pty
import resource
import select
import signal
import subprocess
import tty
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from host_sim.ptyboard import flashfile
from host_sim.ptyboard.console import ROOT
from tests.tools import desk
from tests.tools.capture.lines import frame, read, sale, sign_on_reply
from tests.tools.desk import MICROPYTHON, TUIDAN, real
from tools.capture.keys import Keys
from tools.capture.latency import Latency
from tools.capture.line import ALONE_US, SILENCE_US, LineRecorder
from tools.capture.masking import Masker
from tools.capture.sink import Rotation
from tools.cli import main
from tools.demo import Operator
from tools.terminal import FIRMWARE, enrolled_flash

REAL = "6217001234567890123"
ACK = b"\x06"


# what is heard, without a line

@pytest.fixture
def recorder(tmp_path):
    made = recording(tmp_path / "a.pcapng")
    yield made
    made.close()


def recording(path, **rotation):
    return LineRecorder(Rotation(path, **rotation), {}, Masker(Keys()), 0)


def heard(made):
    """[(at_us, way, data, notes)] of all its files."""
    found = []
    for path in made.files:
        reading, packets = read(path.read_bytes())
        assert reading.fault is None
        found += [(one.at_us, one.way, one.data, one.notes) for one in packets]
    return found


def test_a_packet_has_the_time_of_its_first_byte(recorder):
    whole = frame(sale("6200000000000005"))
    recorder.hear("out", whole[:9], 1_000)
    recorder.hear("out", whole[9:], 4_000)
    assert heard(recorder) == [(1_000, "out", whole, {"mac": "unchecked"})]


def test_both_directions_stand_in_the_order_of_time(recorder):
    whole = frame(sale("6200000000000005"))
    recorder.hear("out", whole[:9], 1_000)
    recorder.hear("in", ACK + whole, 2_000)
    assert heard(recorder) == []
    recorder.hear("out", whole[9:], 3_000)
    assert [(at, way, len(data)) for at, way, data, _ in heard(recorder)] == [
        (1_000, "out", len(whole)), (2_000, "in", 1), (2_000, "in", len(whole))]
    assert heard(recorder)[2][3]["joined"] == "yes"


def test_silence_ends_what_waits(recorder):
    recorder.hear("out", ACK, 1_000)
    recorder.silent(1_000 + ALONE_US - 1)
    assert heard(recorder) == []
    recorder.silent(1_000 + ALONE_US)
    assert heard(recorder) == [(1_000, "out", ACK, {})]
    recorder.hear("out", b"\x02\x00\x99\x60", 100_000)
    recorder.silent(100_000 + SILENCE_US - 1)
    assert len(heard(recorder)) == 1
    recorder.silent(100_000 + SILENCE_US)
    assert heard(recorder)[1] == (100_000, "out", bytes(4), {"masked": "undecodable"})


def test_rotation_loses_no_packet_between_two_files(tmp_path):
    made = recording(tmp_path / "a.pcapng", most_bytes=2_000)
    whole = frame(sale("6200000000000005"))
    for number in range(100):
        made.hear("out", whole, number)
    made.end(100, "done")
    made.close()
    assert len(made.files) > 5
    assert [path.name for path in made.files[:2]] == ["a.0001.pcapng", "a.0002.pcapng"]
    assert [at for at, *_ in heard(made)] == list(range(100))
    assert all(path.stat().st_size < 2_400 for path in made.files)


def test_rotation_by_time_begins_no_file_for_nothing(tmp_path):
    made = recording(tmp_path / "a.pcapng", most_us=1_000)
    for at_us in (0, 999, 1_000, 50_000):
        made.hear("out", frame(sale("6200000000000005")), at_us)
        made.silent(at_us)
    made.close()
    assert Counter(len(read(path.read_bytes())[1]) for path in made.files) == {2: 1, 1: 2}


def test_only_the_last_files_are_kept_and_none_of_another_capture_goes(tmp_path):
    (tmp_path / "a.0007.pcapng").write_bytes(b"of yesterday")
    made = recording(tmp_path / "a.pcapng", most_bytes=1, keep=2)
    for at_us in range(6):
        made.hear("out", frame(sale("6200000000000005")), at_us)
    made.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.0007.pcapng", "a.0012.pcapng", "a.0013.pcapng"]
    assert [at for at, *_ in heard(made)] == [4, 5]


def test_two_captures_of_one_name_side_by_side_leave_each_other_alone(tmp_path):
    both = [recording(tmp_path / "a.pcapng", most_bytes=1, keep=3) for _ in range(2)]
    for at_us in range(6):
        for made in both:
            made.hear("out", frame(sale("6200000000000005")), at_us)
    for made in both:
        made.close()
        assert [at for at, *_ in heard(made)] == [3, 4, 5]
    assert len(list(tmp_path.iterdir())) == 6


def test_an_old_file_that_cannot_go_is_no_end_of_the_capture(tmp_path):
    made = recording(tmp_path / "a.pcapng", most_bytes=1, keep=1)
    made.hear("out", frame(sale("6200000000000005")), 1)
    made.files[0].unlink()
    made.files[0].mkdir()       # somebody else's by now
    made.hear("out", frame(sale("6200000000000005")), 2)
    made.close()
    assert [at for at, *_ in heard(made)] == [2]


def test_a_script_that_cannot_be_read_costs_no_file(tmp_path, capsys):
    script, there = tmp_path / "a.txt", tmp_path / "there.pcapng"
    script.write_text("press 1\n")
    there.write_bytes(b"of yesterday")
    assert main(["capture", "-o", str(script), str(script)]) == 2
    assert main(["press", str(script), "--capture", str(script)]) == 2
    assert "is the script itself" in capsys.readouterr().err
    assert main(["capture", "-o", str(there), str(tmp_path / "none.txt")]) == 2
    assert script.read_text() == "press 1\n" and there.read_bytes() == b"of yesterday"


def test_verdicts_go_on_over_files(tmp_path):
    made = recording(tmp_path / "a.pcapng", most_bytes=1)
    made.hear("in", frame(sign_on_reply()), 1)
    made.hear("out", frame(sale("6200000000000005", mak=bytes(range(16, 32)))), 2)
    made.close()
    assert [notes["mac"] for *_, notes in heard(made)] == ["valid", "valid"]


def test_percentiles_round_up_to_two_digits():
    latency = Latency()
    for us in [*range(1, 100), 12_345]:
        latency.add(us)
    assert latency.figures() == {
        "pieces": 100, "median": 50, "p95": 95, "p99": 99, "worst": 12_345}
    assert latency.percentile(100) == 12_345
    latency.add(20_000)
    assert latency.percentile(99) == 13_000


# a process between two ports

class Ends:
    """Both ends of a line through `tuidan capture`, as two open PTYs."""

    def __init__(self, banner):
        words = banner.replace(",", "").split()
        names = words[2], words[5]
        self.terminal, self.host = (os.open(name, os.O_RDWR | os.O_NOCTTY) for name in names)
        for descriptor in (self.terminal, self.host):
            tty.setraw(descriptor)

    def pass_on(self, one, other, data):
        """Send and wait until it has come out at the other end."""
        os.write(one, data)
        got = b""
        while len(got) < len(data):
            assert select.select([other], [], [], 10)[0], "nothing came out"
            piece = os.read(other, 4096)
            if not piece:
                raise OSError("the other end is closed")
            got += piece
        assert got == data

    def close(self):
        os.close(self.terminal)
        os.close(self.host)


def tapped(path, *options):
    return desk.running(TUIDAN, "capture", "-o", path, "--pty", *options,
                        stderr=subprocess.PIPE)


def ended(process, sign=signal.SIGINT):
    """(exit code, standard output, standard error) after Ctrl-C, or another end."""
    if sign is not None:
        process.send_signal(sign)
    code = process.wait(20)
    return code, process.stdout.read(), process.stderr.read()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_line_is_forwarded_both_ways_and_ends_well_by_hand(tmp_path, sign):
    path = tmp_path / "a.pcapng"
    with tapped(path) as (process, banner):
        ends = Ends(banner)
        ends.pass_on(ends.terminal, ends.host, frame(sale(REAL)))
        ends.pass_on(ends.host, ends.terminal, ACK)
        ends.pass_on(ends.terminal, ends.host, b"\x99" * 3)
        code, out, err = ended(process, sign)
        ends.close()
    assert (code, err) == (0, "")
    assert "3 packets in" in out and "median" in out and "99%" in out
    reading, packets = read(path.read_bytes())
    assert [(one.way, len(one.data)) for one in packets] == [
        ("out", len(frame(sale(REAL)))), ("in", 1), ("out", 3)]
    assert packets[0].notes["masked"] == "2 64"
    assert reading.fault is None and "added latency of 3 pieces" in reading.remarks[-1]
    assert reading.head.run["made_by"] == "line"
    assert bytes.fromhex(REAL + "0") not in path.read_bytes()


def test_figures_as_json(tmp_path):
    process = subprocess.Popen(
        [TUIDAN, "capture", "-o", tmp_path / "a.pcapng", "--pty", "--json"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "terminal at" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    told = json.loads(out)
    assert (process.returncode, told["packets"], told["bytes"], told["end"]) == (0, 0, 0, None)
    assert told["files"] == [str(tmp_path / "a.pcapng")] and told["latency_us"]["pieces"] == 0
    assert err == ""


def test_a_port_that_goes_away_is_one_line(tmp_path):
    path = tmp_path / "a.pcapng"
    masters = [pty.openpty() for _ in range(2)]
    names = [os.ttyname(slave) for _, slave in masters]
    with desk.running(TUIDAN, "capture", "-o", path, "--between", *names,
                      stderr=subprocess.PIPE) as (process, _):
        for _, slave in masters:
            os.close(slave)
        os.write(masters[0][0], frame(sale(REAL)))
        assert select.select([masters[1][0]], [], [], 10)[0]
        os.close(masters[1][0])
        code, out, err = ended(process, None)
        os.close(masters[0][0])
    assert code == 2 and err.count("\n") == 1 and f"{names[1]} is gone" in err
    reading, packets = read(path.read_bytes())
    assert reading.fault is None and len(packets) == 1
    assert "is gone" in reading.remarks[-1]


def test_a_disk_that_is_full_leaves_whole_packets_and_one_line(tmp_path):
    """The kernel refuses the byte that would be one too many."""
    path = tmp_path / "a.pcapng"
    limit = 3_000
    with tapped(path) as (process, banner):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        ends = Ends(banner)
        with suppress(OSError):     # the port goes with the process
            for _ in range(100):
                ends.pass_on(ends.terminal, ends.host, frame(sale(REAL)))
        code, out, err = ended(process, None)
        ends.close()
    assert code == 2 and err.count("\n") == 1 and str(path) in err and "whole" in err
    reading, packets = read(path.read_bytes())
    assert reading.fault is None and len(packets) >= 5
    assert path.stat().st_size <= limit


def test_a_full_device_from_the_start_is_one_line(capsys):
    assert main(["capture", "-o", "/dev/full", "--pty"]) == 2
    assert Path("/dev/full").is_char_device()
    assert capsys.readouterr().err == "tuidan capture: /dev/full: No space left on device\n"
    assert main(["capture", "-o", "/dev/full", str(ROOT / "tests/scripts/echo.txt")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("words, said", [
    (["--between", "/dev/nowhere", "pty"], "/dev/nowhere"),
    (["--between", "loop://", "pty"], "cannot be waited for"),
    (["--between", "nonsense://x", "pty"], "nonsense"),
    ([], "either a SCRIPT or a line"),
    (["--pty", "script.txt"], "either a SCRIPT or a line"),
    (["--pty", "--keep", "3"], "--keep is for"),
    (["--pty", "--keys", "/dev/nowhere"], "/dev/nowhere"),
])
def test_what_cannot_be_is_one_line(words, said, tmp_path, capsys):
    assert main(["capture", "-o", str(tmp_path / "a.pcapng"), *words]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and said in err


@pytest.mark.parametrize("text, said", [
    ("", "no [[terminal]]"), ("[[terminal]]\n", "number is missing"),
    ("[[terminal]]\nnumber = '1'\ntmk = 'SECRET'\n", "tmk is not hex"),
    ("[[terminal]]\nnumber = '1'\nmak = '0011'\n", "mak is not 8 or 16 bytes"),
    ("[[terminal]]\nnumber = '1'\nmac = 'x'\n", "mac is one of"),
    ("[[terminal]]\nnumber = '1'\n", "tmk or mak"), ("SECRET", "no TOML"),
])
def test_a_file_of_keys_that_cannot_be_used_says_where_and_no_key(text, said, tmp_path, capsys):
    keys = tmp_path / "keys.toml"
    keys.write_text(text)
    assert main(["capture", "-o", str(tmp_path / "a"), "--pty", "--keys", str(keys)]) == 2
    err = capsys.readouterr().err
    assert said in err and "SECRET" not in err


@real
def test_a_refund_of_two_real_programs_through_a_capture(tmp_path):
    """Firmware on MicroPython, `tuidan acquirer`, and the capture between: nobody notices it."""
    flash, path = tmp_path / "flash", tmp_path / "a.pcapng"
    flashfile.write(flash, enrolled_flash("en"))
    with desk.acquirer() as (_, host), desk.panel() as panel, desk.running(
            TUIDAN, "capture", "-o", path, "--between", "pty", host,
            stderr=subprocess.PIPE) as (process, banner):
        link = banner.replace(",", "").split()[2]
        firmware = subprocess.Popen([MICROPYTHON, FIRMWARE],
                                    env=desk.environment(flash, panel.ports | {"link": link}))
        try:
            Operator(desk.Desk(panel), "en", "20260004", None, lambda: None).play()
        finally:
            firmware.kill()
            firmware.wait()
        code, out, err = ended(process)
    assert (code, err) == (0, "")
    reading, packets = read(path.read_bytes())
    messages = [one for one in packets if len(one.data) > 1]
    assert [one.data[14:16].hex() for one in messages] == [
        "0800", "0810", "0600", "0610", "0220", "0230"]
    assert [one.notes.get("mac") for one in messages] == [None] + ["valid"] * 5
    assert all("masked" not in one.notes for one in packets)
    assert reading.fault is None
