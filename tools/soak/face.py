"""An hour of a shop's traffic before the face, at sixty times the real clock: operators who work on
as the browser tells them, a browser that reads late, and the server's memory, which must stay.
"""
import asyncio
import json
import time
from datetime import datetime
from pathlib import Path

from websockets.asyncio.client import connect

from firmware.text.texts import Texts
from host_sim.play.player import squeezed
from tools.browser import served
from tools.demo import answers, landmark

TILLS = ("10000001", "10000002", "10000003")
ORDERS = ("20260004", "20260001", "20260009", "20260012", "20260101", "20260002", "20269999")
SPEED = 60
WARM_MINUTES = 15       # until everything that is kept has been filled once
MOST_GROWTH = 0.10      # of the memory at that time
LATE_S = 10             # of real time: what a slow browser sees may be so old
PATIENCE_MS = 4_000     # of the terminal's time, before a screen that asks nothing is left


def play(minutes):
    """{name: figure, "wrong": [what went wrong, in words]}."""
    with served("--language", "en") as (address, process):
        return asyncio.run(_play(address, process.pid, minutes))


async def _play(address, pid, minutes):
    day = _Day(pid, minutes)
    began = time.monotonic()
    people = [asyncio.create_task(_Operator(day, address, number, at).work())
              for at, number in enumerate(TILLS)]
    late = asyncio.create_task(_read_late(day, address))
    await asyncio.gather(*people)
    late.cancel()
    wrong = list(day.wrong)
    seen = await _look(address, TILLS[0])
    if seen["screen"]["rows"] != day.rows[TILLS[0]]:
        wrong.append("a browser that comes new sees another screen")
    if not seen["acquirer"]["balanced"]:
        wrong.append("the books do not balance")
    warm, last = day.memory.get(WARM_MINUTES), day.memory[max(day.memory)]
    if warm is not None and last > warm * (1 + MOST_GROWTH):
        wrong.append(f"memory grew from {warm >> 20} to {last >> 20} MiB")
    return {"minutes": minutes, "keys": day.keys, "packets": day.packets,
            "MiB when warm": (warm or 0) >> 20, "MiB at the end": last >> 20,
            "seconds": round(time.monotonic() - began), "wrong": wrong}


class _Day:
    """What all operators share: the clock as the face tells it, memory by the minute."""

    def __init__(self, pid, minutes):
        self._statm = Path(f"/proc/{pid}/statm")
        self._minutes = minutes
        self.start = None
        self.now_ms = self.keys = self.packets = 0
        self.over = False
        self.memory, self.rows, self.wrong = {}, {}, []

    def milliseconds(self, told):
        """Since the first that was told."""
        now = datetime.strptime(f"2026-{told}", "%Y-%m-%d %H:%M:%S.%f")
        self.start = self.start or now
        return int((now - self.start).total_seconds() * 1000)

    def clock(self, told):
        self.now_ms = max(self.now_ms, self.milliseconds(told))
        minute = self.now_ms // 60_000
        if minute not in self.memory:
            self.memory[minute] = int(self._statm.read_text().split()[1]) * 4096
        self.over = minute >= self._minutes


class _Operator:
    """Answers what the terminal asks, and leaves what asks nothing with CANCEL."""

    def __init__(self, day, address, number, at):
        self._day = day
        self._address = address
        self._number = number
        self._refunds = at
        self._since_ms = 0
        self._answered = None

    async def work(self):
        day = self._day
        async with _line(self._address, self._number) as socket:
            await _send(socket, do="power on")
            await _send(socket, speed=SPEED)
            async for message in socket:
                news = json.loads(message)
                if "error" in news or news.get("till", {}).get("crash"):
                    day.wrong.append(str(news.get("error") or news["till"]["crash"]))
                day.packets += sum(one["name"] == "packet"
                                   for one in news.get("wire", {"frames": []})["frames"])
                if "clock" in news:
                    day.clock(news["clock"]["now"])
                if "screen" in news and news["screen"]["rows"] != day.rows.get(self._number):
                    day.rows[self._number] = news["screen"]["rows"]
                    self._since_ms = day.now_ms
                if day.over:
                    await _send(socket, speed=0)
                    return
                await self._act(socket)

    async def _act(self, socket):
        rows = self._day.rows.get(self._number, [])
        shown = squeezed("".join(rows))
        order = ORDERS[self._refunds % len(ORDERS)]
        name = next((name for name, mark in _MARKS.items() if mark in shown), None)
        waited = self._day.now_ms - self._since_ms > PATIENCE_MS
        if name is not None and (name != self._answered or waited):
            self._answered = name
            self._refunds += name == "approved.done"
            await self._press(socket, answers(order, None)[name])
        elif name is None and waited and shown:
            self._refunds += 1
            self._answered = None
            await self._press(socket, ["CANCEL"])

    async def _press(self, socket, keys):
        self._since_ms = self._day.now_ms
        for key in keys:
            self._day.keys += 1
            await _send(socket, key=key, down=True)
            await _send(socket, key=key, down=False)


async def _read_late(day, address):
    """A browser that takes two seconds over each message: what it sees is no older than that."""
    async with _line(address, TILLS[0], "&acks") as socket:
        while True:
            news = json.loads(await socket.recv())
            if "clock" in news and day.start:
                behind_ms = day.now_ms - day.milliseconds(news["clock"]["now"])
                if behind_ms > LATE_S * SPEED * 1000:
                    day.wrong.append(f"a slow browser sees what was {behind_ms / 1000:g} s ago")
            await asyncio.sleep(2)
            await _send(socket, taken=True)


async def _look(address, number):
    """What a browser sees that comes now."""
    async with _line(address, number) as socket:
        seen = {}
        while not {"screen", "acquirer"} <= seen.keys():
            seen |= json.loads(await socket.recv())
        return seen


def _line(address, number, more=""):
    return connect(f"{address.replace('http', 'ws')}live?till={number}{more}",
                   origin=address.rstrip("/"), max_size=None, max_queue=4)


async def _send(socket, **deed):
    await socket.send(json.dumps(deed))


_TEXTS = Texts("en")
_MARKS = {name: landmark(_TEXTS[name]) for name in answers("1", None)}
