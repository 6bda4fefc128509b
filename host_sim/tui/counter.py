"""The counter: one till of a Face with glass, keys, paper, packets, acquirer and what is inside.

What is shown is looked up anew whenever something changed; nothing here is remembered but what
was shown last.
"""
import asyncio
from contextlib import suppress
from typing import Any

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.containers import Container, Grid
from textual.widgets import OptionList, Static

from host_sim.bench.keypad import NAMES as KEYS
from host_sim.face import views
from host_sim.tui import told
from host_sim.tui.deeds import TOGGLES
from host_sim.tui.doing import Doing
from host_sim.tui.panes import Key, Lcd, Paper, Reading, Wire, packet

FRAME_S = 0.03      # between two looks at least
CLOCK_S = 0.2
PANES = ("paper", "wire", "packet", "acquirer", "inside")
SMALLEST = (80, 24)
WIDE = (150, 40)    # from here on all panes are shown at once
BLOCKS = (220, 54)  # from here on the glass is drawn in blocks
# What is typed -> the terminal's key.
TYPED = {str(digit): str(digit) for digit in range(10)} | {
    "enter": "ENTER", "backspace": "CLEAR", "delete": "CLEAR", "x": "CANCEL", "m": "MENU",
    "up": "UP", "down": "DOWN"}


