"""The power cuts of the part refund and of a sale once more, the firmware on real MicroPython.

Judged by the same invariants; and what could be seen from outside, the flash with it, must be what
CPython does in the same case, to the byte and the millisecond.
"""

from tools.campaign.procedures import Case, Run, Verdict, judged, plan
from tools.campaign.sweep_flash import counts, single_cuts

__all__ = ["cases", "counts", "play", "story"]
from tools.mpy import core_on_micropython

SWEPT = ("part refund", "sale")


def cases() -> list[Case]:
    core_on_micropython()  # compiles the firmware, once for all processes
    return [case for procedure in SWEPT for case in single_cuts(procedure)]


def play(case: Case) -> Verdict:
    here = Run(plan(case)).play()
    there = _there(case).play()
    told = judged(case, there)
    if here.trace != there.trace:
        told.wrong.append("16: CPython does not do the same")
    return told


def story(case: Case) -> tuple[Verdict, list[str]]:
    """MicroPython's side of a case, and line by line what happened."""
    verdict, lines = _there(case).story()
    return judged(case, verdict), lines


def _there(case):
    return Run(plan(case), make_core=core_on_micropython())
