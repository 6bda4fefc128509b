"""PIN blocks: the published vector, both ends' ciphers, and what is no PIN."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import LocalMisuse
from protocol.keys import unwrap_working_keys
from protocol.mac import des
from protocol.mac.portable import PortableCiphers
from protocol.pin import PinKey, security_control
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import wrap_working_keys

h = bytes.fromhex
CARD = "6200482110550238"
both = pytest.mark.parametrize("ciphers", [PortableCiphers(des), Ciphers()], ids=["device", "host"])


@both
def test_published_vector_of_format_0(ciphers):
    key = PinKey(h("F1E638AE16B07376"), ciphers)
    assert key.block("222222", CARD) == h("04B6DAAB37F0E3EF")
    assert key.pin(h("04B6DAAB37F0E3EF"), CARD) == "222222"


@settings(max_examples=40, deadline=None)
@given(st.from_regex(r"\A[0-9]{4,12}\Z"), st.from_regex(r"\A[0-9]{13,19}\Z"))
def test_the_host_reads_the_pin_that_the_device_sealed(pin, card):
    block = PinKey(bytes(range(16)), PortableCiphers(des)).block(pin, card)
    assert PinKey(bytes(range(16)), Ciphers()).pin(block, card) == pin


@pytest.mark.parametrize(
    ("pin", "card"),
    [("123", CARD), ("1" * 13, CARD), ("12a4", CARD), ("", CARD), ("1234", "123"), ("1234", "")],
)
def test_what_is_no_pin_or_card_is_refused_and_not_shown(pin, card):
    with pytest.raises(LocalMisuse) as refused:
        PinKey(bytes(16), Ciphers()).block(pin, card)
    assert not pin or pin not in str(refused.value)


def test_a_block_of_another_card_or_key_holds_no_pin():
    block = PinKey(bytes(range(16)), Ciphers()).block("123456", CARD)
    with pytest.raises(LocalMisuse):
        PinKey(bytes(range(1, 17)), Ciphers()).pin(block, CARD)
    with pytest.raises(LocalMisuse):
        PinKey(bytes(range(16)), Ciphers()).pin(block, "9" * 16)


def test_pin_blocks_are_under_the_pik_of_the_set():
    pik, mak, tmk = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))
    f62 = wrap_working_keys(pik, mak, tmk, Ciphers())
    keys = unwrap_working_keys(f62, tmk, PortableCiphers(des))
    block = keys.pin_key(PortableCiphers(des)).block("123456", CARD)
    assert block == PinKey(pik, Ciphers()).block("123456", CARD)
    assert block != PinKey(mak, Ciphers()).block("123456", CARD)


def test_f53_names_format_and_length_of_the_key():
    assert (security_control(), security_control(8)) == ("26" + "0" * 14, "20" + "0" * 14)
