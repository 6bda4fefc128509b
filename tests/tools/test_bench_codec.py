"""The codec benchmark gives a ratio for each codec, message and way; `make bench` tells them."""

from tools import bench_codec


def test_every_message_has_its_ratios_both_ways():
    figures = bench_codec.ratios(slots=2, slot_seconds=0.001)
    ways = ("decode", "encode")
    wanted = {f"{way} {message}" for way in ways for message in bench_codec.MESSAGES}
    assert set(figures) == wanted
    assert all(figure["construct"] > 0 and figure["portable"] > 0 for figure in figures.values())
