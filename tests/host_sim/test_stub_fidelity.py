"""All that firmware touches of the chip, by name: in both boards' stubs and in the stand-ins alike.

The list is written out, so that a new thing touched is a decision and not an accident.
"""

import ast
import importlib
import inspect
from typing import NamedTuple

import pytest

from tools.stubs import BOARDS, ROOT
from tools.subset import portable_files, stubs, uses

CHIP = ("machine", "time", "framebuf", "vfs", "cryptolib", "rp2", "esp32")

TOUCHED = """
cryptolib.aes cryptolib.aes.encrypt
esp32.Partition esp32.Partition.TYPE_DATA esp32.Partition.find
esp32.Partition.ioctl esp32.Partition.readblocks esp32.Partition.writeblocks
framebuf.FrameBuffer framebuf.FrameBuffer.blit framebuf.FrameBuffer.fill
framebuf.FrameBuffer.fill_rect framebuf.MONO_VLSB
machine.Pin machine.Pin.IN machine.Pin.IRQ_FALLING machine.Pin.IRQ_RISING machine.Pin.OPEN_DRAIN
machine.Pin.OUT machine.Pin.PULL_UP machine.Pin.irq machine.Pin.value
machine.RTC machine.RTC.datetime
machine.SPI machine.SPI.write
machine.UART machine.UART.IRQ_RXIDLE machine.UART.irq machine.UART.read machine.UART.write
machine.WDT machine.WDT.feed
rp2.Flash rp2.Flash.ioctl rp2.Flash.readblocks rp2.Flash.writeblocks
time.sleep_ms time.ticks_add time.ticks_diff time.ticks_ms
vfs.VfsLfs2 vfs.VfsLfs2.ilistdir vfs.VfsLfs2.mkdir vfs.VfsLfs2.mkfs vfs.VfsLfs2.open
vfs.VfsLfs2.remove vfs.VfsLfs2.rename vfs.VfsLfs2.stat vfs.VfsLfs2.statvfs vfs.mount
""".split()

# The names that drivers, boards and storage give to chip objects.
OBJECTS = {
    "row": ["machine.Pin"], "column": ["machine.Pin"], "reset": ["machine.Pin"],
    "_cs": ["machine.Pin"], "_dc": ["machine.Pin"], "_spi": ["machine.SPI"],
    "uart": ["machine.UART"], "_uart": ["machine.UART"], "_rtc": ["machine.RTC"],
    "_watchdog": ["machine.WDT"], "_key_slot": ["rp2.Flash", "esp32.Partition"],
    "canvas": ["framebuf.FrameBuffer"], "volume": ["vfs.VfsLfs2"], "target": ["vfs.VfsLfs2"],
    "source": ["vfs.VfsLfs2"], "device": ["rp2.Flash", "esp32.Partition"],
    "_device": ["rp2.Flash", "esp32.Partition"],
}  # fmt: skip
NOT_OF_THE_CHIP = ("self", "file", "reading", "writing")
METHODS = {name.split(".")[2] for name in TOUCHED if name.count(".") == 2}
WITH_OBJECTS = ("board", "drivers", "storage.py", "volumes.py")

needs_stubs = pytest.mark.skipif(
    not all((ROOT / "typings" / board / ".installed").exists() for board in BOARDS),
    reason="no stubs of the boards: " + " ".join(f"make typings/{b}/.installed" for b in BOARDS),
)


class Touch(NamedTuple):
    """A name of the chip's, where, and with what it is called if it is."""

    where: str
    name: str
    call: ast.Call | None


