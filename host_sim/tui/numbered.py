"""The text terminal's lists for who has lines alone: numbered rows, one a line.

While one is open, what is typed is the answer to it: a number or a text, and Enter; nothing leaves.
"""
import asyncio
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

_BACK = "\x7f\x08"


class Numbered:
    """Of the first till of a Face, in Words; `say(text)` gets what is shown, `port`, `save`,
    `masked` and `scripts` are as Doing has them. A row is (text, value): a statement to do, or
    what is called and gives (title, rows) of the next list, or None."""

    def __init__(self, face, w, say, port=None, save=".", masked=None, scripts=None):
        self._face = face
        self._w = w
        self._say = say
        self._port = port
        self._save = save
        self._masked = masked
        self._scripts = scripts
        self._rows: list[Any] = []      # of the list that is open
        self._then: Any = None          # who gets the text that is asked for
        self._typed = ""
        self._changing = None

    @property
    def till(self):
        return next(iter(self._face.site.tills.values()))

    @property
    def is_open(self):
        return bool(self._rows) or self._then is not None

    def open(self):
        """The first list."""
        w, state = self._w, views.state(self._face.site, self.till)
        lists = [("card", lambda: (w["card"], deeds.cards(w)))]
        if self._port is None:
            lists += [("faults", self._faults), ("clock", self._clock),
                      ("step", self._face.pace.step), ("trying", self._trying),
                      ("scenario", self._scenarios)]
            lists += [("story", self._stories)] if self._scripts else []
            lists += [("play_file", partial(self._ask, "play_file", self._play_file))]
        lists += [("statement", partial(self._ask, "statement_hint", self._do)),
                  ("save_script", partial(self._keep, save_script, lambda: self._face.choice))]
        if self.till.capture is not None and self._masked is not None:
            lists += [("save_capture", partial(self._keep, save_capture, lambda: self._masked))]
        rows = [(w[name], act) for name, act in lists]
        self._show(w["actions"], [*rows, *deeds.toggles(w, state), *deeds.troubles(w)])

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

    def _show(self, title, rows):
        self._rows = rows
        self._say("\n".join([f"{title}:", *(f"{at:3} {text}" for at, (text, _) in
                                           enumerate(rows, 1)), self._w["number_enter"]]))

    def _ask(self, title, then):
        self._then = then
        self._say(self._w[title])

    def _answered(self, answer):
        self._say(f"> {answer}")
        (rows, self._rows), (then, self._then) = (self._rows, []), (self._then, None)
        if not answer:
            return
        if then is not None:
            then(answer)
        elif answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(rows):
            self._chosen(rows[int(answer) - 1][1])
        else:
            self._say(self._w["no_such_row"].format(answer=answer))

    def _chosen(self, value):
        if isinstance(value, str):
            return self._do(value)
        following = value()
        if following is not None:
            self._show(*following)

    # what the rows do

    def _do(self, statement):
        """When all keys that were typed before are up again."""
        world, site, till = self.till.world, self._face.site, self.till

        def done():
            try:
                site.do(till, statement)
            except ValueError as error:
                self._say(str(error))

        if till.finger_free_at > world.now_ms:
            world.agenda.at(till.finger_free_at, done)
        else:
            done()
        self._face.pace.wake()

    def _faults(self):
        w = self._w
        rows = [(text, partial(self._faults_of, mti, text)) for text, mti in deeds.requests(w)]
        return w["faults"], rows + deeds.others(w, views.arranged(self._face.site))

    def _faults_of(self, mti, title):
        return title, deeds.faults_of(self._w, mti)

    def _clock(self):
        def goes(speed):
            self._face.pace.speed = speed

        return self._w["clock"], [(f"×{speed}" if speed else self._w["stand"],
                                   partial(goes, speed)) for speed in SPEEDS]

    def _trying(self):
        self._say(told.tried(self._w, self._face.site, self.till))

    def _scenarios(self):
        names = [SAMPLES, *scenario.shipped()]
        return self._w["scenario"], [(name, partial(self._languages, name)) for name in names]

    def _languages(self, name):
        return self._w["speech"], [
            (said, partial(self._change, Choice(name, language, self._face.choice.seed)))
            for said, language in (("中文", "zh"), ("English", "en"))]

    def _stories(self):
        return self._w["story"], [
            (f"{name}: {about}", partial(self._play, partial(story, self._scripts, name)))
            for name, about in stories(self._scripts).items()]

    def _play_file(self, path):
        self._play(partial(brought_from, Path(path).expanduser()))

    def _play(self, read):
        try:
            self._change(script=read())
        except (OSError, ValueError) as error:
            self._say(str(error))

    def _change(self, choice=None, script=None):
        async def change():
            try:
                await self._face.change(choice, script)
            except ValueError as error:
                self._say(str(error))
                return
            if script is None:
                self._face.site.do(self.till, "power on")
            self._face.pace.wake()

        self._changing = asyncio.create_task(change())

    def _keep(self, save, known):
        try:
            self._say(self._w["saved"].format(path=save(self._save, self.till, known())))
        except OSError as why:
            self._say(self._w["not_saved"].format(why=why))
