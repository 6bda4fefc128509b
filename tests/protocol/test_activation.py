"""Activation codes and TR-31 blocks: our reader and writer against psec's."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psec import tr31 as psec

from protocol import activation
from protocol.errors import WireFault
from protocol.mac import des
from protocol.mac.portable import PortableCiphers
from protocol.reference.ciphers import Ciphers
from protocol.reference.tr31 import wrapped

TMK, KEY = bytes(range(16)), bytes(range(100, 116))
DEVICE, HOST = PortableCiphers(des), Ciphers()
CODE = "7001382059147260"


def by_psec(usage="K0", algorithm="T", mode="D", version="B", key=KEY):
    with warnings.catch_warnings():  # it still speaks of TripleDES where cryptography had it
        warnings.simplefilter("ignore")
        header = psec.Header(version, usage, algorithm, mode, "00", "N")
        return psec.KeyBlock(key, header).wrap(TMK)


@pytest.mark.parametrize("ciphers", [DEVICE, HOST], ids=["device", "host"])
def test_a_block_of_psec_gives_the_key(ciphers):
    assert activation.unwrapped(by_psec(), KEY, ciphers) == TMK


def test_psec_reads_ours():
    block = wrapped(TMK, KEY, HOST, b"\x01\x02\x03\x04\x05\x06")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header, key = psec.unwrap(KEY, block)
    assert (key, header.key_usage, header.version_id) == (TMK, "K0", "B")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 79), st.sampled_from("0123456789ABCDEFKTX"))
def test_one_changed_character_is_no_key_block(at, character):
    block = wrapped(TMK, KEY, HOST, bytes(6))
    changed = block[:at] + character + block[at + 1 :]
    if changed == block:
        assert activation.unwrapped(changed, KEY, HOST) == TMK
    else:
        with pytest.raises(WireFault):
            activation.unwrapped(changed, KEY, HOST)


@pytest.mark.parametrize(
    "block",
    ["", "B", "B0080", "x" * 80, by_psec(usage="P0", mode="E"), by_psec(mode="B")],
    ids=["empty", "short", "header", "letters", "PIN key", "both ways"],
)
def test_what_is_no_block_of_a_tmk_is_refused(block):
    with pytest.raises(WireFault):
        activation.unwrapped(block, KEY, HOST)


def test_another_key_opens_nothing_and_tells_nothing():
    block = wrapped(TMK, KEY, HOST, bytes(6))
    with pytest.raises(WireFault) as refused:
        activation.unwrapped(block, bytes(16), HOST)
    assert TMK.hex() not in str(refused.value).lower()


@given(st.integers(0, 15), st.integers(1, 9))
def test_the_check_digit_finds_every_single_slip(at, more):
    slip = CODE[:at] + str((int(CODE[at]) + more) % 10) + CODE[at + 1 :]
    assert activation.well_formed(CODE) and not activation.well_formed(slip)


def test_key_and_proof_depend_on_code_and_nonce():
    one = activation.keys(CODE, bytes(8))
    assert one == activation.keys(CODE, bytes(8)) and len(one[0]) == 16 and len(one[1]) == 8
    assert one != activation.keys(CODE, b"1" * 8)
    assert one[1] not in one[0] and one[0] != one[1]
