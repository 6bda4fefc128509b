"""The life of a refund as a picture in the page, made from firmware/transitions.py.

Each state is a group of class `state` and id `state-NAME`: the page lights the current one.
"""
from functools import cache
from html import escape

from host_sim.face.words import words
from host_sim.show.states import NAMES, transitions

# Where each state stands: column and row.
PLACES = {
    "FREE": (0, 1), "PREPARED": (1, 1), "SENT": (2, 1), "PENDING_REVIEW": (3, 0),
    "APPROVED": (4, 0), "DECLINED": (4, 1), "CANCELLING": (2, 2), "REVERSING": (3, 2),
    "ANNULLED": (4, 2), "LOST": (1, 2),
}
WIDE, HIGH, BOX_WIDE, BOX_HIGH = 132, 68, 116, 36


@cache
def svg(language="en"):
    """The drawing as SVG text."""
    said = words(language).ledger_words()
    width, height = 5 * WIDE, 3 * HIGH
    name = escape(words(language)["machine"])
    lines = [f'<svg class="machine" viewBox="0 0 {width} {height}" role="img" '
             f'aria-label="{name}" data-name="{name}">',
             '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
             'markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>']
    drawn = {(NAMES[state], NAMES[target]) for (_, state, _), target in transitions().items()}
    for one, other in sorted(drawn):
        if other != "FREE":     # every end leads back to it: lines that say nothing
            lines.append(_arrow(one, other))
    for name, (column, row) in PLACES.items():
        x, y = _centre(column, row)
        lines.append(
            f'<g class="state" id="state-{name}">'
            f'<rect x="{x - BOX_WIDE / 2:g}" y="{y - BOX_HIGH / 2:g}" width="{BOX_WIDE}" '
            f'height="{BOX_HIGH}" rx="6"/><text x="{x:g}" y="{y + 4:g}">'
            f'{escape(said.get(called := name.lower().replace("_", " "), called))}</text></g>')
    return "".join([*lines, "</svg>"])


def _centre(column, row):
    return column * WIDE + WIDE / 2, row * HIGH + HIGH / 2


def _arrow(one, other):
    """From the edge of one box to the edge of the other; one that would run through the boxes
    between them goes below."""
    (x1, y1), (x2, y2) = _centre(*PLACES[one]), _centre(*PLACES[other])
    dx, dy = x2 - x1, y2 - y1
    if dy == 0 and abs(dx) > WIDE:
        side, low = BOX_WIDE / 3 * (1 if dx > 0 else -1), y1 + BOX_HIGH / 2
        way = f"M{x1 + side:g} {low:g}Q{(x1 + x2) / 2:g} {low + 24:g} {x2 - side:g} {low:g}"
    else:
        reach = min(BOX_WIDE / 2 / abs(dx) if dx else 9, BOX_HIGH / 2 / abs(dy) if dy else 9)
        way = (f"M{x1 + dx * reach:.1f} {y1 + dy * reach:.1f}"
               f"L{x2 - dx * reach:.1f} {y2 - dy * reach:.1f}")
    return f'<path class="step from-{one}" d="{way}" marker-end="url(#tip)"/>'
