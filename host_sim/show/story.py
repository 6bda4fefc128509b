"""What happened, told to a person: screens in boxes, packets part by part, paper as it came out.

Told from a World's trace alone, in plain text without colour codes; a Chinese character counts
two columns, so everything lines up.
"""
import re
from itertools import zip_longest
from textwrap import wrap
from unicodedata import east_asian_width

from host_sim.show import dots
from host_sim.show.explain import explain, shown_bytes, title
from host_sim.show.mask import MASK, field_texts, masked
from protocol import HELD_FOR_REVIEW, ending
from protocol.errors import WireFault
from protocol.iso8583 import decode
from protocol.reference.tables import CODES, MESSAGES

SCREEN_COLUMNS = 16
BOX_COLUMNS = SCREEN_COLUMNS + 4
BOXES_A_ROW = 4
PAPER_COLUMNS = 32
BYTES_A_LINE = 8
NAME_COLUMNS = 30
WORDS_COLUMNS = 56

WAYS = {"out": "terminal -> host", "in": "host -> terminal"}
SECRET = re.compile(r"\*+_")  # a password as far as it is typed
# MTIs of the requests that move money: F60.1 is sale, void or refund
MOVES_MONEY = {row[0] for row in MESSAGES.values() if row[2] in ("22", "23", "25")}


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


