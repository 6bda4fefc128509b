"""Flashing a board, real MicroPython at a PTY: whatever goes wrong, it starts what it had."""

import os
import shutil
from pathlib import Path

import pytest
import serial

from tests.tools import desk
from tests.tools.desk import board, first_start, on_board, real
from tools import board as at_port
from tools import build, flash, mpy
from tools.cli import main
from tools.demo import Operator
from tools.terminal import enrolled_flash

pytestmark = real

SMALL_GLYPHS = 40 * 36  # enough of them for the first screen of a terminal without parts
BROKEN = b"raise ValueError('planted')\n"
WORDS = "firmware/text/en.txt"
PROGRAM = at_port.ON_BOARD.read_text()
DATA_START = 1148 * 1024
FILL = """with open('/big', 'wb') as file:
    for _ in range(170):
        file.write(bytes(4096))
"""


def modules(built):
    """Paths of the .mpy that lie in a build's file of modules."""
    return {str(path.relative_to(built.folder)) for path in built.folder.rglob("*.mpy")}


def quiet(*_line):
    pass


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A build with few glyphs, as others are made of it: an upload takes seconds."""
    folder = tmp_path_factory.mktemp("build") / "version"
    built = build.build(folder, "pico", "x64")
    with open(built.glyphs, "r+b") as file:
        file.truncate(SMALL_GLYPHS)
    return variant(built, folder.parent, "small")


def variant(built, folder, name, changes=()):
    """The Build of a copy in which the files of `changes` {path: bytes} are other ones."""
    copy = folder / name / "version"
    shutil.copytree(built.folder, copy)
    shutil.copy(built.glyphs, copy / build.GLYPHS)
    for path, data in dict(changes).items():
        (copy / path).write_bytes(data)
    return build.described(copy)


@pytest.fixture(scope="module")
def newer(small, tmp_path_factory):
    words = (small.folder / "firmware/text/en.txt").read_bytes() + b"more=more\n"
    return variant(small, tmp_path_factory.mktemp("newer"), "newer", {WORDS: words})


@pytest.fixture
def install(monkeypatch):
    """install(port, build): what `tuidan flash` does with that build instead of a new one."""

    def install(port, built, say=quiet):
        monkeypatch.setattr(flash, "build", lambda *_: built)
        return flash.install(port, "rp2", say)

    return install


def put(image, built, *options):
    """Install a build on the flash in `image`, as `tuidan flash` does."""
    with pytest.MonkeyPatch.context() as patch, board(image, *options) as port:
        patch.setattr(flash, "build", lambda *_: built)
        assert flash.install(port, "rp2", quiet) == built.version


@pytest.fixture(scope="module")
def installed(small, tmp_path_factory):
    """A flash on which the small build runs, and has run."""
    image = tmp_path_factory.mktemp("board") / "flash"
    image.write_bytes(enrolled_flash("en"))
    put(image, small)
    return image


@pytest.fixture(scope="module")
def update(installed, newer, tmp_path_factory):
    """(flash with the newer build active over the small one, folder with the flash at each file of
    that update's upload)."""
    folder = tmp_path_factory.mktemp("update")
    image = Path(shutil.copy(installed, folder / "flash"))
    copies = folder / "copies"
    copies.mkdir()
    put(image, newer, "--copies", copies)
    return image, copies


@pytest.fixture
def image(installed, tmp_path):
    """A copy of it, to be changed."""
    return Path(shutil.copy(installed, tmp_path / "flash"))


@pytest.fixture
def updated(update, tmp_path):
    return Path(shutil.copy(update[0], tmp_path / "flash"))


def started(image, tmp_path):
    """The version that a board with this flash starts; the firmware comes to its first wait."""
    lines = first_start(image, tmp_path)
    assert [line for line in lines if "failed" in line or "Error" in line] == []
    return [line.split()[1] for line in lines if line.endswith(" starts")][-1]


# ------------------------------------------------------------------ it goes well


def test_the_command_flashes_a_blank_board_which_then_makes_a_refund(tmp_path, capsys):
    image = tmp_path / "flash"
    image.write_bytes(enrolled_flash("en"))
    with desk.acquirer() as (host, link), desk.panel() as panel:
        ports = [word for name, path in panel.ports.items() for word in (f"--{name}", path)]
        with board(image, "--link", link, *ports) as port:
            assert main(["flash", "--port", port, "--board", "rp2"]) == 0
            assert "runs on the board at " + port in capsys.readouterr().out
            Operator(desk.Desk(panel), "en", "20260004", None, quiet).play()
        host.terminate()
        answered = host.stdout.read()
    assert "0220 refund request" in answered
    assert answered.rstrip().endswith("520.00 yuan -> 00")
    assert "RMB 520.00" in panel.paper and "20260004" in "".join(panel.paper)


def test_an_update_keeps_the_version_before_and_the_data_of_the_terminal(
    installed, updated, newer, small, tmp_path
):
    assert updated.read_bytes()[DATA_START:] == installed.read_bytes()[DATA_START:]
    assert started(updated, tmp_path) == newer.version
    assert on_board(updated, f"import os; os.stat('/tuidan/{small.version}/modules')")


def test_a_version_that_is_there_already_is_not_sent_again(image, small, install):
    heard = []
    with board(image) as port:
        assert install(port, small, heard.append) == small.version
    assert not [line for line in heard if "/" in line and "bytes" in line]


# ------------------------------------------------------------------ it goes wrong


def test_a_version_that_does_not_start_makes_way_for_the_one_before(
    image, small, install, tmp_path
):
    bad = variant(small, tmp_path, "bad", {"firmware/kernel.mpy": b""})
    os.rename(bad.folder / "firmware/kernel.mpy", bad.folder / "firmware/kernel.py")
    (bad.folder / "firmware/kernel.py").write_bytes(BROKEN)
    shutil.copy(bad.glyphs, bad.folder / build.GLYPHS)
    bad = build.described(bad.folder)
    with board(image) as port:
        with pytest.raises(at_port.Failed) as told:
            install(port, bad)
    assert str(told.value) == (
        f"{bad.version} did not start (ValueError: planted); "
        f"the terminal runs {small.version} again"
    )
    assert started(image, tmp_path) == small.version


def test_a_version_that_never_runs_for_a_while_is_left_after_two_starts(
    updated, newer, small, tmp_path
):
    assert on_board(updated, PROGRAM + f"put('starts', '{newer.version} 0')")
    # Each of these ends long before the version has settled, as hanging would.
    versions = [started(updated, tmp_path) for _ in range(4)]
    assert versions == [newer.version] * 2 + [small.version] * 2


def test_power_lost_at_any_file_of_an_upload_leaves_the_version_that_was_there(
    update, newer, small, tmp_path
):
    cuts = sorted(update[1].iterdir())
    assert len(cuts) == len(newer.files)
    for cut in cuts:
        assert started(Path(shutil.copy(cut, tmp_path)), tmp_path) == small.version, cut.name


def test_power_lost_at_any_moment_of_the_switch_leaves_one_of_the_two(
    updated, newer, small, tmp_path
):
    back = f"activate({small.version!r}, '-', 'pico')\nput('starts', '{small.version} runs')\n"
    back += f"os.rename(HOME + '/{newer.version}', HOME + '/{newer.version}.part')\n"
    assert on_board(updated, PROGRAM + back)
    switch = f"accept({newer.version!r})\nactivate({newer.version!r}, {small.version!r}, 'pico')"
    seen, operations, complete = [], 0, False
    while not complete:
        cut = Path(shutil.copy(updated, tmp_path / "cut"))
        complete = on_board(cut, PROGRAM + switch, operations)
        seen.append(started(cut, tmp_path))
        operations += 1
    turn = seen.index(newer.version)
    assert 3 < turn and seen == [small.version] * turn + [newer.version] * (len(seen) - turn)


def test_power_lost_at_any_moment_of_the_way_back_does_not_stop_it(updated, newer, small, tmp_path):
    assert on_board(updated, PROGRAM + f"put('starts', '{newer.version} 2')")
    operations, complete = 0, False
    while not complete:
        cut = Path(shutil.copy(updated, tmp_path / "cut"))
        complete = any("starts" in line for line in first_start(cut, tmp_path, operations))
        assert started(cut, tmp_path) == small.version
        operations += 1
    assert operations > 3


def test_a_cut_upload_says_so_and_the_next_one_goes_on(image, newer, small, install, tmp_path):
    half = len(newer.files) // 2
    with board(image, "--cut-at", half) as port:
        with pytest.raises(at_port.Cut) as told:
            install(port, newer)
    assert f"the upload was cut off at file {half} of {len(newer.files)}" in str(told.value)
    assert str(told.value).endswith(f"the terminal keeps {small.version}")
    assert started(image, tmp_path) == small.version
    with board(image) as port:
        assert install(port, newer) == newer.version


def test_a_full_board_is_seen_before_anything_is_sent(image, newer, small, install, tmp_path):
    assert on_board(image, FILL)
    heard = []
    with board(image) as port:
        full = r"is full: \d+ KB are needed, \d+ KB are free; the "
        with pytest.raises(at_port.Full, match=full):
            install(port, newer, heard.append)
    assert not [line for line in heard if "bytes" in line]
    assert started(image, tmp_path) == small.version


def test_a_board_that_becomes_full_meanwhile_is_cleaned_up(
    image, newer, small, install, tmp_path, monkeypatch
):
    assert on_board(image, FILL)
    monkeypatch.setattr(flash, "_make_room", lambda board, state, uploads, keep, spare, folders:
                        board.ask(f"prepare({keep!r}, 0, [], {folders!r})"))  # fmt: skip
    with board(image) as port:
        with pytest.raises(at_port.Full, match=f"is full; the terminal keeps {small.version}"):
            install(port, newer)
    assert started(image, tmp_path) == small.version
    left = "import os; assert not [n for n in os.listdir('/tuidan') if n.endswith('.part')]"
    assert on_board(image, left)


def test_a_file_that_arrives_damaged_is_not_activated(
    image, newer, small, install, tmp_path, monkeypatch
):
    copy = at_port.Board.copy

    def damaging(board, uploads, *heard):
        copy(board, uploads, *heard)
        board.ask(f"put({uploads[1][1]!r}, 'damaged')")

    monkeypatch.setattr(at_port.Board, "copy", damaging)
    with board(image) as port:
        with pytest.raises(at_port.Failed, match=f"damaged; the terminal keeps {small.version}"):
            install(port, newer)
    assert started(image, tmp_path) == small.version


def test_mpy_files_that_the_board_cannot_load_are_refused(image, small, install, tmp_path):
    older = bytearray((small.folder / "firmware/day.mpy").read_bytes())
    older[1] -= 1
    built = variant(small, tmp_path, "older", {"firmware/day.mpy": older})
    with board(image) as port:
        with pytest.raises(at_port.Failed, match="writes .mpy version 5, the board's MicroPython "
                                               "loads version 6"):  # fmt: skip
            install(port, built)
    assert started(image, tmp_path) == small.version


def test_a_file_missing_here_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(mpy, "ROOT", tmp_path)
    with pytest.raises(at_port.Failed, match="firmware/loader.py is missing here"):
        build.build(tmp_path / "version", "pico", None)


def test_no_board_at_the_port(capsys):
    assert main(["flash", "--port", "/dev/nowhere"]) == 1
    assert capsys.readouterr().err == (
        "tuidan flash: no board at /dev/nowhere: there is no such port\n"
    )


def test_a_port_that_another_program_has(image, capsys):
    with board(image) as port, serial.Serial(port, exclusive=True):
        assert main(["flash", "--port", port]) == 1
    assert capsys.readouterr().err == (
        f"tuidan flash: {port} is busy: another program has it open\n"
    )


def test_a_port_where_nobody_answers(capsys, monkeypatch):
    monkeypatch.setattr(at_port, "ANSWER_S", 1)
    monkeypatch.setattr(at_port, "RETURN_S", 0)
    master, slave = os.openpty()
    name = os.ttyname(slave)
    assert main(["flash", "--port", name]) == 1
    assert capsys.readouterr().err == f"tuidan flash: the board at {name} fell silent\n"
    os.close(master)
    os.close(slave)


def test_a_board_of_another_kind_has_to_be_named_and_goes_on_with_what_it_had(image, small, capsys):
    with board(image) as port:
        assert main(["flash", "--port", port]) == 1
        assert f"tuidan {small.version} runs" in at_port.Board(port).console(flash.STARTED_S)
    assert capsys.readouterr().err == (
        "tuidan flash: the board calls itself linux: say --board rp2 or esp32; "
        f"the terminal keeps {small.version}\n"
    )


# ------------------------------------------------------------------ the diagnostic log


def test_the_log_of_a_board_is_that_of_its_flash(image, small, capsys):
    with board(image) as port:
        assert main(["log", "--port", port]) == 0
        told = capsys.readouterr().out.splitlines()
        assert f"tuidan {small.version} runs" in at_port.Board(port).console(flash.STARTED_S)
    assert main(["log", str(image)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(" boot " in line for line in told) and told == lines[: len(told)]


def test_a_board_without_the_firmware_has_no_log_and_is_told_so(tmp_path, capsys):
    blank = tmp_path / "flash"
    blank.write_bytes(enrolled_flash("en"))
    with board(blank) as port:
        assert main(["log", "--port", port]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"tuidan log: no version of the firmware is active on the board at {port}\n"


def test_a_board_that_says_nothing_has_no_log(capsys, monkeypatch):
    monkeypatch.setattr(at_port, "ANSWER_S", 1)
    monkeypatch.setattr(at_port, "RETURN_S", 0)
    master, slave = os.openpty()
    assert main(["log", "--port", os.ttyname(slave)]) == 2
    assert capsys.readouterr().err == (
        f"tuidan log: the board at {os.ttyname(slave)} fell silent\n"
    )
    os.close(master)
    os.close(slave)


# ------------------------------------------------------------------ the connection


def test_what_is_typed_while_a_board_starts_is_heard(image):
    with board(image) as port, serial.Serial(port, timeout=60) as early:
        early.write(b"\r\x03\r\x01")
        assert early.read_until(b"raw REPL; CTRL-B to exit\r\n>").endswith(b">")


def test_an_answer_that_does_not_come_is_asked_for_again(image, small, install, monkeypatch):
    mpremote = at_port.Board._mpremote
    lost = iter(["before it arrives", "before the answer", "none"])

    def losing(board, *words, **arguments):
        loss = next(lost, "none")
        if loss != "before it arrives":
            lines = mpremote(board, *words, **arguments)
        if loss != "none":
            raise at_port.Cut(loss)
        return lines

    monkeypatch.setattr(at_port.Board, "_mpremote", losing)
    with board(image) as port:
        assert install(port, small) == small.version
    assert next(lost, None) is None


def test_a_watchdog_that_bites_takes_the_port_away_and_the_next_question_is_answered(image):
    bitten = "import machine; machine.WDT(timeout=100)\nwhile True: pass"
    with board(image) as port:
        with pytest.raises(at_port.Cut, match="broke off"):
            at_port.Board(port)._mpremote("exec", bitten)
        assert at_port.Board(port).hold()["platform"] == "linux"


def test_a_version_whose_word_was_not_heard_is_asked_for_it(image, newer, install, monkeypatch):
    console = at_port.Board.console

    def deaf(board, seconds):
        assert f"tuidan {newer.version} runs" in console(board, seconds)
        return []

    monkeypatch.setattr(at_port.Board, "console", deaf)
    with board(image) as port:
        assert install(port, newer) == newer.version


# ------------------------------------------------------------------ what goes onto the board


def test_machine_code_goes_as_source_to_a_board_of_unknown_architecture(tmp_path):
    built = build.build(tmp_path / "version", "pico", None)
    assert "protocol/mac/des_viper.py" in built.files
    assert "protocol/mac/des_viper.mpy" not in modules(built)
    assert "protocol/mac/portable.mpy" in modules(built)


def test_only_the_board_s_own_file_and_nothing_of_the_host_goes_onto_it(small):
    files = modules(small) | set(small.files)
    assert "firmware/board/pico.mpy" in files and "firmware/board/esp32.mpy" not in files
    assert "firmware/loader.mpy" not in files and build.GLYPHS not in files
    assert not [name for name in files if "reference" in name or name.startswith("host_sim")]


def test_the_same_sources_are_the_same_version(tmp_path):
    one, other = (build.build(tmp_path / name / "version", "pico", "x64") for name in "ab")
    assert one.version == other.version and one.files == other.files
