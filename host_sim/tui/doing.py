"""What the keys beside the terminal's do: the card, the power, the clock, the lists, saving.

A deed is a statement of the key-script language, as in the browser; a fault of it is told, and
nothing happens.
"""
import asyncio
from functools import partial
from pathlib import Path

from textual.screen import Screen

from host_sim.acquirer import scenario
from host_sim.face import views
from host_sim.face.face import SAMPLES, Choice
from host_sim.face.pace import SPEEDS
from host_sim.face.scripts import brought_from, stories, story
from host_sim.tui import deeds, told
from host_sim.tui.asking import Choose, Line, Page
from host_sim.tui.panes import Lcd
from host_sim.tui.saving import save_capture, save_script
from host_sim.tui.words import words


class Doing(Screen):
    """The actions of a Counter, which draws what comes of them. `port`: the host is at the far end
    of that port (face/port.py), and time is real. `save`: the folder for what is kept;
    masked(file): what of a capture may be handed on, None: none is; `scripts`: a folder of key
    scripts to watch."""

    drawing: str | None = None      # None: as the window allows

    def __init__(self, face, language="en", save=".", port=None, masked=None, scripts=None):
        super().__init__()
        self.face = face
        self.w = words(language)
        self.save = save
        self.masked = masked
        self.port = port
        self.stories = stories(scripts)
        self._scripts = scripts
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

    def do(self, statement):
        """None is what a list gives that was left."""
        self._leaving = False
        if statement:
            try:
                self.face.site.do(self.till, statement)
            except ValueError as error:
                self.notify(str(error), severity="error", markup=False)
            self.face.pace.wake()

    def _choose(self, title, rows, then):
        def chosen(value):
            if value is not None:
                then(value)

        self.app.push_screen(Choose(title, rows), chosen)

    def action_card(self):
        self._choose(self.w["card"], deeds.cards(self.w), self.do)

    def action_actions(self):
        state = views.state(self.face.site, self.till)
        lists = [("card", self.action_card)]
        if self.port is None:
            lists += [("faults", self._faults), ("clock", self.action_speed),
                      ("step", self.action_step), ("trying", self._trying),
                      ("scenario", self._scenario)]
            lists += [("story", self._story)] if self.stories else []
            lists += [("play_file", self._play_file)] if self._scripts else []
        lists += [("statement", self._statement), ("save_script", self._save_script)]
        if self.till.capture is not None and self.masked is not None:
            lists.append(("save_capture", self._save_capture))
        rows = [(self.w[name], act) for name, act in lists] + [
            (text, partial(self.do, line))
            for text, line in (*deeds.toggles(self.w, state), *deeds.troubles(self.w))]
        self._choose(self.w["actions"], rows, lambda act: act())

    def _faults(self):
        others = deeds.others(self.w, views.arranged(self.face.site))
        rows = [*((text, partial(self._fault_of, mti)) for text, mti in deeds.requests(self.w)),
                *((text, partial(self.do, line)) for text, line in others)]
        self._choose(self.w["faults"], rows, lambda act: act())

    def _fault_of(self, mti):
        self._choose(f"{self.w['fault_next']} {mti}", deeds.faults_of(self.w, mti), self.do)

    def _statement(self):
        self.app.push_screen(Line(self.w["statement"], self.w["statement_hint"]), self.do)

    def action_speed(self):
        if self.port is None:
            rows = [(f"×{speed}" if speed else self.w["stand"], speed) for speed in SPEEDS]
            self._choose(self.w["clock"], rows, self._set_speed)

    def _set_speed(self, speed):
        self.face.pace.speed = speed
        self.changed.set()

    def action_step(self):
        if self.port is None:
            self.face.pace.step()

    def _scenario(self):
        names = [SAMPLES, *scenario.shipped()]

        def chosen(name):
            rows = [("中文", "zh"), ("English", "en")]
            self._choose(self.w["speech"], rows,
                         lambda language: self.run_worker(self._open(name, language)))

        self._choose(self.w["scenario"], [(name, name) for name in names], chosen)

    async def _open(self, name, language):
        await self.face.change(Choice(name, language, self.face.choice.seed))
        self.switch_on()

    def _story(self):
        rows = [(f"{name}: {about}", name) for name, about in self.stories.items()]
        self._choose(self.w["story"], rows, lambda name: self.run_worker(
            self._watch(partial(story, self._scripts, name))))

    def _play_file(self):
        def typed(path):
            if path:
                self.run_worker(self._watch(partial(brought_from, Path(path).expanduser())))

        self.app.push_screen(Line(self.w["play_file"], "till-10000001.zip"), typed)

    async def _watch(self, read):
        try:
            await self.face.change(script=read())
        except (OSError, ValueError) as error:
            self.notify(str(error), severity="error", markup=False)
        self.face.pace.wake()

    def switch_on(self):
        """As people expect to find a terminal."""
        for till in self.face.site.tills.values():
            self.face.site.do(till, "power on")
        self.face.pace.wake()

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

    def _trying(self):
        told_of = told.tried(self.w, self.face.site, self.till)
        self.app.push_screen(Page(self.w["trying"], told_of))

    def action_help(self):
        self.app.push_screen(Page(self.w["help"], self.w["help_text"]))

    def action_quit(self):
        if self._leaving:
            self.app.exit()
        self._leaving = True
        self.notify(self.w["once_more"], markup=False)

    # what is kept

    def _save_script(self):
        self._save(partial(save_script, self.save, self.till, self.face.choice))

    def _save_capture(self):
        self._save(partial(save_capture, self.save, self.till, self.masked))

    def _save(self, write):
        try:
            path = write()
        except OSError as why:
            self.notify(self.w["not_saved"].format(why=why), severity="error", markup=False)
        else:
            self.notify(self.w["saved"].format(path=path), markup=False)
