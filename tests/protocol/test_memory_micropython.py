"""What the protocol's share of a terminal's memory is, loaded from .mpy on a 64-bit MicroPython."""

import json
import os
import subprocess

import pytest

from tools import mpy

# As the firmware loads them; protocol.mac.aes only where the MAC is aes-cmac.
MODULES = [
    "errors", "dialect.fields", "dialect.tags", "dialect.messages", "dialect.codes", "iso8583",
    "tlv", "subfields", "framing", "mac", "mac.des_viper", "mac.portable", "keys", "session",
]  # fmt: skip
SCRIPT = """
import gc, json, sys
taken = {}
for name in json.load(sys.stdin):
    gc.collect()
    before = gc.mem_alloc()
    __import__("protocol." + name)
    gc.collect()
    taken[name] = gc.mem_alloc() - before
print(json.dumps(taken))
"""


@pytest.mark.skipif(not mpy.MICROPYTHON.exists(), reason="no MicroPython for this machine")
def test_the_whole_protocol_loaded_takes_less_than_47_kb(tmp_path):
    mpy.build(tmp_path, [pattern for pattern in mpy.ON_DEVICE if pattern.startswith("protocol")])
    run = subprocess.run(
        [mpy.MICROPYTHON, "-c", SCRIPT],
        input=json.dumps(MODULES),
        env={**os.environ, "MICROPYPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    taken = json.loads(run.stdout)
    assert sum(taken.values()) < 47_000, taken
    tables = [size for name, size in taken.items() if name.startswith("dialect")]
    assert sum(tables) < 8_000, "tables as text"


UNSEEN = """
import gc
from protocol import tlv

def read(first, last):
    for code in range(first, last):
        raw = bytes((0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63))
        assert tlv.unpack(b"\\xdf\\x02\\x03" + raw)["DF02"].encode() == raw
    gc.collect()
    return gc.mem_alloc()

before = read(0x4E00, 0x4E10)
print(read(0x4E10, 0x5200) - before)
"""


@pytest.mark.skipif(not mpy.MICROPYTHON.exists(), reason="no MicroPython for this machine")
def test_characters_never_seen_before_leave_nothing_in_memory():
    run = subprocess.run(
        [mpy.MICROPYTHON, "-c", UNSEEN],
        env={**os.environ, "MICROPYPATH": str(mpy.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(run.stdout) < 200
