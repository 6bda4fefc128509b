"""The face in plain lines, for a terminal that cannot do more and for whoever reads by ear.

A screen, a packet or a line of paper is written when it is there; keys are read as they come.
"""
import asyncio
import os
from codecs import getincrementaldecoder

from host_sim.face import views
from host_sim.show import story

# What is typed here -> the terminal's keys.
TYPED = {str(digit): str(digit) for digit in range(10)} | {
    "\r": "ENTER", "\n": "ENTER", "\x7f": "CLEAR", "\x08": "CLEAR", "x": "CANCEL", "m": "MENU",
    "u": "UP", "d": "DOWN"}
_ASCII = str.maketrans("┌┐└┘─│", "++++-|")
_PIECE = 64
_LAST_MS = 5_000     # without a word, and what was typed last is answered
_STEP_MS = 20


class Plain:
    """`write(text)` gets each line; `port` as Counter has it; `lists(write)` makes the Numbered
    that `a` opens. run() goes on until what was typed last, before the end of the input, is
    answered: without a port in no time."""

    def __init__(self, face, write, encoding="utf-8", port=None, lists=None):
        self._face = face
        self._lists = lists and lists(lambda text: self._say([text]))
        self._generation = face.generation
        self._write = write
        self._port = port
        self._lines_only = not _can(encoding)
        self._rows = None
        self._lines = self._frames = 0
        self._played = False
        self._changed = asyncio.Event()
        self._decoder = getincrementaldecoder("utf-8")(errors="ignore")
        self._ended = False
        self._said = 0
        self._crash = None

    async def run(self, descriptor=0):
        face, loop = self._face, asyncio.get_running_loop()
        for till in face.site.tills.values():
            face.site.do(till, "power on")
        face.start()
        face.viewers.add(self._changed)
        if self._port is not None:
            self._port.attend(face)
        try:
            loop.add_reader(descriptor, self._typed, descriptor)
        except PermissionError:     # a file, which has nothing to wait for
            while not self._ended:
                self._typed(descriptor)
        try:
            while not self._ended:
                self._changed.clear()
                self._look()
                await self._changed.wait()
            await self._finish()
        finally:
            loop.remove_reader(descriptor)
            if self._port is not None:
                self._port.leave()
            await face.stop()

    async def _finish(self):
        if self._lists is not None:
            await self._lists.settled()
        site = self._face.site
        until_ms = max(site.now_ms, self._till().finger_free_at) + _LAST_MS
        while site.now_ms < until_ms:
            if self._port is None:
                site.advance(site.now_ms + _STEP_MS)
            else:
                await asyncio.sleep(_STEP_MS / 1000)
            playing = self._till().playing
            if self._look() or playing is not None and not playing.over:
                until_ms = max(until_ms, site.now_ms + _LAST_MS)

    def _typed(self, descriptor):
        data = os.read(descriptor, _PIECE)
        if not data:
            self._ended = True
            asyncio.get_running_loop().remove_reader(descriptor)
            self._changed.set()
        site, till, lists = self._face.site, self._till(), self._lists
        for char in self._decoder.decode(data):
            if lists is not None and lists.is_open:
                lists.type(char)
            elif lists is not None and char == "a":
                lists.all_of_them()
            elif char in TYPED:
                for down in (True, False):
                    site.key(till, TYPED[char], down)
        self._face.pace.wake()

    def _till(self):
        return next(iter(self._face.site.tills.values()))

    def _look(self):
        """Say what is new; whether there was anything."""
        till, said = self._till(), self._said
        if self._generation != self._face.generation:   # another world
            self._generation = self._face.generation
            self._lines = self._frames = 0
            self._played = False
        for frame in views.wire(self._face.site, till, self._frames)["frames"]:
            way = story.WAYS[frame["way"]]
            if frame["mti"]:    # ACK and NAK are left out: too much to be heard
                self._say([", ".join(filter(None, (f"{way}: {frame['mti']} {frame['title']}",
                                                   frame["words"])))])
        self._frames = till.frames.count
        rows = till.world.screen()
        if rows != self._rows:
            self._rows = rows
            self._say(story.screen(rows))
        _first, lines = till.lines.since(self._lines)
        if lines:
            self._say(story.paper([line.text if line else "- " * 16 for line in lines]))
        self._lines = till.lines.count
        if till.crash != self._crash:
            self._crash = till.crash
            self._say([f"the firmware crashed: {till.crash}"])
        if till.playing is not None and till.playing.over and not self._played:
            self._played = True
            self._say([till.playing.wrong or "the key script has been played to its end"])
        return self._said > said

    def _say(self, lines):
        self._said += 1
        text = "\n".join(lines)
        self._write(text.translate(_ASCII) if self._lines_only else text)


def _can(encoding):
    """Whether boxes can be drawn in an encoding."""
    try:
        "┌┐└┘─│".encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
