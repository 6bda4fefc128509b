"""Many terminals in real time, each behind a gateway of its own, at one `tuidan acquirer` over TCP.

Connections are cut and the acquirer is killed in the middle; in the end its ledger must agree with
every terminal's flash.
"""

import asyncio
import json
import signal
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory

from host_sim.acquirer import scenario, schema
from host_sim.gateway import Gateway
from host_sim.play.shop import books_wrong
from tools.soak.many import SCENARIO
from tools.soak.seat import Seat, plan

OPENING_MS = 20_000  # within it all have come to work
AWAY_S = 2  # between the acquirer's end and its next start
CUT_S = 60  # so often each connection is cut, on average, until the faults stop
REDIAL_S = 0.3
KILL_AFTER = 2  # replies to each terminal, where the day has no length
# What strikes the till and its line, and is over in seconds.
KINDS = ("drop out", "drop in", "double out", "double in", "flip out", "flip in", "lose out",
         "lose in", "forge out", "forge in", "noise out", "noise in", "cut", "cut again",
         "overrun", "no paper", "again", "slip", "cancel")


class Acquirer:
    """`tuidan acquirer` on a ledger, at one TCP port that stays the same."""

    def __init__(self, scenario_file, ledger):
        self._options = ["--scenario", scenario_file, "--ledger", ledger, "--quiet", "--json"]
        self.port = 0
        self.figures: list[dict] = []  # of each life

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tools.cli", "acquirer", "--port", f"tcp:{self.port}",
            *map(str, self._options), stdout=asyncio.subprocess.PIPE)
        assert self._process.stdout is not None
        self._out = self._process.stdout
        first = await self._event()
        self.port = int(first["at"].rpartition(":")[2])
        self._reading = asyncio.create_task(self._read())
        self.figures.append({})

    async def _event(self):
        line = await self._out.readline()
        if not line:
            raise OSError("the acquirer did not start")
        return json.loads(line)

    async def _read(self):
        while line := await self._out.readline():
            event = json.loads(line)
            if event["event"] in ("state", "ended"):
                self.figures[-1] = event

    async def end(self, sign=signal.SIGINT):
        self._process.send_signal(sign)
        await self._process.wait()
        await self._reading
        return self._process.returncode


class Teller:
    """A terminal at its place: the seat, its gateway and the connection."""

    def __init__(self, number, row, day, books):
        self.wake = asyncio.Event()
        self.books = books
        self.engine = self.faults = None
        self.latencies_ms: list[float] = []
        self.connections = 0
        self._asked_at: float | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._day = day
        self.gateway = Gateway(self._send)
        self.seat = Seat(plan(day.seed * 10_000 + number, row[0], day.procedures, KINDS), row,
                         lambda seat: self, day.trouble_ms)
        self.seat.serve_by(self.gateway)

    def may_crash(self):  # as a seat's host, which is far away
        return False

    def heal(self): ...

    def _send(self, data):
        if self._writer is None or self._writer.is_closing():
            return False
        self._asked_at = time.perf_counter()
        self._writer.write(data)
        return True

    async def dial(self, port):
        """Keep a connection for ever."""
        while True:
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", port())
            except OSError:
                await asyncio.sleep(REDIAL_S)
                continue
            self.connections += 1
            self.gateway.connected()
            try:
                while data := await reader.read(2048):
                    if self.gateway.arrived(data, self._day.now_ms()) and self._asked_at:
                        self.latencies_ms.append((time.perf_counter() - self._asked_at) * 1000)
                        self._asked_at = None
                        self._day.answered()
                    self.wake.set()
            except OSError:
                ...
            self.hang_up()
            await asyncio.sleep(REDIAL_S)

    def hang_up(self):
        if self._writer is not None:
            self._writer.transport.abort()

    async def work(self, begins_ms):
        """The whole day, from `begins_ms` on."""
        again = begins_ms
        while again is not None:
            left_s = (again - self._day.now_ms()) / 1000 / self._day.speed
            try:
                async with asyncio.timeout(max(0.0, left_s)):
                    await self.wake.wait()
            except TimeoutError:
                ...
            self.wake.clear()
            again = self.seat.advance(max(self._day.now_ms(), begins_ms))


