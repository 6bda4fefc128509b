"""The host's codec may not be slower than pyiso8583 where it counts: the refund and its reply."""

import pytest

from tools import bench_codec


@pytest.fixture(scope="module")
def figures():
    return bench_codec.ratios(slots=8, slot_seconds=0.005)


@pytest.mark.parametrize("direction", ["decode", "encode"])
@pytest.mark.parametrize("message", bench_codec.MESSAGES)
def test_the_construct_codec_is_at_least_as_fast_as_pyiso8583(figures, direction, message):
    assert figures[f"{direction} {message}"]["construct"] >= 1.0
