"""A shop to look at: tills at one acquirer, all on one clock. No web in here, and no real time.

Whoever has a Site says how far its clock goes on. What can be seen of it is told by topic: the
number in `versions` grows whenever something of that topic changed.
"""
from collections import Counter
from datetime import timedelta
from functools import partial
from tempfile import TemporaryFile

from host_sim.agreement import CodecsDisagree
from host_sim.bench.keypad import NAMES as KEYS
from host_sim.core import FirmwareCrash
from host_sim.face.deeds import done
from host_sim.face.kept import Calendar, FileFlash, keep_slips
from host_sim.face.playing import Playing
from host_sim.face.till import Till
from host_sim.play.shop import Shop, place
from host_sim.world import START, World

FAR_MS = 1 << 52
CALENDAR_MS = 1_000     # how often the clock's state is written


class Site:
    """`numbers`: of the terminals of `books` (play.shop.open_books) that stand here; `scenario`:
    the name of what they come from, None for the samples. `folder`: where the terminals' flash and
    what they print is kept, and what was there is gone on with; None: nothing is kept.
    `record(file, shop, **known)`: writes all that passes in a Shop into a file from then on;
    `judge()`: makes what line.listen has under that name. `blank`: the number of a terminal that
    is to be activated."""

    def __init__(self, books, numbers, language="zh", seed=0, start=START, world=World,
                 scenario=None, folder=None, record=None, judge=None, blank=None):
        self.books = books
        self.folder = folder
        self.scenario = scenario
        self._record = record
        self._judge = judge
        self.start = start
        self.seed = seed
        self.language = language
        self.now_ms = self._written_ms = 0
        self.versions = Counter()
        self.tills = {}
        for at, number in enumerate(numbers):
            self._place(number, f"{seed} {at}" if at else seed, world, number == blank, numbers)
        self._write_calendar()
        self.watchers = []      # called without arguments after anything may have changed

    def _place(self, number, seed, world, blank, numbers):
        books, kept = self.books, False
        if self.folder is not None:
            path = self.folder / f"{number}.flash"
            kept = path.exists()
            world = partial(world, flash=FileFlash(path))
        made = place(books, number, self.language, seed, self.start, world, blank)
        merchant, mac = books.terminals[number]
        shop = Shop(made, books.acquirer, books.engine, merchant, mac, None, number)
        till = self.tills[number] = Till(number, shop, self._judge and self._judge())
        if self._record is not None:
            till.capture = TemporaryFile(prefix="tuidan-")
            self._record(till.capture, shop, seed=seed, host_seed=self.seed,
                         language=self.language, scenario=self.scenario, blank=blank, kept=kept,
                         others=[other for other in numbers if other != number])

    def close(self):
        """Nothing that belongs to the Site stays behind."""
        for till in self.tills.values():
            till.world.close()
            if till.capture is not None:
                till.capture.close()
            if self.folder is not None:
                till.world.device.flash.close()
        self.books.engine.dispose()
        if self.books.folder is not None:
            self.books.folder.cleanup()

    def _write_calendar(self):
        self._written_ms = self.now_ms
        if self.folder is not None:
            ahead = self.now_ms + CALENDAR_MS   # so far it may come before it is written again
            Calendar(self.folder).write(self.start + timedelta(milliseconds=ahead))

    # time

    def due(self):
        """When something happens next by itself, in ms; None if nothing ever does."""
        due = min((till.world.due(FAR_MS) for till in self._well()), default=FAR_MS)
        return None if due == FAR_MS else due

    def advance(self, to_ms):
        """Let everything happen up to a moment, whoever is due next first."""
        while True:
            first = min(self._well(), key=lambda till: till.world.due(to_ms), default=None)
            if first is None or (at := first.world.due(to_ms)) >= to_ms:
                break
            self._run(first, at)
        for till in self._well():
            self._run(till, to_ms)
        self.now_ms = max(self.now_ms, to_ms)
        if self.now_ms - self._written_ms >= CALENDAR_MS:
            self._write_calendar()
        self.tell()

    def _well(self):
        return [till for till in self.tills.values() if till.crash is None]

    def _run(self, till, at_ms):
        try:
            till.world.run_to(max(at_ms, till.world.now_ms))
            if till.playing is not None and not till.playing.over:
                till.playing.look()
                till.versions["till"] += 1
        except (FirmwareCrash, CodecsDisagree, OSError) as fault:
            self._stands(till, str(fault))
        except Exception as fault:  # of ours, in the acquirer or the parts: the others go on
            self._stands(till, f"{type(fault).__name__}: {fault}")

    def _stands(self, till, why):
        till.crash = why
        till.versions["till"] += 1

    def tell(self):
        """Take over what has happened, and let whoever looks on know."""
        for till in self.tills.values():
            packets, slips = till.heard, till.slips.count
            till.look()
            if till.packets != packets:
                self.versions["acquirer"] += 1
                till.heard = till.packets
            if self.folder is not None:
                keep_slips(self.folder, till, slips, self.start)
        for watcher in self.watchers:
            watcher()

    def play(self, till, script):
        """Let a key script go on at a Till whose power is off; no statement of it may be one that
        a till in use cannot bear. It is over when till.playing.over."""
        till.playing = Playing(till, script)
        self.do(till, "power on")
        till.playing.look()

    # what a person does

    def key(self, till, name, down):
        """A finger goes down on a key or up from it. ValueError for no such key."""
        if name not in KEYS:
            raise ValueError(f"there is no key {name!r}")
        if down:
            till.note(f"press {name}")
        till.move(name, down)
        self.tell()

    def do(self, till, line):
        """One statement of the key-script language about a card, a part, the line, the power or
        the host (deeds.LIVE). ValueError for one that is none of these, or that cannot be read."""
        done(till, line)
        till.versions.update(("till", "screen"))
        self.versions["acquirer"] += 1
        self.tell()
