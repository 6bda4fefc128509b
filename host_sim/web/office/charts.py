"""Charts as SVG, drawn on the server: a page shows them without a script, and styles them by class.

Every figure that is drawn also stands as text in the chart or beside it.
"""

from html import escape

WIDE, BAR, GAP, LABEL = 520, 20, 10, 165


def bars(rows: list[tuple[str, float, str]], kind: str = "") -> str:
    """Bars to the right; rows of (label, value, the value in words)."""
    top = max((value for _, value, _ in rows), default=0) or 1
    height = len(rows) * (BAR + GAP) + GAP
    room = WIDE - LABEL - 110
    drawn = []
    for n, (label, value, words) in enumerate(rows):
        y = GAP + n * (BAR + GAP)
        length = max(2, round(room * value / top))
        drawn.append(
            f'<text class="label" x="{LABEL - 8}" y="{y + 14}">{escape(_short(label))}</text>'
            f'<rect class="bar {kind}" x="{LABEL}" y="{y}" width="{length}" height="{BAR}" rx="3">'
            f"<title>{escape(label)}: {escape(words)}</title></rect>"
            f'<text class="value" x="{LABEL + length + 8}" y="{y + 14}">{escape(words)}</text>'
        )
    return _svg(height, drawn)


def columns(rows: list[tuple[str, float, str]]) -> str:
    """Columns side by side, such as days; every few have their label."""
    high, base = 150, 175
    top = max((value for _, value, _ in rows), default=0) or 1
    step = WIDE / max(1, len(rows))
    every = max(1, -(-len(rows) // 8))
    drawn = [f'<path class="axis" d="M0 {base}.5H{WIDE}"/>']
    for n, (label, value, words) in enumerate(rows):
        height = round(high * value / top)
        x = round(n * step + step * 0.15, 1)
        drawn.append(
            f'<rect class="bar" x="{x}" y="{base - height}" width="{round(step * 0.7, 1)}" '
            f'height="{height}"><title>{escape(label)}: {escape(words)}</title></rect>'
        )
        if n % every == 0 and x < WIDE - 38:
            drawn.append(f'<text class="tick" x="{x}" y="{base + 16}">{escape(label)}</text>')
    drawn.append(f'<text class="tick" x="0" y="14">{escape(_top_words(rows))}</text>')
    return _svg(base + 24, drawn)


def _top_words(rows):
    return max(rows, key=lambda row: row[1])[2] if rows else ""


def _svg(height, drawn):
    return (
        f'<svg class="chart" viewBox="0 0 {WIDE} {height}" role="img" aria-hidden="true">'
        + "".join(drawn)
        + "</svg>"
    )


def _short(label):
    """As much of it as fits: a Chinese character takes two places."""
    places, kept = 0, ""
    for character in label:
        places += 2 if character > "\u2e7f" else 1
        if places > 20:
            return kept + "…"
        kept += character
    return kept
