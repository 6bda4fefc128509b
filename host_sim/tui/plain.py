"""The face in plain lines, for a terminal that cannot do more and for whoever reads by ear.

A screen, a packet or a line of paper is written when it is there; keys are read as they come.
"""
import asyncio
import os

from host_sim.face import views
from host_sim.show import story

# What is typed here -> the terminal's keys.
TYPED = {str(digit): str(digit) for digit in range(10)} | {
    "\r": "ENTER", "\n": "ENTER", "\x7f": "CLEAR", "\x08": "CLEAR", "x": "CANCEL", "m": "MENU",
    "u": "UP", "d": "DOWN"}
_ASCII = str.maketrans("┌┐└┘─│", "++++-|")
_PIECE = 64
_LAST_S = 2.0       # so long what was typed last may still be answered when the input has ended


class Plain:
    """`write(text)` gets each line; `port` as Counter has it. run() goes on to the end of the
    input."""

    def __init__(self, face, write, encoding="utf-8", port=None):
        self._face = face
        self._write = write
        self._port = port
        self._lines_only = not _can(encoding)
        self._rows = None
        self._lines = self._frames = 0
        self._changed = asyncio.Event()
        self._ended = False

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
            while True:
                self._changed.clear()
                self._look()
                await asyncio.wait_for(self._changed.wait(), _LAST_S if self._ended else None)
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(descriptor)
            if self._port is not None:
                self._port.leave()
            await face.stop()

    def _typed(self, descriptor):
        data = os.read(descriptor, _PIECE)
        if not data:
            self._ended = True
            asyncio.get_running_loop().remove_reader(descriptor)
            self._changed.set()
        site, till = self._face.site, self._till()
        for char in data.decode(errors="ignore"):
            if char in TYPED:
                for down in (True, False):
                    site.key(till, TYPED[char], down)
        self._face.pace.wake()

    def _till(self):
        return next(iter(self._face.site.tills.values()))

    def _look(self):
        till = self._till()
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
        if till.crash:
            self._say([f"the firmware crashed: {till.crash}"])

    def _say(self, lines):
        text = "\n".join(lines)
        self._write(text.translate(_ASCII) if self._lines_only else text)


def _can(encoding):
    """Whether boxes can be drawn in an encoding."""
    try:
        "┌┐└┘─│".encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
