"""A key script played with a look at what is asked on the screen, and followed in another language.

The two runs meet question by question, never by words: a page more or less in one language, a text
that is quoted, a figure that is waited for, lead nobody astray.
"""

from bisect import bisect_right
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from firmware.text.texts import LANGUAGES, Texts
from host_sim.play.player import WAIT_MS, Player
from host_sim.play.shop import open_shop

PAGE_ROWS = 3
LOOK_MS = 1_000  # so long the page of a question stands before the next is turned to


class Told(str):
    """A text that tells `note` of its id and of its whole numbers when it is filled in."""

    text_id = ""
    note: Callable[[tuple], None]

    def format(self, **values):  # type: ignore[override]
        numbers = {name: one for name, one in values.items() if isinstance(one, int)}
        self.note((self.text_id, tuple(sorted(numbers.items()))))
        return str.format(self, **values)


class Seen:
    """What a terminal asked for: texts by the millisecond, and its questions, counted."""

    def __init__(self):
        self._world = None
        self.ids = set()
        self.taken = set()  # procedures that the operator began, as flows/menu.py names them
        self._times, self._groups = [], []  # when, and which
        self._begun, self._depth = 0, 0
        self.kind, self.pages_left = "", 0  # of the question that was begun last

    def watch(self, world):
        self._world = world

    def note(self, told):
        """`told`: (text id, its numbers)."""
        now_ms = self._world.now_ms if self._world else 0
        if self._times[-1:] != [now_ms]:
            self._times.append(now_ms)
            self._groups.append([])
        self._groups[-1].append(told)
        self.ids.add(told[0])

    def on_screen(self, now_ms):
        """[(text id, numbers)] of the newest screen, as of then."""
        at = bisect_right(self._times, now_ms)
        return self._groups[at - 1] if at else []

    @property
    def place(self):
        """How far the run is: of two runs of a script, places compare as they follow each other."""
        return self._begun, not self._depth

    @property
    def asks(self):
        """Whether a question waits for keys."""
        return self._depth > 0

    async def ask(self, ui, asked, question, arguments, named):
        self._begun += 1
        self._depth += 1
        self.kind, self.pages_left = question, _pages_behind(ui, question, arguments, named)
        try:
            return await asked(ui, question, *arguments, **named)
        finally:
            self._depth -= 1

    def restarted(self):
        self._depth = 0


def _pages_behind(ui, question, arguments, named):
    """How many pages follow the first one, of a text that any page of may be left."""
    if question == "message":
        texts, values = ui.texts, {k: v for k, v in named.items() if k != "timeout_ms"}
        rows = ui.wrap(str.format(str(texts[arguments[1]]), **values))
    elif question == "pages":
        rows = arguments[1]
    else:
        return 0
    return (len(rows) - 1) // PAGE_ROWS


@contextmanager
def watched(seen):
    """Within, `seen` is told of every text, question and procedure that is asked for."""
    from firmware import overlay
    from firmware.screens import Screens

    found, asked, ran = Texts.__getitem__, Screens.ask, overlay.run

    def told(self, text_id):
        text = Told(found(self, text_id))
        text.text_id, text.note = text_id, seen.note
        seen.note((text_id, ()))
        return text

    async def ask(self, question, *arguments, **named):
        return await seen.ask(self, asked, question, arguments, named)

    async def run(path, *arguments, **named):
        if path == "flows.roles.allowed":
            seen.taken.add(arguments[1])
        return await ran(path, *arguments, **named)

    Texts.__getitem__, Screens.ask, overlay.run = told, ask, run
    try:
        yield
    finally:
        Texts.__getitem__, Screens.ask, overlay.run = found, asked, ran


class Looker(Player):
    """Turns every page before it leaves a text."""

    def __init__(self, script, shop, seen):
        super().__init__(script, shop)
        self.seen = seen

    def do_press(self, names):
        for name in names:
            if self._before(name):
                if self.seen.asks and name in ("ENTER", "CANCEL"):
                    self._world.press(*["DOWN"] * self.seen.pages_left)
                self._world.press(name)

    def do_type(self, digits):
        self.do_press(digits)

    def do_power(self, state):
        super().do_power(state)
        if state != "on":
            self.seen.restarted()

    def do_wait(self, text):
        return self.do_wait_within(text, WAIT_MS)

    def _before(self, _name):
        return True


class Original(Looker):
    """In the script's own language; keeps in `track` where it was at each key and each wait."""

    def __init__(self, script, shop, seen):
        super().__init__(script, shop, seen)
        self.track = []  # of keys: (place, name); of waits: (place, [(id, numbers)])
        self.chosen = []  # text ids

    def _before(self, name):
        self.track.append((self.seen.place, name))
        return True

    def do_choose(self, text):
        newest = [one[0] for one in self.seen.on_screen(self._world.now_ms)]
        known = [all_texts(language) for language in LANGUAGES]
        self.chosen.append([one for texts in known for one in texts if texts[one] == text])
        self.chosen[-1].sort(key=lambda one: one not in newest)
        return super().do_choose(text)

    def do_wait_within(self, text, limit_ms):
        result = super().do_wait_within(text, limit_ms)
        newest = self.seen.on_screen(self._world.now_ms)
        self.track.append((self.seen.place, list(newest)))
        return result


class Follower(Looker):
    """The same script in another language: goes by the track, and expects nothing of what is
    written."""

    def __init__(self, script, shop, seen, original):
        super().__init__(script, shop, seen)
        self._track = list(original.track)
        self._chosen = list(original.chosen)
        self._left_by = {place[0]: what for place, what in original.track if isinstance(what, str)}

    def do_wait_within(self, text, limit_ms):
        place, meant = self._track.pop(0)
        return None if self._come_to(place, meant, limit_ms) else self._screen_says()

    def do_choose(self, text):
        for text_id in self._chosen.pop(0):
            for language in LANGUAGES:
                if self._world.choose(all_texts(language)[text_id]):
                    return None
        return self._screen_says()

    def _before(self, name):
        """Whether the question that this key was for still stands."""
        place, _ = self._track.pop(0)
        self._come_to(place, (), WAIT_MS)
        return self.seen.place == place

    def _come_to(self, place, meant, limit_ms):
        def there():
            if self.seen.place != place or self.seen.asks or not meant:
                return self.seen.place >= place
            return set(meant) <= set(self.seen.on_screen(self._world.now_ms))

        for _ in range(max(1, limit_ms // LOOK_MS)):
            if self._world.run_until(there, LOOK_MS):
                return True
            begun = self.seen.place[0]
            turns = self.seen.asks and self.seen.kind == "confirm" and begun < place[0]
            if turns and self._left_by.get(begun) == "ENTER":
                self._world.press("ENTER")
        return False

    def do_expect_screen(self, text):
        return None

    do_expect_not_screen = do_expect_paper = do_expect_screen


@cache
def all_texts(language):
    """{id: text}, in the order of the file."""
    path = Path(__file__).parents[1] / "firmware" / "text" / f"{language}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {text_id: text.replace("\\n", "\n") for text_id, text in pairs}


def open_for(script, language):
    """The Shop that a script is to be played on, in this language."""
    return open_shop(script.terminal, language, script.seed, script.start,
                     scenario=script.scenario, blank=script.blank)  # fmt: skip
