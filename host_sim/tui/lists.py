"""What can be done at a till from lists, whichever way they are shown: one after the other, until a
row is a deed.

A row is (text, value): a statement of the key-script language, or what is called.
"""
from functools import partial
from pathlib import Path
from typing import Any

from host_sim.acquirer import scenario
from host_sim.face import views
from host_sim.face.face import SAMPLES, Choice
from host_sim.face.pace import SPEEDS
from host_sim.face.scripts import brought_from, stories, story
from host_sim.tui import deeds, told
from host_sim.tui.saving import save_capture, save_script


class Lists:
    """The lists of a Face's till in Words `w`. `port`: the host is at the far end of that port
    (face/port.py), and time is real. `save`: the folder for what is kept; masked(file): what of a
    capture may be handed on, None: none is; `scripts`: a folder of key scripts to watch, None:
    nothing is played here."""

    def __init__(self, face, w, save=".", port=None, masked=None, scripts=None):
        self.face = face
        self.w = w
        self.save = save
        self.port = port
        self.masked = masked
        self.scripts = scripts

    # how it is shown

    @property
    def till(self) -> Any:
        raise NotImplementedError

    def show(self, title, rows):
        """Let one of the rows be chosen, and call chosen() with its value."""
        raise NotImplementedError

    def ask(self, title, hint, then):
        """Let a text be typed, and call then(text)."""
        raise NotImplementedError

    def page(self, title, text):
        """Let a text be read."""
        raise NotImplementedError

    def say(self, text, bad=False):
        raise NotImplementedError

    def do(self, statement):
        raise NotImplementedError

    def begin(self, work):
        """Let a coroutine go on while the till is looked at."""
        raise NotImplementedError

    # another world

    def change(self, choice=None, script=None):
        """Another world, as Face.change() has it, its terminals on; a ValueError is told."""
        self.begin(self._changed(choice, script))

    async def _changed(self, choice, script):
        try:
            await self.face.change(choice, script)
        except ValueError as error:
            self.say(str(error), bad=True)
            return
        if script is None:
            self.switch_on()
        self.face.pace.wake()

    def switch_on(self):
        """As people expect to find a terminal."""
        for till in self.face.site.tills.values():
            self.face.site.do(till, "power on")
        self.face.pace.wake()

    def chosen(self, value):
        if isinstance(value, str):
            self.do(value)
        else:
            value()

    # the lists

    def all_of_them(self):
        w, state = self.w, views.state(self.face.site, self.till)
        lists = [("card", self.cards)]
        if self.port is None:
            lists += [("faults", self._faults), ("clock", self.speeds), ("step", self.step),
                      ("trying", self._trying), ("scenario", self._scenarios)]
            if self.scripts:
                lists += [("story", self._stories), ("play_file", self._file)]
        lists += [("statement", self._statement), ("save_script", self._save_script)]
        if self.till.capture is not None and self.masked is not None:
            lists.append(("save_capture", self._save_capture))
        self.show(w["actions"], [*((w[name], act) for name, act in lists),
                                 *deeds.toggles(w, state), *deeds.troubles(w)])

    def cards(self):
        self.show(self.w["card"], deeds.cards(self.w))

    def _faults(self):
        rows = [(text, partial(self._faults_of, mti)) for text, mti in deeds.requests(self.w)]
        self.show(self.w["faults"],
                  rows + deeds.others(self.w, views.arranged(self.face.site)))

    def _faults_of(self, mti):
        self.show(f"{self.w['fault_next']} {mti}", deeds.faults_of(self.w, mti))

    def speeds(self):
        if self.port is None:
            self.show(self.w["clock"], [
                (f"×{speed}" if speed else self.w["stand"], partial(self.goes, speed))
                for speed in SPEEDS])

    def goes(self, speed):
        self.face.pace.speed = speed

    def step(self):
        if self.port is None:
            self.face.pace.step()

    def _trying(self):
        self.page(self.w["trying"], told.tried(self.w, self.face.site, self.till))

    def _scenarios(self):
        self.show(self.w["scenario"], [(name, partial(self._languages, name))
                                       for name in (SAMPLES, *scenario.shipped())])

    def _languages(self, name):
        seed = self.face.choice.seed
        self.show(self.w["speech"], [(said, partial(self.change, Choice(name, language, seed)))
                                     for said, language in (("中文", "zh"), ("English", "en"))])

    def _stories(self):
        self.show(self.w["story"], [
            (f"{name}: {about}", partial(self._play, partial(story, self.scripts, name)))
            for name, about in stories(self.scripts).items()])

    def _file(self):
        self.ask(self.w["play_file"], "till-10000001.txt", lambda path: self._play(
            partial(brought_from, Path(path).expanduser())))

    def _play(self, read):
        try:
            script = read()
        except (OSError, ValueError) as error:
            self.say(str(error), bad=True)
        else:
            self.change(script=script)

    def _statement(self):
        self.ask(self.w["statement"], self.w["statement_hint"], self.do)

    # what is kept

    def _save_script(self):
        self._save(partial(save_script, self.save, self.till, self.face.choice))

    def _save_capture(self):
        self._save(partial(save_capture, self.save, self.till, self.masked))

    def _save(self, write):
        try:
            path = write()
        except OSError as why:
            self.say(self.w["not_saved"].format(why=why), bad=True)
        else:
            self.say(self.w["saved"].format(path=path))
