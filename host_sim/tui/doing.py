"""What the keys beside the terminal's do: the card, the power, the clock, the lists, saving.

A deed is a statement of the key-script language, as in the browser; a fault of it is told, and
nothing happens.
"""
import asyncio
from typing import Any

from textual.screen import Screen

from host_sim.tui.asking import Choose, Line, Page
from host_sim.tui.lists import Lists
from host_sim.tui.panes import Lcd
from host_sim.tui.words import words


class Doing(Lists, Screen):
    """The actions of a Counter, which draws what comes of them; the rest as Lists has it."""

    drawing: str | None = None      # None: as the window allows
    app: Any

    def __init__(self, face, language="en", save=".", port=None, masked=None, scripts=None):
        Screen.__init__(self)
        Lists.__init__(self, face, words(language), save, port, masked, scripts)
        self.number = next(iter(face.site.tills))
        self.changed = asyncio.Event()
        self._leaving = False

    @property
    def till(self):
        return self.face.site.tills[self.number]

    @property
    def drawn(self) -> str:
        """As it is now."""
        raise NotImplementedError

    def empty(self):
        """Forget what was shown of another till."""

    def name_all(self):
        """Show the texts of another language."""

    # how lists are shown

    def show(self, title, rows):
        self.app.push_screen(Choose(title, rows),
                             lambda value: None if value is None else self.chosen(value))

    def ask(self, title, hint, then):
        self.app.push_screen(Line(title, hint), lambda text: then(text) if text else None)

    def page(self, title, text):
        self.app.push_screen(Page(title, text))

    def say(self, text, bad=False):
        self.notify(text, severity="error" if bad else "information", markup=False)

    def do(self, statement):
        self._leaving = False
        try:
            self.face.site.do(self.till, statement)
        except ValueError as error:
            self.say(str(error), bad=True)
        self.face.pace.wake()

    def begin(self, work):
        self.run_worker(work)

    def goes(self, speed):
        super().goes(speed)
        self.changed.set()

    def action_card(self):
        self.cards()

    def action_actions(self):
        self.all_of_them()

    def action_speed(self):
        self.speeds()

    def action_step(self):
        self.step()

    # what is looked at

    def action_drawing(self):
        drawings = list(Lcd.DRAWINGS)
        self.drawing = drawings[(drawings.index(self.drawn) + 1) % len(drawings)]
        self.changed.set()

    def action_till(self):
        numbers = list(self.face.site.tills)
        self.number = numbers[(numbers.index(self.number) + 1) % len(numbers)]
        self.empty()
        self.changed.set()

    def action_language(self):
        self.w = words("zh" if self.w.language == "en" else "en")
        self.name_all()
        self.changed.set()

    def action_help(self):
        self.page(self.w["help"], self.w["help_text"])

    def action_quit(self):
        if self._leaving:
            self.app.exit()
        self._leaving = True
        self.notify(self.w["once_more"], markup=False)
