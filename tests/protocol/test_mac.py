"""F64 by each algorithm, on the device's ciphers and on the host's, against published vectors."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import LocalMisuse
from protocol.iso8583 import mac_span
from protocol.mac import KEY_SIZES, Mac, des, equal
from protocol.mac.portable import PortableCiphers
from protocol.reference.ciphers import Ciphers

HERE = Path(__file__).parent
LINK_MD = HERE.parents[1] / "protocol" / "LINK.md"
FRAMES = json.loads((HERE / "frames.json").read_text())["good"]
SEALED = [frame for frame in FRAMES if "mac" in frame]

both = pytest.mark.parametrize("ciphers", [PortableCiphers(des), Ciphers()], ids=["device", "host"])
h = bytes.fromhex

# RFC 4493, section 4: one key, a message of 0, 16, 40 and 64 bytes.
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


@both
def test_x99_vector(ciphers):
    mac = Mac("x9.19", h("0123456789ABCDEF"), ciphers)
    assert mac.compute(b"7654321 Now is the time for ") == h("F1D30F6849312CA4")


@both
@pytest.mark.parametrize("size", RFC_4493)
def test_rfc_4493_messages(ciphers, size):
    full = ciphers.aes(RFC_4493_KEY).cmac(RFC_4493_DATA[:size])
    assert full == h(RFC_4493[size])
    mac = Mac("aes-cmac", RFC_4493_KEY, ciphers)
    assert mac.compute(RFC_4493_DATA[:size]) == full[:8]


@both
def test_des_known_answers(ciphers):
    single = ciphers.des(h("133457799BBCDFF1"))
    assert single.encrypt(h("0123456789ABCDEF")) == h("85E813540F0AB405")
    assert single.decrypt(h("85E813540F0AB405")) == h("0123456789ABCDEF")


@both
def test_sm4_block_of_the_standard(ciphers):
    key = h("0123456789ABCDEFFEDCBA9876543210")
    assert ciphers.sm4(key).encrypt(key) == h("681EDF34D206965E86B3E94F536E4246")


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_device_and_host_agree_on_every_block_of_sm4(key, block):
    device, host = PortableCiphers(des).sm4(key), Ciphers().sm4(key)
    assert device.encrypt(block) == host.encrypt(block)


@both
def test_sm4_mac_is_two_passes_over_the_folded_blocks_as_hex(ciphers):
    key, data = bytes(range(16)), bytes(range(40))
    rows = zip(data[:16], data[16:32], data[32:] + bytes(8), strict=True)
    folded = bytes(a ^ b ^ c for a, b, c in rows)
    text = folded.hex().upper().encode()
    first = ciphers.sm4(key).encrypt(text[:16])
    last = ciphers.sm4(key).encrypt(bytes(a ^ b for a, b in zip(first, text[16:], strict=True)))
    assert Mac("sm4", key, ciphers).compute(data) == last.hex().upper().encode()[:8]


@both
@pytest.mark.parametrize("frame", SEALED, ids=lambda frame: frame["name"])
def test_sealed_packets_verify_and_a_changed_bit_does_not(ciphers, frame):
    packet = h(frame["hex"])[2:]
    start, end = mac_span(packet)
    mac = Mac(frame["mac"]["algorithm"], h(frame["mac"]["key"]), ciphers)
    assert mac.verify(packet[start:end], packet[end:])
    for at in (start, (start + end) // 2, end - 1):
        changed = packet[:at] + bytes([packet[at] ^ 0x10]) + packet[at + 1 : end]
        assert not mac.verify(changed[start:], packet[end:])


def test_the_sample_packets_cover_every_algorithm():
    sealed = {frame["mac"]["algorithm"] for frame in SEALED}
    assert sealed == set(KEY_SIZES) - {"sm4"}  # which has its own example in LINK.md


keys = st.binary(min_size=16, max_size=16)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KEY_SIZES)), keys, st.binary(max_size=90), st.booleans())
def test_device_and_host_agree_on_every_mac(algorithm, key, data, short):
    key = key[: min(KEY_SIZES[algorithm])] if short else key
    device, host = (Mac(algorithm, key, c) for c in (PortableCiphers(des), Ciphers()))
    assert device.compute(data) == host.compute(data)
    assert device.verify(data, host.compute(data))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([8, 16, 24]),
    st.binary(min_size=24, max_size=24),
    st.binary(min_size=8, max_size=8),
)
def test_device_and_host_agree_on_every_block(size, key, block):
    device, host = PortableCiphers(des).des(key[:size]), Ciphers().des(key[:size])
    assert device.encrypt(block) == host.encrypt(block)
    assert device.decrypt(block) == host.decrypt(block)
    assert device.decrypt(device.encrypt(block)) == block


@both
def test_ecb_mac_is_eight_upper_case_hex_characters(ciphers):
    value = Mac("unionpay-ecb", bytes(range(16)), ciphers).compute(b"anything")
    assert re.fullmatch(rb"[0-9A-F]{8}", value)


@both
@pytest.mark.parametrize("algorithm", ["unionpay-ecb", "x9.19"])
def test_data_is_padded_with_zeros_to_the_block(ciphers, algorithm):
    mac = Mac(algorithm, bytes(range(16)), ciphers)
    assert mac.compute(b"12345") == mac.compute(b"12345\0\0\0")
    assert mac.compute(b"12345678") != mac.compute(b"123456789")


@both
@pytest.mark.parametrize("algorithm", ["unionpay-ecb", "x9.19"])
def test_double_key_of_two_equal_halves_is_the_single_key(ciphers, algorithm):
    half = h("0123456789ABCDEF")
    single, double = (Mac(algorithm, key, ciphers) for key in (half, half * 2))
    assert single.compute(b"the same") == double.compute(b"the same")


@both
@pytest.mark.parametrize(
    ("algorithm", "size"),
    [("unionpay-ecb", 24), ("x9.19", 0), ("aes-cmac", 8), ("sm4", 8), ("", 16)],
)
def test_key_that_the_algorithm_does_not_take_is_refused_without_being_shown(
    ciphers, algorithm, size
):
    with pytest.raises(LocalMisuse) as refused:
        Mac(algorithm, b"\xa5" * size, ciphers)
    assert "a5" not in str(refused.value).lower()


def test_no_text_form_shows_a_key():
    key = b"SECRETSECRETKEY!"
    for ciphers in (PortableCiphers(des), Ciphers()):
        things = [ciphers, ciphers.des(key), ciphers.aes(key)]
        things += [Mac(algorithm, key, ciphers) for algorithm in KEY_SIZES]
        for thing in things:
            assert "SECRET" not in repr(thing) + str(thing)
            assert key.hex() not in repr(thing)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(b"", b"", True), (b"ab", b"ab", True), (b"ab", b"ac", False), (b"ab", b"abc", False)],
)
def test_comparison_is_of_every_byte(one, other, same):
    assert equal(one, other) is same


def test_host_keeps_one_cipher_per_key_and_forgets_the_oldest():
    ciphers = Ciphers(cached_keys=2)
    first = ciphers.des(bytes(8))
    assert ciphers.des(bytes(8)) is first
    assert ciphers.des(bytes(16)) is not first
    ciphers.des(bytes(24))
    assert ciphers.des(bytes(8)) is not first


def _example():
    """The table of LINK.md's worked example: {step: value}."""
    text = LINK_MD.read_text(encoding="utf-8")
    section = text.split("## A MAC, step by step")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) +\| `([0-9A-F]+)` *\|$", section, re.MULTILINE)
    return dict(rows)


@both
def test_worked_example_of_the_documentation_holds_step_by_step(ciphers):
    steps = _example()
    data, key = h(steps["data"]), h(steps["MAK"])
    folded = bytearray(8)
    for at, byte in enumerate(data):
        folded[at % 8] ^= byte
    assert bytes(folded) == h(steps["all blocks XORed"])
    text = folded.hex().upper().encode()
    assert text == h(steps["as 16 characters"])
    des = ciphers.des(key)
    first = des.encrypt(text[:8])
    assert first == h(steps["first 8 encrypted"])
    mixed = bytes(one ^ other for one, other in zip(first, text[8:], strict=True))
    assert mixed == h(steps["XOR the last 8"])
    assert des.encrypt(mixed) == h(steps["encrypted"])
    mac = Mac("unionpay-ecb", key, ciphers).compute(data)
    assert mac == h(steps["F64"])
    assert Mac("x9.19", key, ciphers).compute(data) == h(steps["F64 by x9.19"])
    assert Mac("aes-cmac", key, ciphers).compute(data) == h(steps["F64 by aes-cmac"])
    assert Mac("sm4", key, ciphers).compute(data) == h(steps["F64 by sm4"])
