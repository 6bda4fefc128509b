"""Many seeds on many processes, or on a cluster: the same seeds, the same answer, in seed order.

A slice of seeds is the unit of work. What comes back is counted here, never kept run by run.
"""

import gc
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

SLICE = 50  # seeds; seconds of work, so that a lost worker costs little


class Slice(NamedTuple):
    """What became of some seeds: `failing` is [(seed, violations)], `digest` of all their traces
    in order."""

    runs: int
    faults: int
    failing: list
    situations: Counter
    kinds: Counter
    digests: list


def play_slice(first: int, count: int) -> Slice:
    """Play the seeds first ... first + count - 1."""
    from host_sim.roomy import spread_out

    spread_out()
    from tools.campaign.run import play

    gc.collect()
    gc.freeze()  # code, and answers that are kept
    looked = gc.isenabled()
    gc.disable()  # a run leaves eighty objects in cycles; looking for them took 5 % of it
    try:
        return _counted(play, first, count)
    finally:
        if looked:
            gc.enable()


def _counted(play, first: int, count: int) -> Slice:
    failing, situations, kinds, digests, faults = [], Counter(), Counter(), [], 0
    for seed in range(first, first + count):
        verdict = play(seed)
        faults += len(verdict.faults)
        situations.update(verdict.situations)
        kinds.update(fault.kind for fault in verdict.faults)
        digests.append(verdict.trace)
        if verdict.wrong:
            failing.append((seed, verdict.wrong))
    return Slice(count, faults, failing, situations, kinds, digests)


def slices(first: int, seeds: int) -> list[tuple[int, int]]:
    """(first seed, how many) of each slice."""
    end = first + seeds
    return [(at, min(SLICE, end - at)) for at in range(first, end, SLICE)]


def on_processes(work, workers: int):
    """Yield the Slices of `work`, in its order, played by so many processes."""
    if workers == 1:
        yield from (play_slice(*one) for one in work)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(play_slice, *zip(*work, strict=True))


def on_cluster(work, address: str):
    """The same on a Dask cluster at this address; work of a worker that dies is done again."""
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster("--scheduler needs the extra: pip install 'tuidan[cluster]'") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, TimeoutError, ValueError) as reason:
        raise NoCluster(f"no scheduler answers at {address} ({reason})") from None
    with client:
        futures = [client.submit(play_slice, *one, pure=False, retries=3) for one in work]
        for future in futures:
            yield future.result()
            future.release()


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class NoCluster(Exception):
    """The text is one line for the user."""
