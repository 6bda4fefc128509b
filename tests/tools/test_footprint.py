"""The firmware fits a board: a whole refund on real MicroPython under the heap that is promised."""

import pytest

from host_sim.on_micropython import MICROPYTHON
from tools import footprint

SHARE_KB = 128
needs_micropython = pytest.mark.skipif(
    not MICROPYTHON.exists(), reason="no wheel of MicroPython for this machine"
)


@needs_micropython
def test_boot_sign_on_and_refund_take_no_more_heap_than_promised():
    standin_kb = footprint.smallest(footprint.standin_works)
    assert footprint.refund_works(standin_kb + SHARE_KB) is not None


@needs_micropython
def test_a_heap_that_is_too_small_is_told_and_not_survived():
    assert footprint.refund_works(footprint.smallest(footprint.standin_works)) is None


@needs_micropython
def test_every_module_of_the_device_is_weighed():
    weighed = footprint.by_module()
    assert weighed["protocol.dialect.fields"] > 0 and weighed["firmware.kernel"] > 0
    assert footprint.mpy_bytes() > 50_000


def test_smallest_finds_the_limit():
    assert footprint.smallest(lambda limit: True if limit >= 77 else None) == 77

