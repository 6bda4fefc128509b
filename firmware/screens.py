"""What the operator sees: four rows of sixteen cells, the first of them always the title.

Questions are asked by ask(), of questions.py.
"""

from micropython import const

from firmware import overlay
from firmware.text.glyphs import codes

COLUMNS = 16
BODY_ROWS = 3
_SPACE = const(0x20)
PATIENCE_MS = 120000  # an operator who walked away has cancelled


class Stopped(Exception):
    """The procedure ends here with a message: text ids of title and body, and their values (a
    dict: on MicroPython an exception takes no keywords)."""

    def __init__(self, title, body, values=None):
        self.title = title
        self.body = body
        self.values = values or {}


class Cancelled(Stopped):
    """The operator pressed CANCEL, or went away, before anything was sent."""

    def __init__(self):
        Stopped.__init__(self, "cancelled.title", "cancelled.body")


class CancelKey:
    """A waitable for the time in which only CANCEL counts: other keys are dropped."""

    def __init__(self, keys):
        self._keys = keys
        self._pressed = False

    @property
    def ready(self):
        while self._keys.ready:
            if self._keys.get() == "CANCEL":
                self._pressed = True
        return self._pressed

    def clear(self):
        self._pressed = False


def yuan(amount_fen):
    """Integer fen as yuan: 12345 -> "123.45"."""
    return "%d.%02d" % (amount_fen // 100, amount_fen % 100)


class Screens:
    def __init__(self, kernel, lcd, keys, glyphs, texts=None):
        """`keys`: the keypad's queue. `texts`: of the operator's language, texts[id]."""
        self._kernel = kernel
        self._lcd = lcd
        self._glyphs = glyphs
        self.drawn = [None] * (1 + BODY_ROWS)  # what each row of the screen holds
        self.keys = keys
        self.cancel = CancelKey(keys)
        self.texts = texts
        self.terminal = None  # whose numbers a help page tells
        self.badge = ""  # stands on every title while the terminal is no real one

    def text(self, text_id, **values):
        """The words for an id in the operator's language."""
        return self.texts[text_id].format(**values)

    def show(self, title, rows, mark=""):
        """Draw a title and up to three rows; `mark` stands at the right end of the title."""
        if self.badge and self._glyphs.width(title + self.badge + mark) <= COLUMNS:
            mark = self.badge + mark
        self._draw(0, title, mark)
        for i in range(BODY_ROWS):
            self._draw(i + 1, rows[i] if i < len(rows) else "")
        self._lcd.show()

    def _draw(self, row, text, mark=""):
        """Draw one row, the title inverted, unless it is there already."""
        if self.drawn[row] == (text, mark):
            return
        self.drawn[row] = (text, mark)
        self._lcd.line(row, text, mark, row == 0)

    def say(self, title_id, body_id, **values):
        """Show a text that waits for nothing ("connecting ...")."""
        self.show(self.text(title_id, **values), self.wrap(self.text(body_id, **values)))

    async def key(self, timeout_ms=PATIENCE_MS, also=None):
        """The next key; Cancelled when the operator stays away. None: wait for ever. None comes
        back where the waitable `also` was ready first."""
        waited_for = (self.keys,) if also is None else (self.keys, also)
        at = await self._kernel.first(*waited_for, timeout_ms=timeout_ms)
        if at < 0:
            raise Cancelled()
        return self.keys.get() if at == 0 else None

    async def ask(self, question, *arguments, **named):
        """`await ui.ask("digits", ...)`: a function of questions.py, and its answer."""
        return await overlay.run("questions." + question, self, *arguments, **named)

    def wrap(self, text):
        """Rows of at most sixteen cells: broken at spaces and "\\n", inside Chinese anywhere, and
        inside a word only if it is longer than a row."""
        rows = []
        for line in text.split("\n"):
            self._break(line.strip(" "), rows)
        return rows

    def _break(self, line, rows):
        start = cut = 0  # where this row begins, and the last place where it may end
        used = used_at_cut = 0  # cells from `start` to here, and to `cut`
        in_word = False
        at = 0
        for code in codes(line):
            cells = 2 if self._glyphs.wide(code) else 1
            if code != _SPACE:
                if cells == 2 or not in_word:
                    cut, used_at_cut = at, used
                if used + cells > COLUMNS:
                    if cut == start:
                        cut, used_at_cut = at, used
                    rows.append(line[start:cut].strip(" "))
                    start = cut
                    used -= used_at_cut
            in_word = cells == 1 and code != _SPACE
            used += cells
            at += 1
        rows.append(line[start:].strip(" "))
