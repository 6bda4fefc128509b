"""One target of targets.py under atheris, which looks which bytes reach new code; or one found case
thrown again, where atheris is not needed.

`python -m tests.fuzz.guided TARGET CASES`, `python -m tests.fuzz.guided TARGET FILE`. Exit code 0,
1 at a finding, whose file is named.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from host_sim import shims

FOUND = Path("build/fuzz")
SEED = 20260316
FIRMWARE_RUNS = ("replies", "keys")  # targets in which the firmware loads and lets go of its code
LIMITS = ("-timeout=120", "-rss_limit_mb=4096")


def main(name, what):
    shims.install()  # MicroPython's modules, before any firmware
    if Path(what).is_file():
        _throw(name)(Path(what).read_bytes())
        print(f"{name}: {what} finds nothing")
        return
    _hunt(name, int(what))


def _throw(name):
    from tests.fuzz.targets import TARGETS

    if name in FIRMWARE_RUNS:
        from host_sim.roomy import spread_out

        # Code that is loaded anew for each case would be instrumented anew as well, and look new.
        spread_out()
    return TARGETS[name][0]()


def _hunt(name, cases):
    import atheris

    with atheris.instrument_imports(include=["firmware", "protocol"]):
        from tests.fuzz.targets import TARGETS, examples

        throw = _throw(name)
    thrown = 0

    def case(data):
        nonlocal thrown
        throw(data)
        thrown += 1
        if thrown % max(1, cases // 5) == 0 or thrown == cases:
            print(f"{name}: {thrown} of {cases} cases", flush=True)
        if thrown == cases:
            os._exit(0)  # the fuzzer's own end says much and returns nothing

    FOUND.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as seeds:
        for number, example in enumerate(examples(name)):
            Path(seeds, str(number)).write_bytes(example)
        limits = (f"-seed={SEED}", f"-max_len={TARGETS[name][2]}", "-len_control=0", *LIMITS)
        where = (f"-artifact_prefix={FOUND}/{name}-", "-verbosity=0")
        atheris.Setup([sys.argv[0], *limits, *where, seeds], case)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
