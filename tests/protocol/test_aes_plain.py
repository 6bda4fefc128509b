"""AES without cryptolib: FIPS 197 and RFC 4493 by hand, the host's AES for everything else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import LocalMisuse
from protocol.mac import Mac, aes_plain, des
from protocol.mac.aes_plain import PlainAes, PlainCiphers
from protocol.reference.ciphers import Ciphers

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).with_name("micropython")
h = bytes.fromhex

# FIPS 197, appendices B and C.1; NIST SP 800-38A, F.1.1, first block.
KNOWN = [
    ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
     "3925841d02dc09fbdc118597196a0b32"),
    ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "69c4e0d86a7b0430d8cdb78070b4c55a"),
    ("2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
     "3ad77bb40d7a3660a89ecaf32466ef97"),
]  # fmt: skip

RFC_4493_KEY = h("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_DATA = h(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
RFC_4493 = {
    0: "bb1d6929e95937287fa37d129b756746",
    16: "070a16b46b4d4144f79bdd9dd04a287c",
    40: "dfa66747de9ae63030ca32611497c827",
    64: "51f0bebf7e3b9d92fc49741779363cfe",
}


@pytest.mark.parametrize(("key", "block", "secret"), KNOWN)
def test_known_blocks(key, block, secret):
    assert PlainAes(h(key)).encrypt(h(block)) == h(secret)


def test_the_last_round_key_of_the_published_expansion():
    assert aes_plain._expanded(h(KNOWN[0][0]))[160:] == h("d014f9a8c9ee2589e13f0cc8b6630ca6")


@pytest.mark.parametrize("size", RFC_4493)
def test_rfc_4493_messages(size):
    assert PlainAes(RFC_4493_KEY).cmac(RFC_4493_DATA[:size]) == h(RFC_4493[size])


@settings(max_examples=40)
@given(key=st.binary(min_size=16, max_size=16), data=st.binary(max_size=200))
def test_a_mac_by_plain_aes_is_the_hosts(key, data):
    macs = [Mac("aes-cmac", key, ciphers) for ciphers in (PlainCiphers(des), Ciphers())]
    assert macs[0].compute(data) == macs[1].compute(data)


@pytest.mark.parametrize("size", [0, 15, 17, 24, 32])
def test_a_key_of_another_length_is_refused_and_not_shown(size):
    with pytest.raises(LocalMisuse) as refused:
        PlainCiphers(des).aes(b"\xab" * size)
    assert "ab" not in str(refused.value)


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")
def test_on_micropython_it_needs_no_cryptolib(tmp_path):
    (tmp_path / "cryptolib.py").write_text("raise ImportError('left out')\n")
    program = (
        "import sys\n"
        "from protocol.mac import Mac, des\n"
        "from protocol.mac.aes_plain import PlainCiphers\n"
        f"mac = Mac('aes-cmac', {RFC_4493_KEY}, PlainCiphers(des))\n"
        f"print(mac.compute({RFC_4493_DATA}).hex(), 'cryptolib' in sys.modules)\n"
    )
    done = subprocess.run(
        [MICROPYTHON, "-c", program],
        env={**os.environ, "MICROPYPATH": f"{tmp_path}:{ROOT}"}, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.decode().split() == [RFC_4493[64][:16], "False"], done.stderr.decode()
