"""Very many terminals in one process and one virtual time, all at one acquirer.

Each is a whole terminal with the firmware that goes onto a board; whoever is due next goes on.
"""

import gc
import heapq
import resource
from collections import Counter
from dataclasses import replace
from random import Random
from time import perf_counter

from host_sim.acquirer import scenario, schema
from host_sim.acquirer.host import Host, open_scenario
from host_sim.play.shop import books_wrong
from host_sim.world import START
from tools.campaign.leaving import FINANCIAL
from tools.soak.seat import AT_THE_TILL, Seat, Shared, plan

SCENARIO = "busy_day"
OPENING_MS = 10 * 60_000  # within it all have come to work
TROUBLE_MS = 30 * 60_000  # so long each has faults, at most


def some(played, terminals):
    """The scenario with so many terminals, and their orders."""
    rows = played.terminals[:terminals]
    there = {row[0] for row in rows}
    return replace(played, terminals=rows,
                   orders=tuple(row for row in played.orders if row[2] in there))


def play(terminals: int, seed: int = 0, procedures: int = 3) -> dict:
    """{"terminals", "transactions", "requests", "faults", "lost", "wrong": [text], ...}"""
    began = perf_counter()
    played = some(scenario.read(SCENARIO), terminals)
    engine = schema.open_engine()
    open_scenario(engine, played, START.date())
    host = Host(engine, played, seed)
    rng = Random(f"{seed} soak")
    before = _memory_mb()
    seats = [
        Seat(plan(seed * 10_000 + at, row[0], procedures, AT_THE_TILL), row,
             lambda seat: Shared(seat, host), TROUBLE_MS)
        for at, row in enumerate(played.terminals)
    ]
    gc.freeze()
    due = [(rng.randrange(OPENING_MS), at) for at in range(len(seats))]
    heapq.heapify(due)
    now_ms = steps = 0
    while due:
        now_ms, at = due[0]
        again = seats[at].advance(now_ms)
        steps += 1
        if again is None:
            heapq.heappop(due)
        else:
            heapq.heapreplace(due, (max(again, now_ms), at))
    grown = _memory_mb() - before
    wrong = [f"{seat.witness.terminal}: {one}" for seat in seats for one in seat.verdict()]
    wrong += books_wrong(engine)
    asked = Counter(told.message.mti for seat in seats for told in seat.witness.told
                    if told.way == "out" and told.message is not None)
    states = Counter(record.state_name for seat in seats
                     for record in seat.witness.records.values())
    return {
        "terminals": len(seats),
        "virtual_seconds": now_ms // 1000,
        "seconds": round(perf_counter() - began, 1),
        "requests": sum(asked.values()),
        "money_requests": sum(asked[mti] for mti in FINANCIAL),
        "transactions": sum(states.values()),
        "states": dict(states),
        "faults": sum(len(seat.book.happened) for seat in seats),
        "power_cuts": sum(1 for seat in seats for event in seat.trace
                          if event[1:] == ("power", "off")),
        "lost": len(wrong),
        "wrong": wrong,
        "mb_before": before,
        "kb_a_terminal": round(grown * 1024 / len(seats)),
    }


def _memory_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
