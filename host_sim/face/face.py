"""What the face is about: the Site that is open, its pace, and the browsers that look on.

Opening another scenario is a new Site: every browser is told to come again.
"""
import asyncio
from functools import partial
from typing import Any, NamedTuple

from host_sim.acquirer import scenario
from host_sim.face.kept import Calendar
from host_sim.face.pace import Pace
from host_sim.face.site import Site
from host_sim.play.shop import open_books
from host_sim.world import START, World

MOST_TILLS = 6
SAMPLES = "samples"


class Choice(NamedTuple):
    """What is opened: `scenario` a shipped one or SAMPLES."""
    scenario: str = SAMPLES
    language: str = "zh"
    seed: int = 0


class Face:
    """`generation` grows with every Site. `kept`: a folder in which every choice has one of its
    own, and goes on where it was left; None: nothing is kept. `record`, `judge` and `world` as
    Site has them; `start`: its date where nothing is gone on with; `tills`: how many stand there
    at most."""

    def __init__(self, choice=Choice(), kept=None,  # noqa: B008 - a tuple does not change
                 record=None, judge=None, world=World, start=START, tills=MOST_TILLS):
        self.generation = 0
        self._kept = kept
        self._record = record
        self._judge = judge
        self._world = world
        self._start = start
        self._tills = tills
        self.viewers = set()
        self.site: Any = None   # the Site that is open, from open() on
        self._running = None
        self._changing = asyncio.Lock()
        self.open(choice)

    def open(self, choice):
        """Close what is open and open this. ValueError for a scenario that is not there."""
        self._show(*self._books(choice))

    def play(self, script):
        """Close what is open, and let a Script play in a world of its own, of which nothing is
        kept. ValueError for one that cannot be played here."""
        self._show(*self._stage(script))

    async def change(self, choice=None, script=None):
        """open() or play() while whoever looks on is served: a large shop's books take a while."""
        make = partial(self._books, choice) if script is None else partial(self._stage, script)
        async with self._changing:
            self._show(*await asyncio.to_thread(make))

    def _stage(self, script):
        """What a Script is played with, as _show() has it."""
        scenario_name = script.scenario.name if script.scenario else SAMPLES
        choice = Choice(scenario_name, script.language, script.seed)
        books = open_books(choice.seed, script.start, scenario=script.scenario)
        if (script.terminal or next(iter(books.terminals))) not in books.terminals:
            raise ValueError(f"no terminal {script.terminal} in {choice.scenario}")
        return choice, books, None, script

    def _books(self, choice):
        """What a Choice opens, as _show() has it."""
        if choice.scenario not in (SAMPLES, *scenario.shipped()):
            raise ValueError(f"no scenario {choice.scenario!r}")
        played = None if choice.scenario == SAMPLES else scenario.read(choice.scenario)
        folder = None
        if self._kept is not None:
            folder = self._kept / "-".join(map(str, choice))
            folder.mkdir(parents=True, exist_ok=True)
        books = open_books(choice.seed, self._start_in(folder), folder and folder / "ledger.db",
                           scenario=played, again=True)
        return choice, books, folder, None

    def _start_in(self, folder):
        return self._start if folder is None else Calendar(folder).read(self._start)

    def _show(self, choice, books, folder, script):
        """Close what is open; from now on this is. `folder`: where it is kept, or None."""
        numbers = list(books.terminals)
        if script is not None and script.terminal:      # the first has the seed for itself
            numbers.remove(script.terminal)
            numbers.insert(0, script.terminal)
        if self.site is not None:
            self.site.close()
        start = script.start if script else self._start_in(folder)  # not before it is closed
        site = Site(books, numbers[:self._tills], choice.language, choice.seed, start, self._world,
                    scenario=choice.scenario if choice.scenario != SAMPLES else None, folder=folder,
                    record=self._record, judge=self._judge,
                    blank=numbers[0] if script and script.blank else None)
        self.site, self.choice = site, choice
        self.pace = Pace(site)
        self.generation += 1
        site.watchers.append(self._tell)
        if script is not None:
            site.play(site.tills[numbers[0]], script)
        self._tell()
        if self._running is not None:
            self._running.cancel()
            self.start()

    def start(self):
        """Let the clock go, in the event loop that runs."""
        self._running = asyncio.create_task(self.pace.run())

    async def stop(self):
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self.site.close()

    def _tell(self):
        for changed in self.viewers:
            changed.set()
