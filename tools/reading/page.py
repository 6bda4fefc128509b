"""One page for a browser that tells a capture: a sequence diagram, fields, bytes, screens, paper.

It holds everything it needs and asks nobody for anything; what is secret never gets into it.
"""
import json
from html import escape
from pathlib import Path

from host_sim.show.explain import explain, shown_bytes, yuan
from host_sim.show.mask import free_text
from protocol.errors import WireFault
from tools.reading.diagram import row
from tools.reading.told import clock

LIMIT = 4_000       # things on a page: a browser has to draw them all
BOXES = (("wire", "wire", True), ("keypad", "keys", True), ("screen", "screens", True),
         ("paper", "paper", True), ("bench", "around", True), ("ack", "ACKs", False),
         ("wrong", "only what looks wrong", False))


def write(path, name, telling, wanted, reveal=False):
    """Write the page of a Telling whose Told come from `wanted`. Raises OSError."""
    told, left = [], 0
    for one in wanted:
        if len(told) < LIMIT:
            told.append(one)
        else:
            left += 1
    counts = telling.summary()
    _mark_unanswered(told)
    parts = {
        "title": escape(Path(name).name), "facts": _facts(telling.reading.head, counts),
        "cards": _cards(counts), "tables": _tables(counts, {one.number for one in told}),
        "boxes": _boxes(), "rows": "\n".join(map(row, told)),
        "note": f"{left} more things are in the capture: this page shows the first {LIMIT}; the "
                "figures above are of all." if left else "",
        "data": _script_safe(json.dumps(_packets(told, telling.algorithm, reveal),
                                        ensure_ascii=False)),
        "style": _beside("page.css"), "script": _beside("page.js")}
    page = _beside("page.html")
    head, *rest = page.split("{{")
    pieces = [head]
    for piece in rest:
        key, _, tail = piece.partition("}}")
        pieces += [parts[key], tail]
    Path(path).write_text("".join(pieces), encoding="utf-8", errors="backslashreplace")


def _beside(name):
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _script_safe(text):
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _mark_unanswered(told):
    """A request that got no reply is marked where it stands, too."""
    by_number = {one.number: one for one in told if one.kind == "message"}
    for one in told:
        for code, _ in one.wrong:
            asked = by_number.get(one.about)
            if code == "no reply" and asked and asked is not one:
                asked.wrong.append((code, "no reply came"))


# the head of the page

def _facts(head, counts):
    run = head.run
    known = [(key.replace("_", " "), run[key]) for key in
             ("made_by", "script", "scenario", "terminal", "merchant", "mac", "seed", "start",
              "firmware", "tuidan") if run.get(key) not in (None, "")]
    said = [f"{escape(str(key))} <b>{escape(str(value))}</b>" for key, value in known]
    said.append(f"captured by <b>{escape(head.application or 'an unknown program')}</b>")
    said.append(f"<b>{counts['seconds']:.1f} s</b>, {counts['packets']} packets")
    return free_text(" · ".join(said))


def _cards(counts):
    wrong = sum(counts["wrong"].values())
    rows = (("messages", counts["messages"], ""),
            ("sent again", counts["retransmissions"], ""), ("NAKs", counts["naks"], ""),
            ("screens", counts["screens"], ""),
            ("transactions", len(counts["transactions"]) + sum(counts["earlier"].values()), ""),
            ("look wrong" if wrong != 1 else "looks wrong", wrong, "bad" if wrong else "good"))
    return "".join(f'<div class="card {kind}"><b>{value}</b><span>{label}</span></div>'
                   for label, value, kind in rows)


def _tables(counts, numbers):
    made = []
    if counts["transactions"]:
        rows = "".join(_transaction(row, numbers) for row in counts["transactions"])
        made.append(f"<div><h2>transactions</h2><table>{rows}</table></div>")
    if counts["wrong_first"]:
        rows = "".join(
            f"<tr><td>{_link(one['number'], clock(one['at_us']), numbers)}</td>"
            f"<td>{escape(one['words'])}</td></tr>" for one in counts["wrong_first"])
        made.append(f"<div><h2>what looks wrong</h2><table>{rows}</table></div>")
    if counts["fault"]:
        made.append(f'<p class="fault">The file is damaged {escape(counts["fault"])}. What stands '
                    "before that is told here.</p>")
    return "".join(made)


def _transaction(row, numbers):
    amount = "" if row["amount_fen"] is None else f"{yuan(row['amount_fen'])} yuan"
    end = row["outcome"]
    kind = "good" if end.startswith(("approved", "held")) else "bad"
    return (f"<tr><td>{_link(row['number'], escape(row['kind']), numbers)}</td>"
            f"<td>STAN {escape(row['stan'])}</td><td>{escape(row['order'] or '')}</td>"
            f"<td class='num'>{amount}</td><td class='end {kind}'>{escape(end)}</td></tr>")


def _link(number, words, numbers):
    return f"<a href='#p{number}'>{words}</a>" if number in numbers else words


def _boxes():
    return "".join(f'<label><input type="checkbox" value="{value}"{" checked" if on else ""}>'
                   f"{label}</label>" for value, label, on in BOXES)


# the packets, for the panel

def _packets(told, algorithm, reveal):
    """{number: {"hex", "parts": [[at, size, name, words, inner]], "size"}} of the messages."""
    found: dict[int, dict] = {}
    for one in told:
        if one.kind != "message":
            continue
        try:
            parts = explain(one.packet, algorithm, reveal and not one.masked)
        except WireFault:
            found[one.number] = {"size": len(one.packet)}
            continue
        found[one.number] = {
            "hex": "".join(shown_bytes(one.packet, parts)), "size": len(one.packet),
            "parts": [[part.at, size, part.name, part.words, int(part.inner)]
                      for part, size in _sized(parts)]}
    return found


def _sized(parts):
    """(Part, bytes to light up): a group of digits reaches to the next, or to its field's end."""
    end = 0
    for at, part in enumerate(parts):
        if not part.inner:
            end = part.at + part.size
        if part.size:
            yield part, part.size
        else:
            after = parts[at + 1].at if at + 1 < len(parts) and parts[at + 1].inner else end
            yield part, max(1, after - part.at)
