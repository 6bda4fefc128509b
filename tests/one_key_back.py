"""CANCEL tried at every step at which the key scripts leave the operator, each time on a copy.

A copy is a fork of this process, so the script goes on as if nobody had pressed anything. A step is
where the operator's task stands in the firmware's files, and what the screen shows there.
`python -m tests.one_key_back SCRIPT...` prints one JSON object a step.
"""

import gc
import json
import os
import re
import sys
from pathlib import Path

from firmware.text.texts import LANGUAGES
from host_sim.acquirer import schema
from host_sim.play.player import Player, is_idle, squeezed
from host_sim.play.script import read_script
from host_sim.play.shop import open_shop
from host_sim.world import KEY_UP_MS, World
from protocol.framing import Link
from protocol.iso8583 import decode
from tools.following import all_texts

AT_ONCE_MS = 1_500  # within it CANCEL shows what it did
PRINTED_MS = 10_000  # so long paper may move, which nothing stops
LEFT_OVER = 4  # keys more, until the terminal is idle
# Behind CANCEL may stand what was shown before, or one of these, which says what happens now.
SAYS = (
    "cancelled.body in_progress.body cancelling.body reversing.body sale.reversing.body"
    " sale.cancelling.body conflict.body correct.waits settle.later no_line.body settle.slip_later"
    " correct.later correct.same activate.password wipe.untold wipe.kept reprint.left"
    " office.left"
    " printer.no_paper connecting"
).split()
BEGINNING = 12  # characters of a text that tell it: it may go on on another page
BEGINS = ("0200", "0220", "0500")  # what CANCEL must never send
OUR_FOLDER = str(Path(__file__).parents[1] / "firmware")
PASSING = ("day", "overlay", "kernel")  # files through which every way leads


class Acknowledging:
    """A host that hears and says nothing."""

    def __init__(self):
        self._link = Link()

    def receive(self, data, now_ms, _now):
        self._link.receive(data, now_ms)
        self._link.events()

    def poll(self, now_ms, _now):
        self._link.poll(now_ms)

    def outgoing(self):
        return self._link.outgoing()

    def deadline(self):
        return self._link.deadline()


class Walk(World):
    """Looks at each new step, between two keys, what CANCEL does there."""

    tried: set = set()  # of all scripts
    told: list = []

    def __init__(self, *arguments, **named):
        self._finger, self._copy = "", False
        self._free_at = 0  # when the keypad is ready for another key
        self._shown = []
        super().__init__(*arguments, **named)

    def move_key(self, name, down):
        self._finger = name if down else ""
        super().move_key(name, down)
        self._free_at = self.now_ms + KEY_UP_MS

    def _settle(self):
        super()._settle()
        if self._copy:
            return
        where, screen = place(self), alike(self.screen())
        if where is None:
            return
        if screen not in self._shown[-1:]:
            self._shown.append(screen)
        if (where, screen) not in self.tried:
            self.tried.add((where, screen))
            waits = where[-1][0] in ("exchange", "host", "drivers/link", "unfinished")
            for host in (None, Acknowledging()) if waits else (Acknowledging(),):
                self.told.append(on_a_copy(lambda host=host: self._cancel(where, host)))

    def _cancel(self, where, host):
        self._copy = True
        shown = self._shown[:-1]
        before, sent = self.screen(), len(self.packets("out"))
        told = {"at": [f"{name}:{line}" for name, line in where], "screen": before,
                "host": "silent" if host else "dead", "wrong": []}
        self.serve_by(host)
        if self._finger:
            self.move_key(self._finger, False)
        self.run_through(max(0, self._free_at - self.now_ms))
        before = self.screen()
        if is_home(before):
            return told
        after = self._press(before)
        told["after"] = after
        if after == before:
            told["wrong"].append("nothing happened")
            return told
        on_its_way = {"drivers/printer", "flows/self_test"} & {name for name, _ in where}
        if not (on_its_way or alike(after) in shown or is_home(after) or says(after)):
            told["wrong"].append("it is not back")
        keys = 0
        while not is_home(after):
            keys += 1
            last, after = after, self._press(after)
            told.setdefault("then", []).append(after)
            if after == last or keys == LEFT_OVER:
                told["wrong"].append("it does not lead home")
                break
        begun = [mti for mti in map(mti_of, self.packets("out")[sent:]) if mti in BEGINS]
        if begun and "flows/send" not in {name for name, _ in where}:
            told["wrong"].append(f"it sent {begun}")
        return told

    def _press(self, before):
        """The screen that stands behind one CANCEL."""
        self.press("CANCEL")
        printing = any(name == "drivers/printer" for name, _ in place(self) or ())
        self.run_until(lambda: self.screen() != before, PRINTED_MS if printing else AT_ONCE_MS)
        self.run_for(200)
        return self.screen()


def place(world):
    """((file, line), ...) of the operator's task, the outermost first; None with the power off."""
    terminal = world.device.terminal
    for task in terminal.kernel.tasks if terminal else ():
        awaited, found = task._coro, []
        while getattr(awaited, "cr_frame", None):
            code = awaited.cr_code.co_filename
            if code.startswith(OUR_FOLDER):
                name = Path(code).relative_to(OUR_FOLDER).with_suffix("").as_posix()
                found.append((name, awaited.cr_frame.f_lineno))
            awaited = awaited.cr_await
        if found and found[0][0] == "day":
            return tuple(one for one in found if one[0] not in PASSING)
    return None


def alike(rows):
    """Two screens that differ in figures, stars or the place of the pointer are one."""
    return tuple(re.sub(r"^>", " ", re.sub(r"\*+", "*", re.sub(r"\d+", "0", row))) for row in rows)


def is_home(rows):
    return any(is_idle([row]) for row in rows)


def says(rows):
    shown = squeezed("".join(rows))
    return any(squeezed(all_texts(language)[one].partition("{")[0])[:BEGINNING] in shown
               for language in LANGUAGES for one in SAYS)


def mti_of(packet):
    return decode(packet).mti


def on_a_copy(work):
    """What `work()` returns, done in a fork of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()  # it would touch, and so copy, every page
        os.close(reader)
        try:
            told = work()
        except BaseException as error:
            told = {"wrong": [repr(error)]}
        with os.fdopen(writer, "w") as pipe:
            json.dump(told, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = json.load(pipe)
    os.waitpid(child, 0)
    return told


def main(paths):
    from host_sim.roomy import spread_out

    spread_out()
    engine = schema.open_engine()
    for path in paths:
        Walk.told.clear()
        script = read_script(path)
        shop = open_shop(script.terminal, script.language, script.seed, script.start, Walk,
                         engine=None if script.scenario else engine,
                         scenario=script.scenario, blank=script.blank)
        Player(script, shop).play()
        for told in Walk.told:
            print(json.dumps({"script": Path(path).stem} | told, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
