"""What the operator sees and answers: four rows of sixteen cells, one question at a time.

The first row is always the title. Every question can be left with CANCEL, which raises Stopped.
"""

from micropython import const

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
        self.keys = keys
        self.cancel = CancelKey(keys)
        self.texts = texts

    def text(self, text_id, **values):
        """The words for an id in the operator's language."""
        return self.texts[text_id].format(**values)

    def show(self, title, rows, mark=""):
        """Draw a title and up to three rows; `mark` stands at the right end of the title."""
        self._lcd.clear()
        self._lcd.text(0, 0, " " * COLUMNS, True)
        self._lcd.text(0, 0, title, True)
        if mark:
            self._lcd.text(COLUMNS - self._glyphs.width(mark), 0, mark, True)
        for i in range(min(BODY_ROWS, len(rows))):
            self._lcd.text(0, i + 1, rows[i])
        self._lcd.show()

    def say(self, title_id, body_id, **values):
        """Show a text that waits for nothing ("connecting ...")."""
        self.show(self.text(title_id, **values), self.wrap(self.text(body_id, **values)))

    async def key(self, timeout_ms=PATIENCE_MS):
        """The next key; Cancelled when the operator stays away. None: wait for ever."""
        if await self._kernel.first(self.keys, timeout_ms=timeout_ms) < 0:
            raise Cancelled()
        return self.keys.get()

    async def message(self, title_id, body_id, timeout_ms=None, **values):
        """Show until ENTER or CANCEL (or the time is over); longer texts page by UP and DOWN."""
        rows = self.wrap(self.text(body_id, **values))
        try:
            await self.pages(self.text(title_id, **values), rows, timeout_ms)
        except Cancelled:
            pass

    async def pages(self, title, rows, timeout_ms=PATIENCE_MS):
        """Show rows, three at a time, until ENTER. CANCEL raises Cancelled."""
        top = 0
        while True:
            self.show(title, rows[top : top + BODY_ROWS], _page(top // BODY_ROWS, len(rows)))
            key = await self.key(timeout_ms)
            if key == "ENTER":
                return
            if key == "CANCEL":
                raise Cancelled()
            if key == "DOWN" and top + BODY_ROWS < len(rows):
                top += BODY_ROWS
            elif key == "UP" and top > 0:
                top -= BODY_ROWS

    async def confirm(self, title, rows, closing=""):
        """As pages, but ENTER counts only once the last page has been shown; there stands the
        whole of `closing`."""
        last = self.wrap(closing) if closing else []
        if len(rows) % BODY_ROWS + len(last) > BODY_ROWS:
            rows = rows + [""] * (-len(rows) % BODY_ROWS)
        rows = rows + last
        page = 0
        while page * BODY_ROWS < len(rows):
            part = rows[page * BODY_ROWS : (page + 1) * BODY_ROWS]
            self.show(title, part, _page(page, len(rows)))
            key = await self.key()
            if key == "CANCEL":
                raise Cancelled()
            if key in ("ENTER", "DOWN"):
                page += 1
            elif key == "UP" and page > 0:
                page -= 1

    async def choose(self, title_id, option_ids):
        """Index of the option chosen by its number, or by UP, DOWN and ENTER."""
        at = 0
        while True:
            top = at // BODY_ROWS * BODY_ROWS
            rows = []
            for i in range(top, min(top + BODY_ROWS, len(option_ids))):
                pointer = ">" if i == at else " "
                rows.append("%s%d %s" % (pointer, i + 1, self.text(option_ids[i])))
            self.show(self.text(title_id), rows, _page(top // BODY_ROWS, len(option_ids)))
            key = await self.key()
            if key == "CANCEL":
                raise Cancelled()
            if key == "ENTER":
                return at
            if key == "DOWN":
                at = (at + 1) % len(option_ids)
            elif key == "UP":
                at = (at - 1) % len(option_ids)
            elif "1" <= key <= "9" and int(key) <= len(option_ids):
                return int(key) - 1

    async def digits(self, title_id, prompt_id, longest, secret=False, **values):
        """Digits typed and entered, at least one. A secret shows as stars."""
        typed = ""
        while True:
            shown = ("*" * len(typed) if secret else typed) + "_"
            rows = self.wrap(self.text(prompt_id, **values))[: BODY_ROWS - 1]
            pieces = [shown[at : at + COLUMNS] for at in range(0, len(shown), COLUMNS)]
            rows += pieces[len(rows) - BODY_ROWS :]  # as many of the last as there are rows left
            self.show(self.text(title_id), rows)
            key = await self.key()
            if key == "CANCEL":
                raise Cancelled()
            if key == "ENTER" and typed:
                return typed
            typed = _typed(typed, key, longest)

    async def amount(self, title_id, prompt_id, **values):
        """An amount in fen, typed as on a till: 1 2 3 4 is 12.34. Never zero."""
        typed = ""
        while True:
            rows = self.wrap(self.text(prompt_id, **values))[: BODY_ROWS - 1]
            rows.append("RMB " + yuan(int(typed or "0")))
            self.show(self.text(title_id), rows)
            key = await self.key()
            if key == "CANCEL":
                raise Cancelled()
            if key == "ENTER" and int(typed or "0") > 0:
                return int(typed)
            typed = _typed(typed, key, 10)

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


def _page(page, rows):
    """What stands behind the title on page `page` (from 0) of so many rows: "1/2", or nothing."""
    pages = (rows + BODY_ROWS - 1) // BODY_ROWS
    return "%d/%d" % (page + 1, pages) if pages > 1 else ""


def _typed(typed, key, longest):
    """What stands after a key: a digit is added, CLEAR takes the last one away."""
    if key == "CLEAR":
        return typed[:-1]
    if "0" <= key <= "9" and len(typed) < longest:
        return typed + key
    return typed

