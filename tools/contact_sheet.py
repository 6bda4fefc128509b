"""`tuidan contact-sheet`: every screen that the key scripts come by, in both languages, drawn.

A script is played in its own language and then in the other one: where it waits for words, the
other run waits for the same texts by their ids. What is on a sheet was really shown.
"""

import re
import sys
from bisect import bisect_right
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from firmware.text.texts import LANGUAGES, Texts
from tools.pictures import draw_screen
from tools.press import Failed, Player, is_idle, reading, squeezed
from tools.script import read_script
from tools.shop import open_shop

SCRIPTS = Path(__file__).parents[1] / "tests" / "scripts"
LOOK_MS = 3_000  # so long a page stands before the next is turned to
COLUMNS, GAP, CAPTION, MOST_WORDS = 6, 10, 26, 34
GROUND, WORDS = "#f4f4f2", "#333333"


class Seen:
    """The text ids that a terminal asked for, by the millisecond."""

    def __init__(self):
        self._world = None
        self.ids = set()
        self._times, self._groups = [], []  # when, and which

    def watch(self, world):
        self._world = world

    def note(self, text_id):
        now_ms = self._world.now_ms if self._world else 0
        if self._times[-1:] != [now_ms]:
            self._times.append(now_ms)
            self._groups.append([])
        self._groups[-1].append(text_id)
        self.ids.add(text_id)

    def on_screen(self, now_ms):
        """Those of the newest screen, as of then."""
        at = bisect_right(self._times, now_ms)
        return self._groups[at - 1] if at else []


@contextmanager
def watched(seen):
    """Within, `seen` is told of every text that is asked for."""
    found = Texts.__getitem__

    def told(self, text_id):
        seen.note(text_id)
        return found(self, text_id)

    Texts.__getitem__ = told
    try:
        yield
    finally:
        Texts.__getitem__ = found


class Original(Player):
    """Notes in `meant`, for each wait, which texts its words were found in, maybe none."""

    def __init__(self, script, shop, seen, meant):
        super().__init__(script, shop)
        self.seen = seen
        self.meant = meant

    def do_wait_within(self, text, limit_ms):
        result = super().do_wait_within(text, limit_ms)
        texts = all_texts(self._script.language)
        newest = self.seen.on_screen(self._world.now_ms)
        meant = {one for one in newest if _holds(texts, one, text)}
        # A message that came back from its help page was asked for long ago.
        self.meant.append(meant or {one for one in self.seen.ids if _holds(texts, one, text)})
        return result


