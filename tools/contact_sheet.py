"""`tuidan contact-sheet`: every screen that the key scripts come by, in both languages, drawn.

A script is played in its own language and then in the other one: where it waits for words, the
other run waits for the same texts by their ids. What is on a sheet was really shown.
"""

import re
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from firmware.text.texts import LANGUAGES
from host_sim.play.player import Failed
from host_sim.play.script import ScriptError, read_script
from host_sim.show.pictures import draw_screen
from tools.following import Follower, Original, Seen, all_texts, open_for, watched

SCRIPTS = Path(__file__).parents[1] / "tests" / "scripts"
COLUMNS, ROWS, GAP, CAPTION, MOST_WORDS = 6, 10, 10, 26, 34
GROUND, WORDS = "#f4f4f2", "#333333"

# What no script can bring about on a sound terminal and an honest host, and why. Tests of their own
# hold these.
NEVER = {
    "fault.title fault.body": "a fault of ours: it fails every script",
    "memory.title memory.body help.memory": "a part of the flash that takes no byte any more",
    "batch_full.body": "999,999 STANs in one batch",
    "not_enrolled.body": "the key slot goes blank while somebody is logged in",
    "activate.other": "the key slot is blank, the numbers are not",
    "bad_reply.body": "a host that signs what makes no sense",
    "code.09": "a host that holds what is no refund; of a refund held.body tells it",
}


class Sheet:
    """The distinct screens of one language."""

    def __init__(self, language):
        self.language = language
        self.pictures = {}  # what makes a screen distinct: (pixels, caption)
        self.ids, self.taken = set(), set()
        self.lost = []  # "script: where and why it could not be followed"

    def add(self, world, seen):
        for event in world.trace:
            if event.kind == "screen" and any(event.value.rows):
                ids = [one[0] for one in seen.on_screen(event.at_ms)]
                caption = " ".join(dict.fromkeys(ids))
                self.pictures.setdefault(alike(event.value.rows), (event.value.pixels, caption))
        self.ids |= seen.ids
        self.taken |= seen.taken

    def draw(self):
        """All of them, with their text ids below, a picture for each page that an eye can read."""
        shown = list(self.pictures.values())
        return [_page(shown[at : at + COLUMNS * ROWS])
                for at in range(0, len(shown), COLUMNS * ROWS)]  # fmt: skip


def alike(rows):
    """Two screens that differ in figures, stars or the place of the pointer are one."""
    return tuple(re.sub(r"^>", " ", re.sub(r"\*+", "*", re.sub(r"\d+", "0", row))) for row in rows)


def _page(shown):
    one = draw_screen(bytes(1024))
    width, height = one.width // 2, one.height // 2
    step_x, step_y = width + GAP, height + CAPTION + GAP
    rows = -(-len(shown) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * step_x + GAP, rows * step_y + GAP), GROUND)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default()
    for index, (pixels, caption) in enumerate(shown):
        x, y = GAP + index % COLUMNS * step_x, GAP + index // COLUMNS * step_y
        page.paste(draw_screen(pixels).resize((width, height)), (x, y))
        for line in range(2):
            words = caption[line * MOST_WORDS : (line + 1) * MOST_WORDS]
            draw.text((x, y + height + 1 + 12 * line), words, fill=WORDS, font=font)
    return page


def play(path, sheets):
    """One script in its own language and in the others, onto the sheets of these."""
    script = read_script(path)
    original = None
    for language in sorted(sheets, key=lambda one: one != script.language):
        seen = Seen()
        with watched(seen):
            shop = open_for(script, language)
            seen.watch(shop.world)
            follower = original and Follower(script, shop, seen, original)
            original = original or Original(script, shop, seen)
            try:
                (follower or original).play()
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
    """Ids of texts that no terminal asked for, but those of NEVER."""
    known = {text_id for ids in NEVER for text_id in ids.split()}
    known |= set().union(*(sheet.ids for sheet in sheets.values()))
    return [text_id for text_id in all_texts(LANGUAGES[0]) if text_id not in known]


def untaken(sheets):
    """Paths of flows/menu.py that nobody chose."""
    from firmware.flows.menu import MENUS

    taken = set().union(*(sheet.taken for sheet in sheets.values()))
    paths = [path for _, _, entries in MENUS.values() for _, path in entries]
    return [path for path in paths if path not in MENUS and path not in taken]


def configure(parser):
    """Arguments of `tuidan contact-sheet`."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR",
                        help="folder for the pictures; it is made")
    parser.add_argument("scripts", nargs="*", type=Path, metavar="SCRIPT",
                        help="key scripts (default: all of tests/scripts)")


def run(args):
    """Play, draw, and tell what was not followed, shown or taken; 1 if there is such a thing, 2 for
    a script that cannot be read."""
    args.output.mkdir(parents=True, exist_ok=True)
    try:
        sheets = make(args.scripts or sorted(SCRIPTS.glob("*.txt")))
    except (ScriptError, ValueError) as reason:
        print(f"tuidan contact-sheet: {reason}", file=sys.stderr)
        return 2
    for language, sheet in sheets.items():
        for number, page in enumerate(sheet.draw(), 1):
            page.save(args.output / f"screens-{language}-{number:02d}.png")
        print(f"{args.output}/screens-{language}-*.png: {len(sheet.pictures)} screens")
        for told in sheet.lost:
            print(f"not followed to its end in {language}: {told}", file=sys.stderr)
    missing = (("texts that no script showed", unshown(sheets)),
               ("menu entries that no script took", untaken(sheets)))  # fmt: skip
    for what, found in missing:
        print(f"{len(found)} {what}: {' '.join(found) or 'none'}")
    lost = any(sheet.lost for sheet in sheets.values())
    return 1 if lost or any(found for _, found in missing) else 0