class Counter(Doing):
    """Everything at once where there is room, glass, keys and one pane where there is not."""

    CSS_PATH = "counter.tcss"
    BINDINGS = [
        *(Binding(typed, f"press('{key}')", show=False) for typed, key in TYPED.items()),
        *(Binding(key, action, show=False) for key, action in (
            ("escape", "back"), ("tab", "pane(1)"), ("shift+tab", "pane(-1)"), ("c", "card"),
            ("p", "turn('power')"), ("w", "turn('plugged')"), ("r", "turn('paper')"),
            ("s", "speed"), ("n", "step"), ("a", "actions"), ("v", "drawing"), ("t", "till"),
            ("l", "language"), ("question_mark,f1", "help"), ("q", "quit"))),
    ]

    def __init__(self, *arguments, **known):
        super().__init__(*arguments, **known)
        self._parts: dict[str, Any] = {}
        self._forget()

    def compose(self):
        yield Static(id="status")
        with Container(id="counter"):
            with Container(id="device"):
                yield Lcd(id="lcd")
                with Container(id="side"):
                    with Grid(id="keypad"):
                        for name in KEYS:
                            yield Key(name, self._key)
                    yield Static(id="brief")
            yield Static(id="tabs")
            with Container(id="panes"):
                yield Paper(id="paper", classes="pane")
                yield Wire(id="wire", classes="pane")
                for name in ("packet", "acquirer", "inside"):
                    yield Reading(id=name, classes="pane")
        yield Static(id="hints")
        yield Static(id="small")

    def on_mount(self):
        parts = self.query("#status, #lcd, #brief, #tabs, .pane")
        self._parts = {str(part.id): part for part in parts}
        self._shown_pane("paper")
        self.name_all()
        self._parts["lcd"].focus()
        self.face.viewers.add(self.changed)
        self.run_worker(self._look_on())
        self.set_interval(CLOCK_S, self.face_wakes)

    def on_unmount(self):
        self.face.viewers.discard(self.changed)

    def face_wakes(self):
        """An idle terminal's clock goes on too."""
        self.face.pace.wake()

    async def _look_on(self):
        while self.is_attached:
            self.changed.clear()
            self._look()
            await self.changed.wait()
            await asyncio.sleep(FRAME_S)

    # what is shown

    def _forget(self):
        """Show everything anew at the next look."""
        self._seen = {}
        self._lines = self._frames = 0
        self._generation = self.face.generation

    def _look(self):
        face = self.face
        if self._generation != face.generation or self.number not in face.site.tills:
            self.number = next(iter(face.site.tills))
            self.empty()
        site, till = face.site, self.till
        made = {
            "till": ((till.versions["till"], self.has_class("wide")), self._show_state),
            "screen": ((till.versions["screen"], self.drawn), self._show_screen),
            "paper": (till.versions["paper"], self._show_paper),
            "wire": (till.versions["wire"], self._show_wire),
            "acquirer": (site.versions["acquirer"], self._show_acquirer),
        }
        for topic, (version, show) in made.items():
            if self._seen.get(topic) != version:
                self._seen[topic] = version
                show()
        line = told.status(self.w, self.number, views.clock(site, site.now_ms), face.pace.speed,
                           self._state, self.port)
        if self._seen.get("status") != line:
            self._seen["status"] = line
            self._parts["status"].update(line)

    def empty(self):
        self._forget()
        self._parts["paper"].clear()
        self._parts["wire"].clear_options()
        self._parts["packet"].show("")

    @property
    def drawn(self):
        if self.drawing is not None:
            return self.drawing
        width, height = self.app.size
        return "blocks" if width >= BLOCKS[0] and height >= BLOCKS[1] else "dots"

    def _show_state(self):
        self._state = views.state(self.face.site, self.till)
        self._parts["inside"].show(told.inside(self.w, self._state))
        self._parts["brief"].update(
            told.inside(self.w, self._state, records=self.has_class("wide")))

    def _show_screen(self):
        world, drawing, lcd = self.till.world, self.drawn, self._parts["lcd"]
        self.set_class(drawing == "blocks", "blocks")
        lcd.set_class(drawing == "text", "text")
        lcd.show(drawing, world.device.pixels(), world.screen())

    def _show_paper(self):
        _first, lines = self.till.lines.since(self._lines)
        for line in lines:
            self._parts["paper"].add(line)
        self._lines = self.till.lines.count

    def _show_wire(self):
        news = views.wire(self.face.site, self.till, self._frames)
        for number, frame in enumerate(news["frames"], news["from"]):
            self._parts["wire"].add(number, frame)
        self._frames = self.till.frames.count

    def _show_acquirer(self):
        pane = self._parts["acquirer"]
        pane.show(told.at_port(self.w, self.port) if self.port is not None
                  else told.acquirer(self.w, views.acquirer(self.face.site)))

    @on(OptionList.OptionHighlighted, "#wire")
    def _chosen(self, event):
        with suppress(LookupError):
            self._parts["packet"].show(
                packet(self.till.frames[int(event.option_id)], self.till.shop.mac))

    @on(OptionList.OptionSelected, "#wire")
    def _opened(self, event):
        self._shown_pane("packet")
        self._parts["packet"].focus()

    def name_all(self):
        """Put the texts of the language where they stand."""
        for pane in PANES:
            self._parts[pane].border_title = Text(self.w[pane])
        for key in self.query(Key):
            key.say(self.w)
        self.query_one("#hints", Static).update(told.hints(self.w))
        self._shown_pane(self._pane)
        self._seen = {}

    def _shown_pane(self, name):
        """In a small window one pane is shown, under the names of all."""
        self._pane = name
        for pane in PANES:
            self._parts[pane].set_class(pane == name, "shown")
        self._parts["tabs"].update(told.tabs(self.w, PANES, name))

    def on_resize(self, event):
        width, height = event.size
        self.set_class(width >= WIDE[0] and height >= WIDE[1], "wide")
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "too-small")
        if small:
            self.query_one("#small", Static).update(
                self.w["small"].format(width=width, height=height))
        self.changed.set()

    # what is done: see doing.py for the rest

    def action_press(self, name):
        """A finger goes down on a key and up again."""
        self._leaving = False
        for down in (True, False):
            self._key(name, down)

    def _key(self, name, down):
        self.face.site.key(self.till, name, down)
        self.face.pace.wake()

    def action_back(self):
        """From a pane to the keys; there it is CANCEL."""
        lcd = self._parts["lcd"]
        if self.focused is lcd or self.focused is None:
            self.action_press("CANCEL")
        lcd.focus()

    def action_pane(self, step):
        """The next pane that can be shown; from the keys first the one that was left."""
        panes = PANES[:-1] if self.has_class("wide") else PANES
        at = panes.index(self._pane) if self._pane in panes else 0
        if self.focused is not self._parts["lcd"]:
            at += step
        self.action_show(panes[at % len(panes)])

    def action_show(self, name):
        self._shown_pane(name)
        self._parts[name].focus()

    def action_turn(self, name):
        """Power, cable or paper the other way."""
        state = views.state(self.face.site, self.till)
        self.do(TOGGLES[name][0 if state[name] else 1])
