"""Working keys: what the host wraps the terminal unwraps, and a damaged set is refused whole."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import tlv
from protocol.errors import LocalMisuse, WireFault
from protocol.keys import KEY_ENTRY, behind_keys, kcv, unwrap_working_keys
from protocol.mac import Mac, des
from protocol.mac.portable import PortableCiphers
from protocol.pin import PinKey
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import DrawAgain, in_bytes, wrap_working_keys

h = bytes.fromhex
TMK = h("CA5D92598DCA48CE8A4C76361A9269E9")
PIK = h("807A23AD32B36D457AE91FDF927570EA")
MAK = h("00112233445566778899AABBCCDDEEFF")
TDK = h("0F1E2D3C4B5A69788796A5B4C3D2E1F0")
TAGS = tlv.pack([("DF0F", "000041"), ("DF11", "演示商店"), ("DF12", "20260301")])
HOST = Ciphers()

both = pytest.mark.parametrize("ciphers", [PortableCiphers(des), HOST], ids=["device", "host"])


def f62(mak=MAK, tdk=None, tags=TAGS):
    return wrap_working_keys(PIK, mak, TMK, HOST, tdk, tags)


@both
def test_published_kcv_and_unwrap_vectors(ciphers):
    assert kcv(PIK, ciphers) == h("8D0A74B8")
    wrapped = h("6701EAD6A9AD51E51AA406E2C27FCFA9")
    assert f62()[:KEY_ENTRY] == wrapped + h("8D0A74B8")
    assert in_bytes(unwrap_working_keys(f62(), TMK, ciphers))[0] == PIK


@both
@pytest.mark.parametrize("mak", [MAK, MAK[:8]], ids=["double MAK", "single MAK"])
@pytest.mark.parametrize("tdk", [None, TDK], ids=["no TDK", "TDK"])
@pytest.mark.parametrize("tags", [b"", TAGS], ids=["no tags", "tags"])
def test_every_shape_of_the_set_comes_out_as_it_went_in(ciphers, mak, tdk, tags):
    data = f62(mak, tdk, tags)
    keys = unwrap_working_keys(data, TMK, ciphers)
    assert in_bytes(keys) == (PIK, mak, tdk)
    assert behind_keys(data) == tags


def test_zeros_behind_a_single_mak_are_not_encrypted():
    assert f62(MAK[:8])[KEY_ENTRY + 8 : KEY_ENTRY + 16] == bytes(8)


@pytest.mark.parametrize(
    ("byte", "path"),
    [(0, "62.PIK"), (19, "62.PIK"), (20, "62.MAK"), (39, "62.MAK"), (59, "62.TDK")],
)
def test_one_wrong_check_value_refuses_the_whole_set_and_names_the_key(byte, path):
    data = bytearray(f62(tdk=TDK))
    data[byte] ^= 0x40
    with pytest.raises(WireFault) as refused:
        unwrap_working_keys(bytes(data), TMK, HOST, at=100)
    assert refused.value.field == path
    assert refused.value.at == 100 + byte // KEY_ENTRY * KEY_ENTRY + 16
    assert "KCV" in refused.value.reason


def test_wrong_master_key_refuses_the_set():
    with pytest.raises(WireFault) as refused:
        unwrap_working_keys(f62(), bytes(16), HOST)
    assert refused.value.field == "62.PIK"


@pytest.mark.parametrize(
    ("size", "path"),
    [(0, "62.PIK"), (19, "62.PIK"), (20, "62.MAK"), (39, "62.MAK"), (41, "62.TDK"), (59, "62.TDK")],
)
def test_set_that_is_cut_short_is_refused_at_the_key_that_is_cut(size, path):
    with pytest.raises(WireFault) as refused:
        unwrap_working_keys(f62(tdk=TDK)[:size], TMK, HOST, at=100)
    assert (refused.value.field, refused.value.at) == (path, 100 + size)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=90))
def test_bytes_that_are_no_key_set_are_refused_and_nothing_else_happens(data):
    with pytest.raises(WireFault):
        unwrap_working_keys(data, TMK, HOST)


def test_mak_that_the_algorithm_does_not_take_is_the_hosts_fault():
    keys = unwrap_working_keys(f62(MAK[:8]), TMK, HOST, at=100)
    assert len(keys.mac("unionpay-ecb", HOST).compute(b"data")) == 8
    with pytest.raises(WireFault) as refused:
        keys.mac("aes-cmac", HOST)
    assert (refused.value.field, refused.value.at) == ("62.MAK", 120)


def test_host_refuses_a_set_that_could_be_misread():
    rng = random.Random(7)
    decrypt = HOST.des(TMK).decrypt
    looks_like_a_tag = decrypt(b"\xdf\x0f" + rng.randbytes(6)) + TDK[8:]
    with pytest.raises(LocalMisuse):
        f62(tdk=looks_like_a_tag)
    looks_single = MAK[:8] + decrypt(bytes(8))
    with pytest.raises(LocalMisuse):
        f62(mak=looks_single)
    with pytest.raises(LocalMisuse):
        f62(tags=b"\xdf\x11\x00")


def test_lengths_are_checked_before_use_at_both_ends():
    for wrong in ({"mak": MAK[:7]}, {"tdk": TDK[:8]}, {"mak": b""}):
        with pytest.raises(LocalMisuse):
            f62(**wrong)
    with pytest.raises(LocalMisuse):
        wrap_working_keys(PIK, MAK, TMK[:8], HOST)
    with pytest.raises(LocalMisuse):
        unwrap_working_keys(f62(), TMK[:8], HOST)


def test_no_text_form_or_error_shows_a_key():
    texts = [repr(unwrap_working_keys(f62(tdk=TDK), TMK, HOST))]
    for damaged in (f62()[:35], f62()[:-1].replace(f62()[16:20], b"abcd")):
        with pytest.raises(WireFault) as refused:
            unwrap_working_keys(damaged, TMK, HOST)
        texts += [str(refused.value), repr(refused.value)]
    for key in (TMK, PIK, MAK, TDK):
        for form in (key.hex(), key.hex().upper(), repr(key)[2:-1], key[:8].hex()):
            assert not [text for text in texts if form in text]


@both
def test_no_key_of_a_set_can_be_had_for_anothers_work(ciphers):
    keys = unwrap_working_keys(f62(tdk=TDK), TMK, ciphers)
    public = {name for name in dir(keys) if not name.startswith("_")}
    assert public == {"mac", "pin_key"}
    for other in (keys, keys.pin_key(ciphers)):
        with pytest.raises((LocalMisuse, TypeError)):
            Mac("unionpay-ecb", other, ciphers)
    with pytest.raises((LocalMisuse, TypeError)):
        PinKey(keys.mac("unionpay-ecb", ciphers), ciphers)
    block = keys.pin_key(ciphers).block("1234", "6200000000000005")
    assert block == PinKey(PIK, ciphers).block("1234", "6200000000000005")
    mac = Mac("unionpay-ecb", MAK, HOST).compute(b"x")
    assert keys.mac("unionpay-ecb", ciphers).verify(b"x", mac)


@both
@pytest.mark.parametrize(
    ("pik", "mak", "tdk", "path"),
    [(PIK, PIK, None, "62.MAK"), (PIK, PIK[:8], None, "62.MAK"), (PIK, PIK[8:], None, "62.MAK"),
     (PIK, MAK, PIK, "62.TDK"), (PIK, MAK, MAK, "62.TDK"), (PIK, MAK[:8], MAK, "62.TDK")],
)  # fmt: skip
def test_one_key_in_two_places_refuses_the_set_and_no_host_sends_it(ciphers, pik, mak, tdk, path):
    with pytest.raises(DrawAgain):
        wrap_working_keys(pik, mak, TMK, HOST, tdk)
    data = b"".join(entry(key) for key in (pik, mak, tdk) if key is not None)
    with pytest.raises(WireFault) as refused:
        unwrap_working_keys(data, TMK, ciphers)
    assert refused.value.field == path and "too" in str(refused.value)


def entry(key):
    wrapped = b"".join(HOST.des(TMK).encrypt(key[at : at + 8]) for at in range(0, len(key), 8))
    return wrapped + bytes(16 - len(key)) + kcv(key, HOST)