class Day:
    """What all of them share. `seconds` 0: until every terminal has done its procedures."""

    def __init__(self, terminals, seconds, seed, procedures, speed):
        self.terminals = terminals
        self.seed = seed
        self.procedures = procedures
        self.speed = speed  # seconds of a terminal in one of ours
        self.seconds = seconds
        self.trouble_ms = (seconds or 3_600) * 1000 * speed
        self.replies = 0
        self._middle = asyncio.Event()
        self._began = time.monotonic()

    def now_ms(self):
        return int((time.monotonic() - self._began) * 1000 * self.speed)

    def begin(self):
        self._began = time.monotonic()

    async def play(self, folder) -> dict:
        own = folder / f"{SCENARIO}.toml"
        text = scenario.find(SCENARIO).read_text(encoding="utf-8")
        own.write_text(text.replace("count = 1000", f"count = {self.terminals}"), encoding="utf-8")
        acquirer = Acquirer(own, folder / "ledger.db")
        await acquirer.start()
        books = sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)
        rows = scenario.read(str(own)).terminals
        tellers = [Teller(at, row, self, books) for at, row in enumerate(rows)]
        rng = Random(f"{self.seed} soak")
        self.begin()
        behind = [asyncio.create_task(one.dial(lambda: acquirer.port)) for one in tellers]
        behind.append(asyncio.create_task(self._cut(tellers, rng)))
        killing = asyncio.create_task(self._kill(acquirer))
        opening = OPENING_MS if self.seconds else 1_000
        days = [asyncio.create_task(one.work(rng.randrange(opening))) for one in tellers]
        await asyncio.gather(*days)
        took_s = time.monotonic() - self._began
        if self._middle.is_set():
            await killing
        for task in [*behind, killing]:
            task.cancel()
        restarts = len(acquirer.figures) - 1
        code = await acquirer.end()
        wrong = [f"{one.seat.witness.terminal}: {text}" for one in tellers
                 for text in one.seat.verdict()]
        wrong += books_wrong(schema.open_engine(str(folder / "ledger.db")))
        if code:
            wrong.append(f"the acquirer ended with {code}")
        return self._figures(acquirer, tellers, took_s, restarts) | {
            "lost": len(wrong), "wrong": wrong}

    def answered(self):
        """One reply more has come to a terminal."""
        self.replies += 1
        if not self.seconds and self.replies >= KILL_AFTER * self.terminals:
            self._middle.set()

    async def _kill(self, acquirer):
        """In the middle the acquirer is killed, and started again on its ledger."""
        if self.seconds:
            asyncio.get_running_loop().call_later(self.seconds / 2, self._middle.set)
        await self._middle.wait()
        await acquirer.end(signal.SIGKILL)
        await asyncio.sleep(AWAY_S / self.speed)
        await acquirer.start()

    async def _cut(self, tellers, rng):
        """Connections are cut."""
        while True:
            await asyncio.sleep(rng.expovariate(len(tellers) / CUT_S) / self.speed)
            one = rng.choice(tellers)
            if not one.seat.book.healed:
                one.hang_up()

    def _figures(self, acquirer, tellers, took_s, restarts):
        latencies = sorted(ms for one in tellers for ms in one.latencies_ms)
        hundredths = quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
        states = Counter(record.state_name for one in tellers
                         for record in one.seat.witness.records.values())
        busy_ms = [one.get("mean_ms", 0) for one in acquirer.figures]
        return {
            "terminals": self.terminals,
            "seconds": round(took_s, 1),
            "speed": self.speed,
            "replies": len(latencies),
            "replies_a_second": round(len(latencies) / took_s, 1),
            "transactions": sum(states.values()),
            "states": dict(states),
            "latency_ms": {"50%": round(hundredths[49], 1), "99%": round(hundredths[98], 1),
                           "longest": round(max(latencies, default=0), 1)},
            "ledger_mean_ms": busy_ms,
            "ledger_longest_ms": [one.get("longest_ms", 0) for one in acquirer.figures],
            "restarts": restarts,
            "connections": sum(one.connections for one in tellers),
            "unsent": sum(one.gateway.lost for one in tellers),
            "faults": sum(len(one.seat.book.happened) for one in tellers),
        }


def play(terminals: int, seconds: int = 0, seed: int = 0, procedures: int = 3, speed: int = 1):
    """{"terminals", "seconds", "replies", "transactions", "lost", "wrong": [text], ...}"""
    with TemporaryDirectory(prefix="tuidan-soak-") as folder:
        return asyncio.run(Day(terminals, seconds, seed, procedures, speed).play(Path(folder)))
