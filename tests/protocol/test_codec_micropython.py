"""The portable modules on the real interpreter: same packets, same faults, little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocol import iso8583
from protocol.errors import WireFault

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MICROPYTHON = Path(sys.executable).with_name("micropython")
FRAMES = json.loads((HERE / "frames.json").read_text())

pytestmark = pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")

SCRIPT = """
import gc, json, sys
from protocol import iso8583, subfields, tlv
from protocol.errors import WireFault

def answer(packet):
    try:
        message = iso8583.decode(packet)
    except WireFault as fault:
        return str(fault)
    if iso8583.encode(message) != packet:
        return "encoded differently"
    return {str(n): v if isinstance(v, str) else v.hex() for n, v in message.fields.items()}

packets = [bytes.fromhex(line) for line in json.load(sys.stdin)]
answers = [answer(packet) for packet in packets]
buffer = bytearray(1024)
largest = 0
for packet in packets:
    try:
        message = iso8583.decode(packet)
    except WireFault:
        continue
    iso8583.encode_into(message, buffer)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    iso8583.encode_into(message, buffer)
    largest = max(largest, gc.mem_alloc() - before)
    gc.enable()
entries = [("DF02", "苹果"), ("DF0E", subfields.open_intent(1, 2, "20260101", 5, "01"))]
print(json.dumps([answers, largest, tlv.pack(entries).hex(), tlv.unpack(tlv.pack(entries))]))
"""


def answer(packet):
    try:
        message = iso8583.decode(packet)
    except WireFault as fault:
        return str(fault)
    return {str(n): v if isinstance(v, str) else v.hex() for n, v in message.fields.items()}


def test_the_device_reads_and_writes_every_published_packet_as_cpython_does(tmp_path):
    script = tmp_path / "codec.py"
    script.write_text(SCRIPT)
    packets = [bytes.fromhex(frame["hex"])[2:] for frame in FRAMES["good"] + FRAMES["bad"]]
    run = subprocess.run(
        [MICROPYTHON, script], input=json.dumps([packet.hex() for packet in packets]),
        env={**os.environ, "MICROPYPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    answers, allocated, tags, values = json.loads(run.stdout)
    assert answers == [answer(packet) for packet in packets]
    assert tags == "df0206e88bb9e69e9cdf0e110000010000022026010100000000000501"
    assert values == {"DF02": "苹果", "DF0E": ["0000010000022026010100000000000501"]}
    assert allocated <= 256, "bytes that encode_into takes from the heap for one message"
