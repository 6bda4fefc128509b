"""A replay's result as text, JSON, JUnit XML and a page: the same differences, told four ways."""
from html import escape
from string import Template
from typing import NamedTuple
from xml.etree import ElementTree

SHOWN = 20              # differences of a text
BYTES_SHOWN = 64        # hex digits of a side in a text
CUT = "up to its fault only:"


class Result(NamedTuple):
    """`how` is "exact" or "by rules"; `against` the ends replayed; `packets` how many were put in
    and compared; `differences` in order of time, `more` that were only counted; `left_out` why
    something was not replayed, one sentence each."""
    file: str
    how: str
    against: tuple
    packets: int
    differences: list
    more: int
    left_out: list
    cut: str | None     # where and why the file could not be read on


def as_json(result):
    """An object for JSON."""
    return {"file": result.file, "how": result.how, "against": list(result.against),
            "packets": result.packets,
            "differences": [_plain(one) for one in result.differences],
            "more": result.more, "left_out": result.left_out, "cut": result.cut}


def _plain(one):
    told = one._asdict()
    del told["at_us"]
    return {"time": f"{one.moment:%Y-%m-%dT%H:%M:%S.%f}"} | told


def text(result):
    """Lines for a person."""
    for one in result.differences[:SHOWN]:
        yield from _told(one)
    more = len(result.differences) + result.more - SHOWN
    if more > 0:
        yield f"... and {more} more, which --json lists"
    if len(result.differences) > 1:
        yield "The first is where to look: what comes after it may follow from it."
    for sentence in result.left_out:
        yield f"not replayed: {sentence}"
    if result.cut:
        yield f"the file is read {CUT} {result.cut}"
    yield headline(result)


def is_empty(result):
    """Whether nothing of the file could be replayed: no difference then says nothing."""
    return not (result.packets or result.differences)


def headline(result):
    """The result in a line."""
    if is_empty(result):
        return f"nothing to compare: {result.file} against the {' and '.join(result.against)}, " \
               f"{result.how}"
    count = len(result.differences) + result.more
    ends = " and ".join(result.against)
    packets = f"{result.packets} packet{'' if result.packets == 1 else 's'}"
    return (f"{count or 'no'} difference{'' if count == 1 else 's'}: {packets} of "
            f"{result.file} against the {ends}, {result.how}")


def summary(one):
    """A Difference in a line."""
    number = f", packet {one.number}" if one.number else ""
    return f"{one.moment:%H:%M:%S.%f} {one.who}{number}: {one.message}: {_field(one)}"


def _field(one):
    if one.field == "message":
        return one.name
    name = f"F{one.field}" if one.field[:1].isdigit() else one.field
    words = f" {one.name}" if one.name and one.name.lower() != one.field else ""
    return name + words + (f", at byte {one.at}" if one.at is not None else "")


def _told(one):
    yield summary(one)
    for side, value, raw in (("file", one.expected, one.expected_bytes),
                             ("replay", one.actual, one.actual_bytes)):
        dump = f"   [{raw[:BYTES_SHOWN]}{'...' if len(raw) > BYTES_SHOWN else ''}]" if raw else ""
        yield f"    {side:7} {'-' if value is None else value}{dump}"


def junit(result):
    """JUnit XML as bytes: a case for each end, which fails by its first difference."""
    suite = ElementTree.Element("testsuite", name="tuidan replay")
    failures = 0
    for end in result.against:
        case = ElementTree.SubElement(suite, "testcase", classname=result.file,
                                      name=f"replay against the {end}")
        found = [one for one in result.differences if one.against == end]
        if found:
            failures += 1
            failure = ElementTree.SubElement(case, "failure", message=_clean(summary(found[0])))
            failure.text = _clean("\n".join(line for one in found[:SHOWN] for line in _told(one)))
    error = f"read {CUT} {result.cut}" if result.cut else \
        "nothing to compare" if is_empty(result) else ""
    if error:
        case = ElementTree.SubElement(suite, "testcase", classname=result.file, name="the file")
        ElementTree.SubElement(case, "error", message=_clean(error))
    if result.left_out:
        ElementTree.SubElement(suite, "system-out").text = _clean(
            "\n".join(f"not replayed: {sentence}" for sentence in result.left_out))
    suite.set("tests", str(len(result.against) + bool(error)))
    suite.set("failures", str(failures))
    suite.set("errors", str(int(bool(error))))
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)


def _clean(words):
    """Without what XML cannot hold."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in words)


PAGE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; color: #222 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3em .6em;
border-bottom: 1px solid #ddd; vertical-align: top } td.v { font-family: ui-monospace, monospace;
overflow-wrap: anywhere } .bad { color: #a40000 } .good { color: #22651a }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd }
th, td { border-color: #444 } .bad { color: #ff8a80 } .good { color: #9ccc8f } }
</style>
<h1>Replay of $file</h1><p class="$mood">$headline</p>$cut$left_out$table</html>
""")
COLUMNS = ("time", "packet", "who", "message", "field", "file", "replay")


def html(result):
    """One self-contained page."""
    rows = "".join(_row(one) for one in result.differences)
    heads = "".join(f"<th>{name}</th>" for name in COLUMNS)
    left_out = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.left_out)
    return PAGE.substitute(
        title=escape(f"Replay of {result.file}"), file=escape(result.file),
        mood="bad" if rows or result.cut or is_empty(result) else "good",
        headline=escape(headline(result)),
        cut=f'<p class="bad">Read {CUT} {escape(result.cut)}</p>' if result.cut else "",
        left_out=f"<p>Not replayed:</p><ul>{left_out}</ul>" if left_out else "",
        table=f"<table><tr>{heads}</tr>{rows}</table>" if rows else "")


def _row(one):
    cells = (f"{one.moment:%H:%M:%S.%f}", one.number or "", one.who, one.message, _field(one))
    sides = ((one.expected, one.expected_bytes), (one.actual, one.actual_bytes))
    return ("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
            + "".join(f'<td class="v">{_side(*side)}</td>' for side in sides) + "</tr>")


def _side(value, raw):
    return "-" if value is None else escape(value) + (f"<br><small>{raw}</small>" if raw else "")
