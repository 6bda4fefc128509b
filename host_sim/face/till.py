"""One till of a Site: its terminal, what that has shown, printed and said, and what was done to it.

Of everything the newest is kept, so that a day at it takes no more memory than an hour.
"""
from collections import Counter, deque
from functools import partial
from itertools import islice

from host_sim.face import line
from host_sim.face.flash import Lid
from host_sim.world import KEY_DOWN_MS, KEY_UP_MS

MOST_FRAMES = 500       # units of the line that are kept to be looked at
MOST_SLIPS = 50         # of paper that were cut off
MOST_LINES = 1_000      # of paper that hang out of the printer


class Shelf:
    """Numbered things, of which the newest are kept."""

    def __init__(self, most):
        self.count = 0
        self._kept = deque(maxlen=most)

    def add(self, thing):
        self._kept.append(thing)
        self.count += 1

    def since(self, number):
        """(number of the first, [things]) from `number` on, as far as they are still here."""
        first = self.count - len(self._kept)
        start = max(number, first)
        return start, list(islice(self._kept, start - first, None))

    def __getitem__(self, number):
        """LookupError for one that is gone or never was."""
        first = self.count - len(self._kept)
        if not first <= number < self.count:
            raise LookupError(number)
        return self._kept[number - first]


class Till:
    """A terminal of the Site and what it has shown. `crash`: what its firmware died of, or None.
    `deeds`: (ms, the screen's rows before, statement of the key-script language). `capture`: the
    file that all goes into, None if nothing is written down. `playing`: the key script that goes on
    here by itself, or did. `judge` as line.listen has it; `macs` counts its verdicts.
    `finger_free_at`: when all keys that were handed over are up again, in ms."""

    def __init__(self, number, shop, judge=None):
        self.number = number
        self.shop = shop
        self.world = shop.world
        self.lid = Lid(shop.world.device)
        self.crash = None
        self.frames = Shelf(MOST_FRAMES)    # face.line.Passed
        self.lines = Shelf(MOST_LINES)      # host_sim.bench.printer.Line, or None for a cut
        self.slips = Shelf(MOST_SLIPS)      # (ms, [Line, ...]) of what was cut off
        self.deeds = []
        self.capture = None
        self.playing = None
        self.packets = self.heard = 0
        self.macs = Counter()
        self.versions = Counter()
        self._looked = self._printed = self._cuts = self._slip_from = 0
        self.finger_free_at = 0
        line.listen(shop.world.wire, self._hear, judge)

    def _hear(self, passed):
        self.frames.add(passed)
        self.packets += passed.packet is not None
        self.macs[passed.mac] += 1
        self.versions["wire"] += 1

    def note(self, statement):
        """Remember a deed as a key script would have it."""
        rows = tuple(self.world.screen())
        if self.deeds and self.deeds[-1][1] == rows:    # of a day's keys: only one copy
            rows = self.deeds[-1][1]
        self.deeds.append((self.world.now_ms, rows, statement))

    def move(self, name, down):
        """Move a key now, or as soon as a finger could: a browser's messages may come in a heap,
        and a key that is down for no time was never down."""
        at_ms = max(self.world.now_ms, self.finger_free_at)
        self.finger_free_at = at_ms + (KEY_DOWN_MS if down else KEY_UP_MS)
        if at_ms == self.world.now_ms:
            self.world.move_key(name, down)
        else:
            self.world.agenda.at(at_ms, partial(self.world.move_key, name, down))

    def look(self):
        """Take over what the world has noted since the last look; topics that changed."""
        trace, printer = self.world.trace, self.world.device.printer
        for event in trace[self._looked:]:
            self.versions["screen"] += event.kind == "screen"
            self.versions["till"] += 1
        if self.playing is None:
            trace.clear()       # a script may ask for what was there long ago
        self._looked = len(trace)
        if len(printer.lines) > MOST_LINES and len(printer.lines) == self._printed:
            self.world.tear_off()
            self._printed = self._cuts = self._slip_from = 0
        while self._printed < len(printer.lines) or self._cuts < len(printer.cuts):
            self.versions["paper"] += 1
            if self._cuts < len(printer.cuts) and printer.cuts[self._cuts] == self._printed:
                self.lines.add(None)
                self.slips.add((self.world.now_ms, printer.lines[self._slip_from:self._printed]))
                self._slip_from = self._printed
                self._cuts += 1
            else:
                self.lines.add(printer.lines[self._printed])
                self._printed += 1
