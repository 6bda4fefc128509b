"""What stands on the counter: glass, keys, and the panes beside them. They show and ask nothing.

Every text goes in as Text or plain strings, never as markup: what a terminal prints is not ours.
"""
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import OptionList, RichLog, Static
from textual.widgets.option_list import Option

from host_sim.bench.printer import COLUMNS
from host_sim.show import dots
from host_sim.show.explain import explain, shown_bytes
from host_sim.show.story import pad, width
from protocol.errors import WireFault

LABELS = {"UP": "▲", "DOWN": "▼", "CLEAR": "CLR", "CANCEL": "CAN", "ENTER": "ENT", "MENU": "MNU"}
ARROWS = {"out": "▶", "in": "◀"}
CUT = "╌" * COLUMNS
MOST_FRAMES = 500   # that stay to be chosen


class Lcd(Static, can_focus=True):
    """The glass. While it has the focus, keys are the terminal's."""

    DRAWINGS = {"dots": (64, 16), "blocks": (128, 32), "text": (16, 4)}

    def show(self, drawing, pixels, rows):
        if drawing == "text":
            lines = [Text(pad(row, 16)) for row in rows]
        elif drawing == "blocks":
            lines = [Text(line) for line in dots.blocks(pixels)]
        else:
            lines = [Text(line, "reverse" if inverted else "")
                     for line, inverted in dots.braille(pixels)]
        self.update(Text("\n", no_wrap=True).join(lines))


class Key(Static):
    """A key of the keypad: it is down as long as the mouse button is."""

    def __init__(self, name, press):
        super().__init__(Text(LABELS.get(name, name)), id=f"key-{name}")
        self._called = name
        self._press = press

    def say(self, w):
        """In the language of Words; in English short, for small windows."""
        if f"key_{self._called}" in w:
            self.update(Text(w[f"key_{self._called}"] if w.language == "zh"
                             else LABELS[self._called]))

    def on_mouse_down(self, event):
        self.capture_mouse()
        self.add_class("down")
        self._press(self._called, True)

    def on_mouse_up(self, event):
        if self.has_class("down"):
            self.release_mouse()
            self.remove_class("down")
            self._press(self._called, False)


class Paper(RichLog):
    """The strip that hangs out of the printer."""

    def __init__(self, **known):
        super().__init__(min_width=COLUMNS, max_lines=1000, **known)

    def add(self, line):
        """A printer's Line, or None for a cut."""
        if line is None:
            self.write(Text(CUT))
            return
        spare = COLUMNS - width(line.text)
        left = {"left": 0, "centre": spare // 2, "right": spare}[line.align]
        self.write(Text(" " * left + (f"[QR] {line.text}" if line.qr else line.text),
                        style="bold" if line.bold or line.double else "", no_wrap=True))


class Wire(OptionList):
    """What passed on the line; the newest packet is chosen until somebody chooses another."""

    _newest: int | None = None

    def add(self, number, frame):
        """A frame of views.wire()."""
        follows = self.highlighted in (None, self._newest)
        if self.option_count == MOST_FRAMES:
            self.remove_option_at_index(0)
        marks = [name for name in ("again", "lost") if frame[name]]
        marks += [f"MAC {frame['mac']}"] if frame["mac"] == "invalid" else []
        told = f"{frame['at'][6:]} {ARROWS[frame['way']]} {frame['mti']} {frame['title']}"
        told = ", ".join(filter(None, (told, frame["words"], *marks)))
        self.add_option(Option(Text(told, no_wrap=True), id=str(number)))
        if follows and frame["mti"]:
            self.highlighted = self._newest = self.option_count - 1


class Reading(VerticalScroll, can_focus=True):
    """A text that is always as it is now."""

    def __init__(self, **known):
        super().__init__(**known)
        self._text = Static()

    def compose(self):
        yield self._text

    def show(self, text):
        self._text.update(text)


def packet(passed, mac):
    """What passed on the line (face.line.Passed), part by part, secrets as stars."""
    raw, way = passed.packet, ARROWS[passed.way]
    if raw is None:
        return Text(f"{way} {passed.name}, {passed.size}")
    try:
        parts = explain(raw, mac)
    except WireFault as fault:
        return Text(f"{way} {len(raw)} bytes: {fault}")
    shown, told = shown_bytes(raw, parts), Text(f"{way} {parts[2].words}, {len(raw)} bytes")
    for part in parts:
        indent = "      " if part.inner else "     "
        told.append(f"\n{part.at:4} {' ' if part.inner else ''}")
        told.append(part.name, "bold")
        told.append(f"  {part.words}")
        if not part.inner:
            told.append(f"\n{indent}{' '.join(shown[part.at:part.at + part.size])}", "dim")
    return told
