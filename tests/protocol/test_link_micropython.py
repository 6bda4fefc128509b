"""Framing, MACs, keys and session on the real interpreter: the same vectors, the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MICROPYTHON = Path(sys.executable).with_name("micropython")
FRAMES = json.loads((HERE / "frames.json").read_text())["good"]

pytestmark = pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")

MACS = """
import json, sys
from protocol.keys import behind_keys, kcv, unwrap_working_keys
from protocol.mac import Mac
from protocol.mac.portable import PortableCiphers

h = bytes.fromhex
task = json.load(sys.stdin)
ciphers = PortableCiphers(getattr(__import__("protocol.mac." + task["engine"]).mac, task["engine"]))
macs = []
for algorithm, key, data in task["macs"]:
    macs.append(Mac(algorithm, h(key), ciphers).compute(h(data)).hex())
blocks = [ciphers.des(h(key)).encrypt(h(block)).hex() for key, block in task["blocks"]]
cmacs = [ciphers.aes(h(key)).cmac(h(data)).hex() for key, data in task["cmacs"]]
tmk, f62 = [h(text) for text in task["keys"]]
keys = unwrap_working_keys(f62, tmk, ciphers)
faults = []
for at in (16, 36):
    damaged = f62[:at] + bytes([f62[at] ^ 1]) + f62[at + 1:]
    try:
        unwrap_working_keys(damaged, tmk, ciphers)
    except Exception as fault:
        faults.append(str(fault))
print(json.dumps({
    "macs": macs, "blocks": blocks, "cmacs": cmacs, "faults": faults,
    "keys": [keys._key[0].hex(), keys._key[1].hex(), kcv(keys._key[0], ciphers).hex(), repr(keys)],
    "tags": behind_keys(f62).hex(),
}))
"""

LINK = """
import json
from protocol import sealing, session, tcp
from protocol.errors import WireFault
from protocol.framing import Link
from protocol.iso8583 import Message, decode
from protocol.mac import Mac, des_viper
from protocol.mac.portable import PortableCiphers

mac = Mac("unionpay-ecb", bytes(range(16)), PortableCiphers(des_viper))
fields = {3: "390001", 11: "000042", 41: "20000001", 42: "100000000000001",
          60: "01000001000", 62: b"\\xdf\\x07\\x01\\x01"}
request = Message("6000010002", "603100311001", "0600", fields)
packet = sealing.seal(request, mac)
now = 2**30 - 10
one, two = Link(), Link()
one.send(packet, now)
line = b"\\xff" + one.outgoing()
damaged = line[:20] + bytes([line[20] ^ 1]) + line[21:]
events = []
for data in (damaged, None):
    if data is None:
        data = one.outgoing()
    for at in range(0, len(data), 7):
        two.receive(data[at:at + 7], now & 2**30 - 1)
    now += 20
    one.receive(two.outgoing(), now & 2**30 - 1)
got = two.events()[0][1]
asked = decode(got)
session.check_mac(got, mac)
fields = {39: "51", 11: "000042", 12: "101530", 13: "0412",
          41: "20000001", 42: "100000000000001", 60: "01000001000"}
reply = Message("6000020001", asked.header, session.reply_mti(asked.mti), fields)
answer = sealing.seal(reply, mac)
session.check_reply(asked, decode(answer), answer, mac)
try:
    session.check_reply(asked, decode(answer), answer[:-1] + b"x", mac)
except WireFault as fault:
    refused = fault.field
print(json.dumps([got == packet, one.events(), one.counters["naks"], two.counters["bad_lrc"],
                  session.transaction(asked), refused, one.deadline(),
                  tcp.LengthPrefixed().receive(tcp.wrap(b"abc")) == [b"abc"]]))
"""


def on_micropython(script, task=None):
    """What the script prints as JSON, given `task` as JSON on its standard input."""
    run = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=256k", "-c", script],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MICROPYPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("engine", ["des", "des_viper"])
def test_mac_and_key_vectors_hold(engine):
    sealed = [frame for frame in FRAMES if "mac" in frame]
    packets = [bytes.fromhex(frame["hex"])[2:] for frame in sealed]
    got = on_micropython(
        MACS,
        {
            "engine": engine,
            "macs": [
                [frame["mac"]["algorithm"], frame["mac"]["key"], packet[11:-8].hex()]
                for frame, packet in zip(sealed, packets, strict=True)
            ]
            + [["x9.19", "0123456789ABCDEF", b"7654321 Now is the time for ".hex()]],
            "blocks": [["F1E638AE16B07376", "062226A0EEFAAFDC"]],  # PIN 222222
            "cmacs": [["2b7e151628aed2a6abf7158809cf4f3c", ""]],
            "keys": [
                "CA5D92598DCA48CE8A4C76361A9269E9",
                "6701EAD6A9AD51E51AA406E2C27FCFA98D0A74B8"
                "8F07C658AC49CC831240C055597B73EFFB097599"
                "DF0F03000041",
            ],
        },
    )
    assert got["macs"] == [packet[-8:].hex() for packet in packets] + ["f1d30f6849312ca4"]
    assert got["blocks"] == ["04b6daab37f0e3ef"]
    assert got["cmacs"] == ["bb1d6929e95937287fa37d129b756746"]
    pik = "807a23ad32b36d457ae91fdf927570ea"
    mak = "00112233445566778899aabbccddeeff"
    assert got["keys"] == [pik, mak, "8d0a74b8", "WorkingKeys(PIK, MAK)"]
    assert got["tags"] == "df0f03000041"
    assert [fault.split(":")[0] for fault in got["faults"]] == ["F62.PIK", "F62.MAK"]


def test_packet_crosses_a_faulty_line_and_its_reply_is_checked():
    assert on_micropython(LINK) == [
        True, [["sent", None]], 1, 1, "open_intents", "64", None, True
    ]  # fmt: skip