class Follower(Player):
    """The same script in another language: waits for text ids, turns pages by itself, and expects
    nothing of what is written."""

    def __init__(self, script, shop, seen, meant, language):
        super().__init__(script, shop)
        self.seen = seen
        self._meant = list(meant)
        self._words = all_texts(script.language), all_texts(language)

    def do_wait_within(self, text, limit_ms):
        ids = self._meant.pop(0) if self._meant else set()
        pieces = [piece for one in ids for piece in _pieces(self._words[1], one)]
        words = pieces or [squeezed(text)]

        def there():
            if ids & set(self.seen.on_screen(self._world.now_ms)):
                return True
            seen = reading(self._world)
            return any(piece in seen for piece in words)

        for _ in range(max(limit_ms, LOOK_MS) // LOOK_MS):
            if self._world.run_until(there, LOOK_MS):
                return None
            if not is_idle(self._world.screen()):
                self._world.press("DOWN")
        return self._screen_says()

    def do_choose(self, text):
        here, there = self._words
        for text_id in here:
            if here[text_id] == text and self._world.choose(there[text_id]):
                return None
        return self._screen_says()

    def do_press(self, names):
        for name in names:
            self._world.press(name)
            self._world.run_for(LOOK_MS // 10)

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


def _holds(texts, text_id, words):
    """Whether these words may be a part of the text, whatever its values are."""
    words = squeezed(words)
    return any(words in piece or piece in words for piece in _pieces(texts, text_id))


def _pieces(texts, text_id):
    """What stands between the values of a text, without spaces."""
    return [piece for piece in map(squeezed, re.split(r"{\w+}", texts[text_id])) if piece]


class Sheet:
    """The distinct screens of one language."""

    def __init__(self, language):
        self.language = language
        self.pictures = {}  # what makes a screen distinct: (pixels, caption)
        self.ids = set()
        self.lost = []  # "script: where and why it could not be followed"

    def add(self, world, seen):
        for event in world.trace:
            if event.kind == "screen" and any(event.value.rows):
                ids = seen.on_screen(event.at_ms)
                caption = " ".join(dict.fromkeys(ids))
                self.pictures.setdefault(_alike(event.value.rows), (event.value.pixels, caption))
        self.ids |= seen.ids

    def draw(self):
        """All of them, with their text ids below."""
        one = draw_screen(bytes(1024))
        width, height = one.width // 2, one.height // 2
        rows = -(-len(self.pictures) // COLUMNS)
        step_x, step_y = width + GAP, height + CAPTION + GAP
        sheet = Image.new("RGB", (COLUMNS * step_x + GAP, rows * step_y + GAP), GROUND)
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default()
        for index, (pixels, caption) in enumerate(self.pictures.values()):
            x, y = GAP + index % COLUMNS * step_x, GAP + index // COLUMNS * step_y
            sheet.paste(draw_screen(pixels).resize((width, height)), (x, y))
            for line in range(2):
                words = caption[line * MOST_WORDS : (line + 1) * MOST_WORDS]
                draw.text((x, y + height + 1 + 12 * line), words, fill=WORDS, font=font)
        return sheet


def _alike(rows):
    """Two screens that differ in figures, stars or the place of the pointer are one."""
    return tuple(re.sub(r"^>", " ", re.sub(r"\*+", "*", re.sub(r"\d+", "0", row))) for row in rows)


def play(path, sheets):
    """One script in its own language and in the others, onto the sheets of these."""
    script = read_script(path)
    meant: list[set] = []
    for language in sorted(sheets, key=lambda one: one != script.language):
        seen = Seen()
        with watched(seen):
            shop = open_shop(script.terminal, language, script.seed, script.start)
            seen.watch(shop.world)
            if language == script.language:
                player: Player = Original(script, shop, seen, meant)
            else:
                player = Follower(script, shop, seen, meant, language)
            try:
                player.play()
            except Failed as reason:
                sheets[language].lost.append(f"{Path(path).name}: {reason}")
        sheets[language].add(shop.world, seen)


def make(paths, languages=LANGUAGES):
    """{language: Sheet} of these scripts."""
    sheets = {language: Sheet(language) for language in languages}
    for path in paths:
        play(path, sheets)
    return sheets


def unshown(sheets):
    """Ids of texts that no terminal asked for."""
    shown = set().union(*(sheet.ids for sheet in sheets.values()))
    return [text_id for text_id in all_texts(LANGUAGES[0]) if text_id not in shown]


def configure(parser):
    """Arguments of `tuidan contact-sheet`."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR",
                        help="folder for the pictures; it is made")
    parser.add_argument("scripts", nargs="*", type=Path, metavar="SCRIPT",
                        help="key scripts (default: all of tests/scripts)")


def run(args):
    """Play, draw, and tell what no script showed; 1 where a script could not be played in its own
    language."""
    sheets = make(args.scripts or sorted(SCRIPTS.glob("*.txt")))
    args.output.mkdir(parents=True, exist_ok=True)
    for language, sheet in sheets.items():
        path = args.output / f"screens-{language}.png"
        sheet.draw().save(path)
        print(f"{path}: {len(sheet.pictures)} screens")
        for told in sheet.lost:
            print(f"not followed to its end in {language}: {told}", file=sys.stderr)
    missing = unshown(sheets)
    print(f"{len(missing)} texts that no script showed: {' '.join(missing)}")
    return 0
