"""Lets a Site's clock go on beside the real one: as fast, faster, or only when told to.

The only place of the face that reads the real time.
"""
import asyncio
import time

SPEEDS = (0, 1, 10, 60)     # times as fast as the real clock; 0: it stands
MOST_MS = 250               # of real time made up for at once: a machine that slept does not race
LONGEST_STEP_MS = 1_000     # at once: whoever else looks on waits meanwhile


class Pace:
    """`run()` is a task beside the server; `speed` may be set at any time."""

    def __init__(self, site, speed=1):
        self._site = site
        self._speed = speed
        self._wake = asyncio.Event()

    @property
    def speed(self):
        return self._speed

    @speed.setter
    def speed(self, times):
        if times not in SPEEDS:
            raise ValueError(f"the clock goes {', '.join(map(str, SPEEDS))} times as fast, "
                             f"not {times!r}")
        self._speed = times
        self._site.versions["clock"] += 1
        self._site.tell()
        self.wake()

    def wake(self):
        """Something was done: look again what is due."""
        self._wake.set()

    def step(self, by_ms=None):
        """Go on to the next thing that happens, or by so many ms; the clock stands from then
        on. ValueError."""
        if by_ms is not None and not (type(by_ms) is int and 0 < by_ms <= LONGEST_STEP_MS):
            raise ValueError(f"the clock goes on by 1 to {LONGEST_STEP_MS} ms, not {by_ms!r}")
        self.speed = 0
        if by_ms is not None:
            self._site.advance(self._site.now_ms + by_ms)
        elif (due := self._site.due()) is not None:
            self._site.advance(due + 1)

    async def run(self):
        """Until it is cancelled."""
        behind = 0.0
        before = time.monotonic()
        while True:
            now = time.monotonic()
            behind += min((now - before) * 1000, MOST_MS) * self._speed
            before = now
            whole = int(behind)
            if whole:
                behind -= whole
                self._site.advance(self._site.now_ms + whole)
            await self._until_due(behind)

    async def _until_due(self, behind):
        self._wake.clear()
        due = self._site.due()
        wait = None
        if self._speed and due is not None:
            wait = max(0.001, (due - self._site.now_ms + 1 - behind) / 1000 / self._speed)
            wait = min(wait, MOST_MS / 1000)
        try:    # wait_for() of Python 3.11 loses a cancel that comes with the wake
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return