def glass(pixels):
    """Lines of a box around the screen's dots, as the face in the text terminal draws them; what
    is inverted is not: these are lines without colours."""
    edge = "─" * (dots.COLUMNS // 2)
    return [f"┌{edge}┐", *(f"│{line}│" for line, _inverted in dots.braille(pixels)), f"└{edge}┘"]


def screens(captioned):
    """Lines of several boxes side by side; `captioned` holds (what led there, rows)."""
    lines = []
    for at in range(0, len(captioned), BOXES_A_ROW):
        group = captioned[at:at + BOXES_A_ROW]
        columns = [[f" {caption}"[:BOX_COLUMNS], *screen(rows)] for caption, rows in group]
        for row in zip_longest(*columns):
            lines.append(" ".join(pad(cell, BOX_COLUMNS) for cell in row).rstrip())
    return lines


def paper(lines):
    """Lines of a strip of paper with what was printed on it."""
    edge = "~" * (PAPER_COLUMNS + 2)
    return [f" {edge}", *(f"  {line}".rstrip() for line in lines), f" {edge}"]


def packet(raw, direction, algorithm="unionpay-ecb"):
    """Lines that tell a packet (bytes, TPDU on) part by part; `direction` is out or in.

    A packet that is none is told by its fault, not shown.
    """
    try:
        parts = explain(raw, algorithm)
    except WireFault as fault:
        return [f"{WAYS[direction]}: {len(raw)} bytes that are no packet: {fault}"]
    return [f"{WAYS[direction]}: {parts[2].words}, {len(raw)} bytes", *dump(raw, parts)]


def dump(raw, parts):
    """Lines of a packet's parts, as explain() gives them: what is secret is not shown."""
    shown = shown_bytes(raw, parts)
    return [line for part in parts for line in _part(part, shown)]


def _part(part, shown):
    """A part's place and bytes on the left, its name and words on the right, side by side."""
    body = [] if part.inner or part.secret else shown[part.at:part.at + part.size]
    dumped = [" ".join(body[at:at + BYTES_A_LINE]) for at in range(0, len(body), BYTES_A_LINE)]
    if part.secret and not part.inner:
        dumped = [f"({part.size} bytes)"]
    words = _wrapped(("  " if part.inner else "") + part.name, part.words)
    for index, (left, right) in enumerate(zip_longest(dumped, words, fillvalue="")):
        place = "" if index else part.at
        yield f"{place:4}  {left:<{3 * BYTES_A_LINE}} {right}".rstrip()


def _wrapped(name, words):
    """Name in a column, words beside it on as many lines as they take."""
    first, *more = wrap(words, WORDS_COLUMNS) or [""]
    return [f"{pad(name, NAME_COLUMNS)} {first}", *(" " * (NAME_COLUMNS + 1) + line
                                                    for line in more)]


def _caption(keys, rows):
    """The keys that led to a screen; digits that the screen hides stay hidden here."""
    secret = any(SECRET.fullmatch(row) for row in rows)
    return " ".join(MASK if secret and key.isdigit() else key for key in keys)


class Teller:
    """Tells a trace as it grows: hand over its events, print the lines that come back."""

    def __init__(self, algorithm="unionpay-ecb", drawn=False):
        self._algorithm = algorithm
        self._drawn = drawn     # each screen dot by dot
        self._told = 0
        self._keys = []         # pressed since the last screen
        self._screens = []      # (caption, rows) still to be shown
        self._paper = []        # lines of the strip that is coming out

    def more(self, trace):
        """Lines for what the trace (a list of host_sim.world.Event) holds beyond the last call."""
        lines = []
        for event in trace[self._told:]:
            lines.extend(self._event(event))
        self._told = len(trace)
        return lines

    def rest(self):
        """Lines for what was still waiting to be told together."""
        return [*self._flush_screens(), *self._flush_paper()]

    def _event(self, event):
        if event.kind == "key":
            self._keys.append(event.value)
            return
        if event.kind == "screen":
            yield from self._flush_paper()
            caption = _caption(self._keys, event.value.rows)
            self._keys = []
            if self._drawn:
                yield from [f" {caption}".rstrip(), *glass(event.value.pixels), ""]
                return
            self._screens.append((caption, event.value.rows))
            if len(self._screens) == BOXES_A_ROW:
                yield from self._flush_screens()
            return
        yield from self._flush_screens()
        if event.kind == "paper":
            self._paper.append(event.value)
            return
        yield from self._flush_paper()
        if event.kind == "power":
            yield from [f"power {event.value}", ""]
        else:
            yield from [*packet(event.value, event.kind, self._algorithm), ""]

    def _flush_screens(self):
        waiting, self._screens = self._screens, []
        return [*screens(waiting), ""] if waiting else []

    def _flush_paper(self):
        waiting, self._paper = self._paper, []
        return [*paper(waiting), ""] if waiting else []


def record(trace):
    """The trace as data for JSON: {"screens", "messages", "paper"}, each in order.

    Card data is masked in `fields`; `hex` is the packet from the TPDU on, what is masked as `**`.
    """
    return {
        "screens": [{"at_ms": event.at_ms, "rows": list(event.value.rows)}
                    for event in trace if event.kind == "screen"],
        "messages": [_message(event) for event in trace if event.kind in WAYS],
        "paper": [event.value for event in trace if event.kind == "paper"],
    }


def _message(event):
    told = {"at_ms": event.at_ms, "direction": event.kind}
    try:
        message = decode(event.value)
    except WireFault as fault:  # what stands where in it, nobody knows
        return told | {"hex": None, "name": "no packet", "error": str(fault), "fields": {}}
    return told | {"hex": _hex(event.value, message), "name": title(message), "mti": message.mti,
                   "fields": fields(message)}


def _hex(raw, message):
    whole, shown = field_texts(message), masked(field_texts(message))
    names = tuple(f"F{number} " for number in whole if whole[number] != shown[number])
    hidden = [part for part in explain(raw) if part.name.startswith(names)] if names else []
    return "".join(shown_bytes(raw, hidden))


def fields(message):
    """{"3": "200000", ...} of a Message: binary as upper-case hex, card data masked."""
    texts = masked(field_texts(message))
    return {str(number): text for number, text in texts.items()}


def outcome(trace):
    """How the last refund or void on the wire ended, in words; None if none was sent.

    "approved", "declined 51", "held for review", "no final answer", "cancelled", "reversed".
    """
    told = None
    for event in trace:
        if event.kind not in WAYS:
            continue
        try:
            message = decode(event.value)
        except WireFault:
            continue
        if event.kind == "in":
            told = _answer(message, told)
        elif message.mti in ("0200", "0220"):
            told = "no final answer"
    return told


def _answer(message, before):
    """What a reply makes of the outcome before it."""
    code = message.fields.get(39, "")
    if message.mti in ("0210", "0230"):
        if code == "00":
            return "approved"
        if code == HELD_FOR_REVIEW:
            return "held for review"
        name = "refund" if message.mti == "0230" else "void"
        return f"declined {code}" if code in CODES and ending.is_final(name, code) else before
    if message.mti == "0430" and code == "00":
        return "cancelled"
    if message.mti == "0410" and code in ("00", "25"):
        return "reversed"
    return before
