"""`make fuzz`: so many cases at everything that comes from outside, packets, lines and keys.

The guided targets side by side, then the Hypothesis tests of this folder with more cases than
`make test` gives them. Says how many were thrown; exit code 1 at a finding.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from host_sim import shims

HYPOTHESIS = ("test_terminal.py", "test_acquirer.py", "test_whole_terminal.py")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000, help="default: %(default)s")
    cases = parser.parse_args().cases
    shims.install()
    from tests.fuzz.targets import TARGETS

    counts = {name: max(1, cases * share // 1000) for name, (_, share, _) in TARGETS.items()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(_guided, *zip(*sorted(counts.items()), strict=True)))
    times = -(-(cases - sum(counts.values())) // _by_hypothesis())
    os.environ["FUZZ_TIMES"] = str(times)
    good.append(_hypothesis())
    by_hypothesis = times * _by_hypothesis()
    print(f"Hypothesis: {by_hypothesis} cases")
    thrown = sum(counts.values()) + by_hypothesis
    print(f"{thrown} cases, {good.count(False)} findings")
    sys.exit(not all(good))


def _guided(name, cases):
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(cases)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("INFO:")]
        print(f"{name}: a finding", *said, sep="\n", flush=True)
    return done.returncode == 0


def _by_hypothesis():
    """Cases of the Hypothesis tests at their size in `make test`."""
    from tests.fuzz import test_acquirer, test_terminal, test_whole_terminal

    whole = (test_terminal.RUNS, test_acquirer.RUNS, test_whole_terminal.RUNS)
    return sum(sum(runs.values()) for runs in whole)


def _hypothesis():
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(os.cpu_count()),
               *(f"tests/fuzz/{name}" for name in HYPOTHESIS)]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
