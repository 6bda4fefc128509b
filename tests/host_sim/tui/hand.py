"""A person before the face in the text terminal: presses keys, reads what is drawn."""
import asyncio
from contextlib import asynccontextmanager

from host_sim.bench.reader import Reader
from host_sim.face.face import Choice, Face
from host_sim.tui.app import TerminalApp
from host_sim.tui.panes import Reading

LOG_IN = (("ENTER to", "enter"), ("Operator", "0 1 enter"), ("Password", "0 0 0 0 enter"),
          ("Ready", ""))
# From the idle screen to the second check of order 20260004.
REFUND = (("Ready", "1"), ("Reason", "1"), ("Order number", "2 0 2 6 0 0 0 4 enter"),
          ("Check order  1/2", "enter"), ("Check order  2/2", "enter"), ("Full amount", "1"),
          ("Enter password", "1 2 3 4 5 6 enter"), ("Second check 1/2", "enter"),
          ("Second check 2/2", "enter"))
PATIENCE_S = 120
_LEFT, _RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)  # dots of a character
LOOK_S = 0.02


class Hand:
    def __init__(self, app, pilot):
        self.app = app
        self.pilot = pilot
        self._reader = Reader()

    @property
    def counter(self):
        return self.app.counter

    def part(self, name):
        return self.counter.query_one(f"#{name}")

    def glass(self):
        """The screen's rows as they are drawn, dot by dot."""
        lcd = self.part("lcd")
        drawn = [lcd.render_line(row) for row in range(lcd.size.height)]
        return self._reader.rows(undrawn(
            [(strip.text, any(part.style and part.style.reverse for part in strip))
             for strip in drawn]))

    async def sees(self, text, where=None):
        """Wait until it is drawn: on the glass, or where `where()` looks."""
        look = where or (lambda: " ".join(self.glass()))
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if text in look():
                return
            await self.pilot.pause(LOOK_S)
        raise AssertionError(f"{text!r} does not come; there is: {look()}")

    async def plays(self, script):
        for text, keys in script:
            await self.sees(text)
            await self.pilot.press(*keys.split())

    async def chooses(self, *texts):
        """From one list after the other, the row that begins so."""
        for text in texts:
            await self.sees(text, lambda: "\n".join(self._offered()))
            rows = self._offered()
            at = next(at for at, row in enumerate(rows) if row.startswith(text))
            self.app.screen.query_one("OptionList").highlighted = at
            await self.pilot.press("enter")

    def _offered(self):
        lists = self.app.screen.query("#over OptionList")
        return [str(option.prompt) for one in lists for option in one.options]

    def reads(self, name):
        """A part as it is drawn."""
        part = self.part(name)
        if isinstance(part, Reading):
            part = part.children[0]
        return "\n".join(part.render_line(row).text for row in range(part.size.height))


def undrawn(lines):
    """The pixels of braille lines, each with whether it is inverted: 8 pages of 128 columns."""
    pages = [bytearray(128) for _ in range(8)]
    for row, (line, inverted) in enumerate(lines):
        for column, char in enumerate(line):
            cell = 0 if char == " " else ord(char) - 0x2800
            for x, bits in enumerate((_LEFT, _RIGHT)):
                four = sum(1 << y for y, bit in enumerate(bits) if bool(cell & bit) != inverted)
                pages[row // 2][2 * column + x] |= four << 4 * (row % 2)
    return b"".join(pages)


@asynccontextmanager
async def standing(language="en", size=(80, 24), words="en", **known):
    """A Hand at a new counter, whose clock is fast."""
    face = Face(Choice(language=language))
    app = TerminalApp(face, words, **known)
    async with app.run_test(size=size) as pilot:
        face.pace.speed = 10
        yield Hand(app, pilot)


def played(scene):
    """Run an async test."""
    def test():
        asyncio.run(scene())

    test.__doc__ = scene.__doc__
    test.__name__ = scene.__name__
    return test
