"""The acquirer of a scenario: it crashes and comes back, and its reviewers decide.

It goes where an Acquirer goes. Nothing here decides about money but by the acquirer's own code.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from host_sim.acquirer import faults as kinds
from host_sim.acquirer import review
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.faults import Faults
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.scenario import Scenario
from host_sim.acquirer.schema import REVIEW, order, terminal, txn
from host_sim.acquirer.server import Acquirer

_MTI = slice(11, 13)
_MAY_HOLD = (bytes.fromhex("0220"), bytes.fromhex("0221"))
# Of terminals, which have proved their keys: a back office's applications are for its own people.
_HELD = (
    select(txn, order.c.merchant_id)
    .join(order, txn.c.order_no == order.c.order_no)
    .join(terminal, txn.c.terminal_id == terminal.c.terminal_id)
    .where(txn.c.state == REVIEW, terminal.c.proved_set > 0)
)
_THERE = select(terminal.c.terminal_id).limit(1)


class OtherScenario(Exception):
    """The ledger was begun with another scenario."""


def open_scenario(engine, scenario: Scenario, today) -> bool:
    """Fill a new ledger with a scenario; whether it was new. OtherScenario for one that does not
    know the scenario's terminals."""
    with engine.begin() as connection:
        if connection.execute(_THERE).first() is None:
            scenario.load(connection, today)
            return True
        known = set(connection.execute(select(terminal.c.terminal_id)).scalars())
    missing = [row[0] for row in scenario.terminals if row[0] not in known]
    if missing:
        raise OtherScenario(f"terminal {missing[0]} of scenario {scenario.name} is not in it: it "
                            "was begun with another scenario")
    return False


class Host:
    """`engine`: one that open_scenario has filled; `seed` is of keys, chances and reviewers, `rng`
    of the keys until the first crash, if they are to be others."""

    def __init__(self, engine, scenario: Scenario, seed: object = 0, rng: Random | None = None):
        self.engine = engine
        self._scenario = scenario
        self._seed = seed
        self._points = CrashPoints(engine)
        self.faults = Faults(map(replace, scenario.faults), Random(f"{seed} faults"))
        self._starts = 0
        self._down_until: datetime | None = None
        self._desk = scenario.reviewers is not None  # something may lie there
        self.counters: dict = {}
        self.crashes = self.decisions = 0
        self._start(rng)

    @property
    def terms(self):
        return self._scenario.terms

    def _start(self, rng=None):
        """With what the database holds, and nothing else."""
        self._starts += 1
        rng = rng or Random(f"{self._seed} keys {self._starts}")
        self._acquirer = Acquirer(self._points, rng, self.faults, self._scenario.secrets,
                                  self._scenario.terms)
        for name, count in self.counters.items():
            self._acquirer.counters[name] += count
        self.counters = self._acquirer.counters

    def answer(self, packet: bytes, now: datetime) -> bytes | None:
        """As Acquirer.answer; None also while the host is down."""
        if self._down_until is not None:
            if now < self._down_until:
                return None
            self._down_until = None
        self.review(now)
        self.faults.at = now.time()
        crash = self.faults.take(kinds.CRASH, packet[_MTI].hex())
        if crash:
            self._points.at(crash.point)
        try:
            reply = self._acquirer.answer(packet, now)
        except HostCrash:
            self.crashes += 1
            self._down_until = now + timedelta(seconds=crash.down_s if crash else 0)
            self._start()
            return None
        finally:
            self._points.disarm()
        if reply is not None and packet[_MTI] in _MAY_HOLD:
            self._desk = self._scenario.reviewers is not None
        return reply

    def review(self, now: datetime) -> None:
        """Let the reviewers decide what has lain on their desk long enough."""
        reviewers = self._scenario.reviewers
        if reviewers is None or not self._desk:
            return
        with self.engine.begin() as connection:
            held = connection.execute(_HELD).all()
        self._desk = bool(held)
        for row in held:
            key = Key(row.terminal_id, row.batch, row.stan, row.dated)
            rng = Random(f"{self._seed} review {key}")
            after_s = rng.randint(*reviewers.after_s)
            if row.answered_at + timedelta(seconds=after_s) > now:
                continue
            approve = rng.randrange(100) < reviewers.approve_percent
            try:
                with self.engine.begin() as connection:
                    review.decide(connection, key, row.merchant_id, approve, reviewers.note,
                                  now)
                self.decisions += 1
            except review.NotDecidable:  # the balance does not cover it now: it stays on the desk
                ...
