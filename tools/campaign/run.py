"""One run: a plan played to its end, the faults stopped, the till brought to rest, all judged."""

import hashlib
from random import Random
from typing import NamedTuple

from host_sim.core import FirmwareCrash
from tools.campaign import invariants
from tools.campaign.clerk import Clerk
from tools.campaign.faults import Book
from tools.campaign.plan import Plan, plan
from tools.campaign.stage import Stage
from tools.campaign.story import Notebook
from tools.campaign.witness import Witness

TROUBLE_MS = 30 * 60_000  # so long the faults have, at most
REST_MS = 900_000  # T of invariant 4: within it everything is at its end once they stopped


class Verdict(NamedTuple):
    """`wrong` are the violations; `faults` those that took effect; `situations` {name: how often};
    `trace` a digest of all that could be seen."""

    plan: Plan
    wrong: list[str]
    faults: list
    situations: dict
    trace: str


class Run:
    """A plan on its stage; play() once. `make_core`: what the firmware runs on, as World has it."""

    def __init__(self, plan: Plan, **how):
        self.plan = plan
        self.book = Book(plan.faults)
        self.witness = Witness(plan)
        self.stage = Stage(plan, self.book, self.witness, **how)
        self.clerk = Clerk(self.stage, plan.wishes, self.book, Random(f"{plan.seed} clerk"))
        self.at_rest = False

    def story(self) -> tuple[Verdict, list[str]]:
        """Play it, and tell it line by line."""
        notebook = self.stage.notebook = Notebook(self.stage, self.book)
        return self.play(), notebook.lines

    def play(self) -> Verdict:
        wrong = []
        with self.stage:
            try:
                self._play()
            except FirmwareCrash as crash:
                wrong.append(f"crash: {crash}")
            except Exception as error:  # of the host, a reviewer or this program itself
                wrong.append(f"crash: outside of the firmware, {error!r}")
            self.witness.close()
            wrong += invariants.judge(self)
        return Verdict(self.plan, wrong, self.book.happened, dict(self.witness.happened),
                       digest(self.stage))

    def forget(self):
        """All that it was made of: the parts know each other, which a garbage collector would have
        to find out, at a twentieth of a run's time."""
        stage = self.stage
        for part in (stage.device, stage.host, stage, self.clerk, self.witness):
            vars(part).clear()

    def _play(self):
        stage = self.stage
        stage.power_on()
        self.clerk.work(TROUBLE_MS)
        self.book.heal()
        stage.heal()
        self.at_rest = self.clerk.close_up(stage.now_ms + REST_MS)


def digest(stage) -> str:
    """Of everything that could be seen from outside, and of the flash at the end."""
    parts = []
    for at_ms, kind, value in stage.trace:
        if kind == "screen":
            parts += b"%d screen ''\n" % at_ms, value.pixels
        else:
            parts.append(f"{at_ms} {kind} {value!r}\n".encode())
    for number, block in sorted(stage.device.flash.blocks.items()):
        parts += number.to_bytes(4, "big"), block
    return hashlib.sha256(b"".join(parts)).hexdigest()


def play(seed: int) -> Verdict:
    run = Run(plan(seed))
    verdict = run.play()
    run.forget()
    return verdict