def touches(tree, where, objects):
    """What a file takes from the chip's modules and, if `objects`, from objects of its classes."""
    names = {}
    for use in uses(tree):
        module, _, rest = use.name.partition(".")
        if module in CHIP and rest:
            yield Touch(f"{where}:{use.line}", use.name, use.call)
            if use.call:
                names[id(use.call)] = use.name
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            holder = getattr(node.value, "attr", getattr(node.value, "id", None))
            owners = OBJECTS.get(holder, []) if objects else []
            if id(node.value) in names:  # what was just made: aes(key, 1).encrypt
                owners = [names[id(node.value)]]
            elif objects and node.attr in METHODS and holder and not owners:
                known = (*NOT_OF_THE_CHIP, *(name.split(".")[-1] for name in TOUCHED))
                assert holder in known, f"{where}:{node.lineno} what is {holder}.{node.attr}?"
            for owner in owners:
                name = f"{owner}.{node.attr}"
                yield Touch(f"{where}:{node.lineno}", name, calls.get(id(node)))


def all_touches():
    for path in portable_files():
        name = path.relative_to(ROOT).as_posix()
        has_objects = any(part in WITH_OBJECTS for part in path.parts)
        yield from touches(ast.parse(path.read_text()), name, has_objects)


ALL = list(all_touches())


def shape(call):
    return len(call.args), [one.arg for one in call.keywords]


def stub_fault(touch, board):
    """What a board's stubs have against it; None if they know it, or if it is the other board's."""
    if touch.name.split(".")[0] in set(BOARDS) - {board}:
        return None
    known = stubs(board)
    if not known.find(touch.name):
        return f"{touch.where} {touch.name} is not in the {board} stubs"
    if touch.call and not known.fits(touch.name, *shape(touch.call)):
        return f"{touch.where} {ast.unparse(touch.call)} does not fit the {board} stubs"
    return None


def stand_in_fault(touch):
    module, *path = touch.name.split(".")
    found, owner = importlib.import_module(module), None
    for name in path:
        found, owner = getattr(found, name, None), found
        if found is None:
            return f"{touch.where} the stand-in for {module} has no {'.'.join(path)}"
    if touch.call is None:
        return None
    args, keywords = shape(touch.call)
    if inspect.isclass(owner) and inspect.isfunction(inspect.getattr_static(owner, path[-1])):
        args += 1  # self
    try:
        inspect.signature(found).bind(*[None] * args, **dict.fromkeys(keywords))
    except TypeError as error:
        return f"{touch.where} {ast.unparse(touch.call)}: {error}"
    return None


def test_the_list_of_what_firmware_touches_is_complete_and_holds_nothing_else():
    assert sorted({touch.name for touch in ALL}) == sorted(TOUCHED)


@needs_stubs
@pytest.mark.parametrize("board", BOARDS)
def test_each_is_in_the_stubs_and_each_call_fits_there(board):
    faults = [fault for touch in ALL if (fault := stub_fault(touch, board))]
    assert not faults, "\n".join(faults)


def test_each_is_in_the_stand_ins_and_each_call_fits_there():
    faults = [fault for touch in ALL if (fault := stand_in_fault(touch))]
    assert not faults, "\n".join(faults)


def test_most_of_them_are_called_somewhere():
    called = {touch.name for touch in ALL if touch.call}
    assert len(called) > 25 and {"machine.UART", "rp2.Flash.writeblocks"} <= called


PLANTED = [
    "from machine import UART\nUART(0, bauds=9600)",
    "from machine import WDT\nWDT(8000)",
    "import time\ntime.ticks_diff(1)",
    "import vfs\nvfs.VfsLfs2.mkfs(1, blocks=2)",
    "from cryptolib import aes\naes(b'', 1).seal(b'')",
    "row.value(1, 2)",
    "self._uart.write()",
    "self._watchdog.kick()",
    "self._key_slot.ioctl(6, 0, 0)",
]


@needs_stubs
@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_misuse_is_seen_by_stubs_and_stand_ins(source):
    found = list(touches(ast.parse(source), "planted", objects=True))
    for board in BOARDS:
        assert any(stub_fault(touch, board) for touch in found)
    assert any(stand_in_fault(touch) for touch in found)


def test_a_chip_object_under_a_new_name_is_asked_for():
    with pytest.raises(AssertionError, match="what is backlight.value"):
        list(touches(ast.parse("self.backlight.value(1)"), "planted", objects=True))
