"""The benchmark of replays measures both ends; how fast they are is the machine's affair."""
from tools import bench_replay


def test_bench_counts_packets_of_both_ends():
    for end in ("terminal", "acquirer"):
        told = bench_replay.rate(end, rounds=1)
        assert told["packets a CPU second"] > told["of the wire alone"] > 0
