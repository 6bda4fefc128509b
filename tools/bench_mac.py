"""What keeping ciphers saves on a MAC, and what the device's DES costs against the host's.
Ratios of CPU time in equal, interleaved slots, over as many bytes as a refund request seals.
"""

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from protocol.mac import ALGORITHMS, Mac
from protocol.mac.portable import PortableCiphers
from protocol.reference.ciphers import Ciphers
from tools.bench_codec import cpu_seconds

KEY = bytes(range(16))
DATA = bytes(range(180))
PORTABLE = ("unionpay-ecb", "x9.19")  # the device's AES is cryptolib's, nothing of ours to time


def ratios(slots=20, slot_seconds=0.01):
    """{"cached against fresh": {algorithm: r}, "copied against new CMAC": r,
    "cryptography against portable": {algorithm: r}}; r is how many times as fast the first is."""
    kept = Ciphers()
    cached, portable = {}, {}
    for algorithm in ALGORITHMS:
        mac = Mac(algorithm, KEY, kept)
        contenders = {
            "cached": lambda mac=mac: mac.compute(DATA),
            "fresh": lambda name=algorithm: Mac(name, KEY, Ciphers()).compute(DATA),
        }
        if algorithm in PORTABLE:
            device = Mac(algorithm, KEY, PortableCiphers())
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
    return {
        "cached against fresh": cached,
        "copied against new CMAC": round(cmac["new"] / cmac["copied"], 2),
        "cryptography against portable": portable,
    }


def _finished(cmac):
    cmac.update(DATA)
    return cmac.finalize()
