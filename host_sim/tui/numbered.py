"""The text terminal's lists for who has lines alone: numbered rows, one a line.

While one is open, what is typed is the answer to it: a number or a text, and Enter; nothing leaves.
"""
import asyncio
from typing import Any

from host_sim.tui.lists import Lists

_BACK = "\x7f\x08"


class Numbered(Lists):
    """Lists of the first till; `write(text)` gets what is shown."""

    def __init__(self, face, w, write, **known):
        super().__init__(face, w, **known)
        self._write = write
        self._rows: list[Any] = []      # of the list that is open
        self._then: Any = None          # who gets the text that is asked for
        self._typed = ""
        self._changing = None

    @property
    def till(self):
        return next(iter(self.face.site.tills.values()))

    @property
    def is_open(self):
        return bool(self._rows) or self._then is not None

    def type(self, char):
        """One character of the answer."""
        if char in "\r\n":
            answer, self._typed = self._typed.strip(), ""
            self._answered(answer)
        elif char in _BACK:
            self._typed = self._typed[:-1]
        else:
            self._typed += char

    async def settled(self):
        """Another world, if one was asked for, is there."""
        if self._changing is not None:
            await self._changing

    def _answered(self, answer):
        self._write(f"> {answer}")
        (rows, self._rows), (then, self._then) = (self._rows, []), (self._then, None)
        if answer and then is not None:
            then(answer)
        elif answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(rows):
            self.chosen(rows[int(answer) - 1][1])
        elif answer:
            self._write(self.w["no_such_row"].format(answer=answer))

    # how it is shown

    def show(self, title, rows):
        self._rows = rows
        self._write("\n".join([f"{title}:", *(f"{at:3} {text}" for at, (text, _) in
                                             enumerate(rows, 1)), self.w["number_enter"]]))

    def ask(self, title, hint, then):
        self._then = then
        self._write(f"{title} ({hint})")

    def page(self, title, text):
        self._write(text)

    def say(self, text, bad=False):
        self._write(text)

    def do(self, statement):
        """When all keys that were typed before are up again."""
        world, site, till = self.till.world, self.face.site, self.till

        def done():
            try:
                site.do(till, statement)
            except ValueError as error:
                self._write(str(error))

        if till.finger_free_at > world.now_ms:
            world.agenda.at(till.finger_free_at, done)
        else:
            done()
        self.face.pace.wake()

    def begin(self, work):
        self._changing = asyncio.create_task(work)
