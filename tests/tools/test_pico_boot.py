"""A Pico's root file system and the terminal's volume side by side, on real MicroPython."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).with_name("micropython")
BOOT = ROOT / "tools" / "pico" / "_boot.py"

PROGRAM = """
import os
import machine, rp2, vfs
from firmware.board.pico import Board
from firmware.storage import Storage
from host_sim.bench.flash import Flash
from host_sim.chip import Chip

BOOT = %r
OWN = "import rp2\\nimport vfs\\nvfs.mount(vfs.VfsLfs2(rp2.Flash(), progsize=256), '/')"
flash = Flash()

def power_on(boot):
    machine.board = Chip(flash)
    try:
        exec(boot, {})
    except OSError as error:
        return print("no root", error.args[0])
    print(os.statvfs("/")[2] * 4096, sorted(os.listdir("/")))

power_on(BOOT)
board = Board()
board.store_tmk(bytes(range(16)))
Storage(board.data_flash()).write("note", b"slip")
filled = 0
try:
    while True:  # a root file system that is full to the brim
        with open("/file%%d" %% filled, "wb") as file:
            file.write(bytes(40000))
        filled += 1
except OSError as error:
    print("full", error.args[0], filled > 20)
vfs.umount("/")
power_on(BOOT)
board = Board()
print(board.tmk() == bytes(range(16)), Storage(board.data_flash()).read("note"))
vfs.umount("/")
power_on(OWN)
"""


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")
def test_a_full_root_file_system_leaves_data_volume_and_key_alone():
    shims = ROOT / "host_sim" / "shims"
    done = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=16M", "-c", PROGRAM % BOOT.read_text()],
        env={**os.environ, "MICROPYPATH": f"{ROOT}:{shims}"}, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0] == "1175552 []", done.stderr
    assert lines[1] == "full 28 True"  # ENOSPC
    assert lines[2].startswith("1175552 ['file0', 'file1'")
    assert lines[3] == "True b'slip'"
    assert lines[4] == "no root 22"  # why MicroPython's own would format it: EINVAL


def test_the_root_file_system_ends_where_the_data_volume_begins():
    from firmware.board.pico import DATA_START

    (kib,) = re.findall(r"_ROOT_BYTES = (\d+) \* 1024", BOOT.read_text())
    assert int(kib) * 1024 == DATA_START
