"""What keeping ciphers saves on a MAC, and what the device's DES costs against the host's.
Ratios of CPU time in equal, interleaved slots, over as many bytes as a refund request seals.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from protocol.mac import KEY_SIZES, Mac, des
from protocol.mac.portable import PortableCiphers
from protocol.reference.ciphers import Ciphers
from tools.bench_codec import cpu_seconds

ROOT = Path(__file__).parents[1]
MICROPYTHON = Path(sys.executable).with_name("micropython")
KEY = bytes(range(16))
DATA = bytes(range(180))
PORTABLE = ("unionpay-ecb", "x9.19", "sm4")  # the device's AES is cryptolib's, not ours to time
BY_DES = PORTABLE[:2]  # which the device has machine code for

# Runs on MicroPython: CPU seconds of one MAC, the least of the slots, in plain and machine code.
ON_DEVICE = """
import json, time
from protocol.mac import Mac, des, des_viper
from protocol.mac.portable import PortableCiphers

def seconds(mac, times):
    began = time.clock()
    for _ in range(times):
        mac.compute(DATA)
    return (time.clock() - began) / times

KEY, DATA = bytes(range(16)), bytes(range(180))
figures = {}
for name in ("unionpay-ecb", "x9.19"):
    plain, machine = [Mac(name, KEY, PortableCiphers(one)) for one in (des, des_viper)]
    assert plain.compute(DATA) == machine.compute(DATA)
    slots = [(seconds(plain, 30), seconds(machine, 600)) for _ in range(SLOTS)]
    figures[name] = round(min(one for one, _ in slots) / min(one for _, one in slots), 1)
print(json.dumps(figures))
"""


def on_device(slots=8):
    """{algorithm: how many times as fast as its bytecode the device's machine code makes a MAC},
    by MicroPython on this machine. Raises FileNotFoundError where it is not installed."""
    run = subprocess.run(
        [MICROPYTHON, "-c", ON_DEVICE.replace("SLOTS", str(slots))],
        env={**os.environ, "MICROPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def ratios(slots=20, slot_seconds=0.01):
    """{"cached against fresh": {algorithm: r}, "copied against new CMAC": r,
    "cryptography against portable": {algorithm: r}, "device, viper against bytecode": {algorithm:
    r}}; r is how many times as fast the first is. The last only where MicroPython is installed."""
    kept = Ciphers()
    cached, portable = {}, {}
    for algorithm in KEY_SIZES:
        mac = Mac(algorithm, KEY, kept)
        contenders = {
            "cached": lambda mac=mac: mac.compute(DATA),
            "fresh": lambda name=algorithm: Mac(name, KEY, Ciphers()).compute(DATA),
        }
        if algorithm in PORTABLE:
            device = Mac(algorithm, KEY, PortableCiphers(des))
            contenders["portable"] = lambda mac=device: mac.compute(DATA)
        seconds = cpu_seconds(contenders, slots, slot_seconds)
        cached[algorithm] = round(seconds["fresh"] / seconds["cached"], 2)
        if algorithm in PORTABLE:
            portable[algorithm] = round(seconds["portable"] / seconds["cached"], 2)
    keyed = CMAC(AES(KEY))
    cmac = cpu_seconds(
        {"copied": lambda: _finished(keyed.copy()), "new": lambda: _finished(CMAC(AES(KEY)))},
        slots,
        slot_seconds,
    )
    figures = {
        "cached against fresh": cached,
        "copied against new CMAC": round(cmac["new"] / cmac["copied"], 2),
        "cryptography against portable": portable,
    }
    if MICROPYTHON.exists():
        figures["device, viper against bytecode"] = on_device()
    return figures


def _finished(cmac):
    cmac.update(DATA)
    return cmac.finalize()
