"""The subset check: the tree keeps to it, every rule finds what is planted, and the rules are true.

That a rule is true is asked of the interpreter itself: what it calls missing fails there.
"""

import ast
import subprocess

import pytest

from tools import subset
from tools.stubs import BOARDS, ROOT, Stubs

needs_stubs = pytest.mark.skipif(
    not all((ROOT / "typings" / board / ".installed").exists() for board in BOARDS),
    reason="no stubs of the boards: " + " ".join(f"make typings/{b}/.installed" for b in BOARDS),
)
real = pytest.mark.skipif(
    not subset.MICROPYTHON.exists(), reason="no MicroPython for this machine"
)

# rule, what is planted, does the interpreter itself fail on it when it is run
PLANTED = [
    (subset.modules, "import functools", True),
    (subset.modules, "from time import monotonic", True),
    (subset.modules, "import time\ntime.perf_counter()", True),
    (subset.modules, "from binascii import crc_hqx", True),
    (subset.modules, "import vfs\nvfs.VfsLfs2.truncate", True),
    (subset.modules, "import machine\nmachine.Pin.IRQ_BOTH", False),
    (subset.modules, "from machine import UART\nUART.IRQ_RXIDLE_ALL", False),
    (subset.modules, "import esp32\nesp32.Partition.delete", False),
    (subset.modules, "import rp2\nfrom esp32 import NVS\nrp2.Flash.find", False),
    (subset.builtin_names, "raise TimeoutError", True),
    (subset.builtin_names, "print(ascii('x'))", True),
    (subset.methods, "'7'.zfill(6)", True),
    (subset.methods, "f'{1}'.ljust(6)", True),
    (subset.methods, "n = 5\nn.bit_length()", True),
    (subset.methods, "text = 'a'\ntext.removeprefix('a')", True),
    (subset.methods, "check = ''.isalnum", True),
    (subset.methods, "bytes.maketrans(b'a', b'b')", True),
    (subset.keywords, "int.from_bytes(b'1', byteorder='big')", True),
    (subset.keywords, "'a b'.split(maxsplit=1)", True),
    (subset.keywords, "zip([1], [2], strict=True)", True),
    (subset.keywords, "sum([1], start=2)", True),
    (subset.keywords, "raise ValueError(text='x')", True),
    (subset.keywords, "WireFault('35', at=1)", False),
    (subset.shapes, "buf = bytearray(4)\ndel buf[:2]", True),
    (subset.shapes, "'x'.encode('gb18030')", False),
]


def found(rule, source):
    return list(rule(ast.parse(source)))


@real
@needs_stubs
def test_everything_that_firmware_and_protocol_call_exists_on_the_boards():
    faults = list(subset.faults())
    assert not faults, "\n".join(faults)


@real
@needs_stubs
@pytest.mark.parametrize(("rule", "source"), [row[:2] for row in PLANTED])
def test_what_is_planted_is_found(rule, source):
    assert found(rule, source)


@real
@pytest.mark.parametrize("source", [source for _, source, fails in PLANTED if fails])
def test_what_a_rule_forbids_fails_on_micropython(source):
    done = subprocess.run([subset.MICROPYTHON, "-c", source], capture_output=True, timeout=60)
    assert done.returncode


ACCEPTED = [
    "import time\nprint(time.ticks_ms(), end='', sep=' ')",
    "print(sorted([2, 1], key=abs, reverse=True))\n[2, 1].sort(key=abs)",
    "max([1], key=abs, default=0)\nmin([], default=0)",
    "enumerate('a', start=1)",
    "'{x}'.format(x=1)",
    "dict(a=1).update(b=2)",
    "'x'.encode('utf-8').decode()",
    "with open('/dev/null', mode='w') as file:\n    file.write('')",
    "b'1'.hex().startswith(('3', '4'))",
]


@real
@needs_stubs
@pytest.mark.parametrize("source", ACCEPTED)
def test_what_micropython_runs_is_let_pass(source):
    assert [fault for rule in subset.RULES for fault in found(rule, source)] == []
    done = subprocess.run([subset.MICROPYTHON, "-c", source], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


@real
@needs_stubs
def test_a_chips_own_module_is_known_to_that_chips_stubs_only():
    assert subset.boards_of(ast.parse("import rp2")) == ("rp2",)
    assert subset.boards_of(ast.parse("from esp32 import NVS")) == ("esp32",)
    assert subset.boards_of(ast.parse("import machine")) == BOARDS
    assert found(subset.modules, "import rp2\nrp2.Flash") == []
    assert Stubs("esp32").find("rp2.Flash") == [] != Stubs("rp2").find("rp2.Flash")


@needs_stubs
def test_calls_are_held_against_the_stubs_overloads():
    stubs = Stubs("rp2")
    assert stubs.fits("machine.UART", 1, ["baudrate", "tx", "rx", "txbuf", "rxbuf"])
    assert not stubs.fits("machine.UART", 6, [])
    assert not stubs.fits("machine.UART", 1, ["bauds"])
    assert stubs.fits("machine.WDT", 0, ["timeout"]) and not stubs.fits("machine.WDT", 1, [])
    assert stubs.fits("time.ticks_diff", 2, []) and not stubs.fits("time.ticks_diff", 1, [])
    assert stubs.fits("rp2.Flash.readblocks", 3, [])
    assert not stubs.fits("rp2.Flash.readblocks", 4, [])
