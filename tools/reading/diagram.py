"""What was told as rows of a sequence diagram in HTML: arrows, keys, screens, paper.

All text that came out of a capture is escaped here.
"""
from base64 import b64encode
from html import escape
from io import BytesIO

from tools.reading.told import clock

LIT, UNLIT = (0x18, 0x26, 0x3A), (0xAD, 0xC1, 0x83)
COLUMNS, PAGES = 128, 8


def row(told):
    """An <li> of the diagram: one Told, its time, what looks wrong with it."""
    classes, body = _BODIES.get(told.kind, _around)(told)
    wrong = "".join(f'<span class="what">{escape(words)}</span>' for _, words in told.wrong)
    channel = told.kind if told.kind == "ack" else "bench" if told.kind == "other" else told.channel
    about = "" if told.about is None else f' data-about="{told.about}"'
    name = f"m{told.number}" if told.kind == "missing" else f"p{told.number}"
    return (f'<li id="{name}" data-n="{told.number if told.kind != "missing" else ""}" '
            f'data-c="{channel}" data-words="{escape(told.words)}"{about} '
            f'class="{classes}{" wrong" if wrong else ""}">'
            f"<time>{clock(told.at_us)}</time>{body.replace('{wrong}', wrong)}</li>")


def _message(told):
    classes = "line " + (told.way or "out") + (" repeat" if told.repeat else "") + (
        " quiet" if told.kind == "ack" else " missing" if told.kind == "missing" else "")
    first, comma, rest = told.words.partition(", ")
    rest = escape(rest)
    for verdict in ("valid", "invalid"):
        rest = rest.replace(f"MAC {verdict}", f'<span class="mac {verdict}">MAC {verdict}</span>')
    return classes, (
        f'<div class="wire"><button type="button" class="say"><b>{escape(first)}</b>{comma}'
        f"<i>{rest}</i></button><div class='arrow'></div>{{wrong}}</div>")


def _keys(told):
    names = told.words.removeprefix("pressed ").split(" ")
    caps = "".join(f"<kbd>{escape(name)}</kbd>" for name in names)
    return "keys", f'<div class="person">{caps} →</div>'


def _read(told):
    return "keys", f'<div class="person">{escape(told.words)} →</div>'


def _screen(told):
    if told.pixels:
        body = (f'<img class="lcd" alt="{escape(chr(10).join(told.rows))}" '
                f'src="{_png(_lcd(told.pixels))}">')
    else:
        body = f'<pre class="rows">{escape(chr(10).join(told.rows))}</pre>'
    return "screen", f'<div class="person">{body}</div>'


def _paper(told):
    from host_sim.show.pictures import draw_paper

    text = "\n".join(line.text for line in told.rows)
    picture = draw_paper(told.rows).quantize(8)
    return "paper", (
        f'<div class="slip" tabindex="0"><img alt="{escape(text)}" src="{_png(picture)}"></div>')


def _around(told):
    return "line around", f'<div class="across"><b>{escape(told.words)}</b></div>'


_BODIES = {"message": _message, "ack": _message, "nak": _message, "noise": _message,
           "missing": _message, "keys": _keys, "read": _read, "screen": _screen, "paper": _paper}


def _lcd(pixels):
    from PIL import Image

    image = Image.new("P", (COLUMNS, 8 * PAGES))
    image.putpalette([*UNLIT, *LIT])
    image.putdata([pixels[y // 8 * COLUMNS + x] >> y % 8 & 1
                   for y in range(8 * PAGES) for x in range(COLUMNS)])
    return image


def _png(image):
    file = BytesIO()
    image.save(file, "PNG", optimize=True, bits=1 if image.width == COLUMNS else 4)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode("ascii")
