"""A refund's voucher as a PDF of the paper's width, always marked as a duplicate: the first one was
printed at the terminal, or never.

The font is one of Adobe's for Chinese, which every reader of PDF has or stands in for: none is
carried along.
"""

import io

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from host_sim.acquirer.money import yuan

FONT = "STSong-Light"
WIDTH, MARGIN, LINE = 58 * mm, 4 * mm, 4.6 * mm
SIZE, BIG = 8.5, 13


def lines(found, w, now) -> list[tuple[str, str]]:
    """[(kind, text)]: "head", "mark", "pair" ("label\\tvalue"), "sum", "rule", "small"."""
    pairs = [
        ("voucher_merchant", found.merchant), ("voucher_merchant_no", found.merchant_id),
        ("terminal", found.terminal_id), ("number", str(found.id)), ("rrn", found.rrn),
        ("voucher_time", f"{found.decided_at:%Y-%m-%d %H:%M}"), ("order", found.order_no),
        ("product", found.product), ("quantity", str(found.quantity or "")),
        ("card", found.masked_card or w["wallet"]), ("sale_rrn", found.sale_rrn),
        ("sold_on", w.date8(found.sold_on)), ("reason_label", w.reason(found.reason)),
        ("expected_on", f"{found.expected_on}" if found.expected_on else ""),
    ]  # fmt: skip
    told = [("head", w["voucher_heading"]), ("mark", w["voucher_duplicate"]), ("rule", "")]
    told += [("pair", f"{w[name]}\t{value}") for name, value in pairs if value]
    told += [("rule", ""), ("sum", f"¥ {yuan(found.amount_fen)}"), ("rule", "")]
    told += [("small", w["voucher_promise"]), ("small", f"{w['printed_at']} {now:%Y-%m-%d %H:%M}")]
    return told


def pdf(found, w, now) -> bytes:
    """`found`: a refund as life.find has it."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    rows = [row for kind, text in lines(found, w, now) for row in _broken(kind, text)]
    height = (len(rows) + 3) * LINE
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, height), invariant=True)
    canvas.setTitle(f"{w['voucher_heading']} {found.id}")
    y = height - 1.5 * LINE
    for kind, text in rows:
        _draw(canvas, kind, text, y)
        y -= LINE
    canvas.save()
    return file.getvalue()


def _draw(canvas, kind, text, y):
    canvas.setFont(FONT, BIG if kind in ("head", "sum") else SIZE)
    if kind == "rule":
        canvas.setDash(1, 2)
        canvas.line(MARGIN, y + 1 * mm, WIDTH - MARGIN, y + 1 * mm)
    elif kind == "pair":
        label, _, value = text.partition("\t")
        canvas.drawString(MARGIN, y, label)
        canvas.drawRightString(WIDTH - MARGIN, y, value)
    else:
        canvas.drawCentredString(WIDTH / 2, y, text)


def _broken(kind, text):
    """A pair whose value does not fit beside its label goes on below it, a long text on more
    lines."""
    room = WIDTH - 2 * MARGIN
    label, tab, value = text.partition("\t")
    if not tab:
        return [(kind, part) for part in _parts(text, room, BIG if kind == "sum" else SIZE)]
    if _wide(label + "  " + value, SIZE) <= room:
        return [(kind, text)]
    return [(kind, label + "\t"), *((kind, "\t" + part) for part in _parts(value, room, SIZE))]


def _parts(text, room, size):
    parts, rest = [], text
    while _wide(rest, size) > room:
        most = next(n for n in range(len(rest), 0, -1) if _wide(rest[:n], size) <= room)
        parts.append(rest[:most])
        rest = rest[most:]
    return [*parts, rest]


def _wide(text, size):
    return pdfmetrics.stringWidth(text, FONT, size)
