"""The MAC benchmark gives a ratio for each algorithm; how large is the machine's affair."""

from protocol.mac import KEY_SIZES
from tools.bench_mac import ratios


def test_every_algorithm_has_its_ratios():
    figures = ratios(slots=2, slot_seconds=0.001)
    assert set(figures["cached against fresh"]) == set(KEY_SIZES)
    assert set(figures["cryptography against portable"]) == {"unionpay-ecb", "x9.19", "sm4"}
    assert figures["copied against new CMAC"] > 0
