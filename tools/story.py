"""What happened, told to a person: screens in boxes, packets part by part, paper as it came out.

Plain text without colour codes; a Chinese character counts two columns, so everything lines up.
"""
from textwrap import wrap
from unicodedata import east_asian_width

from protocol.errors import WireFault
from tools.explain import explain

SCREEN_COLUMNS = 16
PAPER_COLUMNS = 32
BYTES_A_LINE = 8
WORDS_WIDE = 56


def width(text):
    """Columns that a text takes in a terminal."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def pad(text, columns):
    """The text with spaces behind it up to `columns`; a longer text is left alone."""
    return text + " " * (columns - width(text))


def screen(rows):
    """Lines of a box around the four rows of a screen (strings up to 16 columns)."""
    edge = "─" * (SCREEN_COLUMNS + 2)
    return [f"┌{edge}┐", *(f"│ {pad(row, SCREEN_COLUMNS)} │" for row in rows), f"└{edge}┘"]


def paper(lines):
    """Lines of a strip of paper with what was printed on it."""
    edge = "~" * (PAPER_COLUMNS + 2)
    return [f" {edge}", *(f"  {line}".rstrip() for line in lines), f" {edge}"]


def packet(raw, direction, algorithm="unionpay-ecb"):
    """Lines that tell a packet (bytes, TPDU on) part by part; `direction` is out or in.

    A packet that is none is told by its fault, not shown.
    """
    way = "terminal -> host" if direction == "out" else "host -> terminal"
    try:
        parts = explain(raw, algorithm)
    except WireFault as fault:
        return [f"{way}: {len(raw)} bytes that are no packet: {fault}"]
    lines = [f"{way}: {parts[2].words}, {len(raw)} bytes"]
    for part in parts:
        lines.extend(_part(part, raw))
    return lines


def _part(part, raw):
    """A part's place and bytes on the left, its name and words on the right, side by side."""
    body = b"" if part.inner or part.secret else raw[part.at:part.at + part.size]
    dumped = [body[at:at + BYTES_A_LINE].hex(" ").upper()
              for at in range(0, len(body), BYTES_A_LINE)]
    if part.secret:
        dumped = [f"({part.size} bytes)"]
    words = _wrapped(("  " if part.inner else "") + part.name, part.words)
    for line in range(max(len(dumped), len(words))):
        place = "" if line else f"{part.at:4}"
        left = dumped[line] if line < len(dumped) else ""
        right = words[line] if line < len(words) else ""
        yield f"{place:4}  {left:<{3 * BYTES_A_LINE}} {right}".rstrip()


def _wrapped(name, words):
    """Name in a column, words beside it on as many lines as they take."""
    rest = wrap(words, WORDS_WIDE) or [""]
    column = 30
    return [pad(name, column) + " " + rest[0], *(" " * (column + 1) + more for more in rest[1:])]
