"""The key-script language: text in, statements out; nothing is run here.

FORMS is the whole language. A line that no form fits is refused with its file, its line and what
was expected there, so a script that was read is a script that can be played.
"""
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from host_sim.acquirer.scenario import Scenario, ScenarioError
from host_sim.acquirer.scenario import read as read_scenario
from host_sim.bench.keypad import NAMES as KEYS

# Name of the statement -> its form. In a form, small words stand for themselves, a|b is a choice,
# a capital word is a value read by READERS, and a last word with ... may come again and again.
FORMS = {
    "language": "language zh|en",
    "start": "start DATE CLOCK",
    "seed": "seed NUMBER",
    "terminal": "terminal DIGITS",
    "scenario": "scenario NAME",
    "blank": "blank till",
    "ends_anywhere": "ends anywhere",
    "include": "include FILE",
    "repeat": "repeat NUMBER:",
    "end": "end",
    "press": "press KEY...",
    "type": "type DIGITS",
    "choose": 'choose "TEXT"',
    "swipe": "swipe CARD",
    "swipe_badly": "swipe damaged|cut CARD",
    "scan": 'scan "DIGITS"',
    "hold": "hold KEY MILLISECONDS",
    "wait": 'wait "TEXT"',
    "wait_within": 'wait "TEXT" within SPAN',
    "expect_screen": 'expect screen "TEXT"',
    "expect_not_screen": 'expect not screen "TEXT"',
    "expect_paper": 'expect paper "TEXT"',
    "expect_no_paper": "expect no paper",
    "expect_sent": "expect sent MTI NUMBER",
    "expect_nothing_sent": "expect nothing sent",
    "expect_refunded": "expect refunded ORDER FEN",
    "expect_balanced": "expect ledger balanced",
    "mark": "mark",
    "paper": "paper in|out",
    "printer": "printer well|open|cutter|hot|broken|unplugged",
    "power": "power on|off|cycle",
    "clock": "clock forward|back SPAN",
    "flash": "flash full|empty|decay",
    "wire": "wire cut|mend",
    "noise": "wire noise NUMBER",
    "damage": "wire damage NUMBER",
    "host": "host silent|mute|bad-mac|ask-sign-on MTI NUMBER",
    "crash": "host crash before|after MTI",
    "refuse": "host refuse CODE MTI NUMBER",
    "wrong_kcv": "host wrong-kcv",
    "wrong_tmk": "host wrong-tmk",
    "miscount": "host miscount",
    "delay": "host delay SPAN MTI",
    "without": "host without silent|mute|bad-mac|ask-sign-on|crash|refuse|wrong-kcv|miscount|delay "
               "REQUEST",
    "reprint": "host reprints ORDER",
    "pass": "pass SPAN",
}
CARDS = ("credit", "debit", "long", "expired")  # of the sample shop
HEADERS = ("language", "start", "seed", "terminal", "scenario", "blank", "ends_anywhere")
MOST_STATEMENTS = 10_000  # after includes and repeats: a slip of the pen must not hang us

TOKEN = re.compile(r'\s*(?:"(?P<text>[^"]*)"|(?P<open>")|(?P<comment>#.*)|(?P<word>[^\s"#]+))')


class ScriptError(Exception):
    """A script that cannot be read; its text: `file:line: what is wrong and what is expected`."""


@dataclass(frozen=True)
class Statement:
    """One thing to do: `name` of FORMS, its `values` in order, where it stands, and its text."""
    name: str
    values: tuple
    where: str
    text: str


@dataclass(frozen=True)
class Script:
    """A script read to the end, its includes and repeats laid out flat."""
    path: str
    statements: tuple
    language: str = "zh"
    start: datetime = datetime(2026, 3, 16, 9, 30)
    seed: int = 0
    terminal: str | None = None
    scenario: Scenario | None = None
    ends_anywhere: bool = False
    blank: bool = False


def read_script(path):
    """Read the script file at `path` and all that it includes -> Script.

    Raises ScriptError naming file and line; OSError never comes out of here.
    """
    path = Path(path)
    statements = []
    headers = {}
    for statement in _statements(path, (), "the command line"):
        if len(statements) == MOST_STATEMENTS:
            raise ScriptError(f"{statement.where}: more than {MOST_STATEMENTS} statements")
        if statement.name not in HEADERS:
            statements.append(statement)
        elif statements:
            raise ScriptError(f"{statement.where}: {statement.text!r} must stand before the "
                              f"first step of the script")
        else:
            headers.update(_header(statement))
    return Script(str(path), tuple(statements), **headers)


def _header(statement):
    if statement.name == "start":
        return {"start": datetime.combine(*statement.values)}
    if statement.name in ("ends_anywhere", "blank"):
        return {statement.name: True}
    return {statement.name: statement.values[0]}


def _statements(path, open_files, asked_at):
    """Yield the statements of a file, flat; `open_files` are the ones that led here."""
    if path.resolve() in open_files:
        raise ScriptError(f"{asked_at}: {path} includes itself")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        told = reason.strerror if isinstance(reason, OSError) else "not UTF-8 text"
        raise ScriptError(f"{asked_at}: cannot read {path}: {told}") from None
    numbered = ((f"{path}:{number}", line) for number, line in enumerate(lines, 1))
    parsed = (parse_line(line, where) for where, line in numbered)
    return _flat([one for one in parsed if one], path, (*open_files, path.resolve()))


def _flat(parsed, path, open_files):
    """Lay out includes and repeats; `blocks` holds the repeats that are open, innermost last."""
    blocks: list[tuple[Any, list]] = [(None, [])]
    for statement in parsed:
        if statement.name == "include":
            blocks[-1][1].extend(_statements(path.parent / statement.values[0], open_files,
                                             statement.where))
        elif statement.name == "repeat":
            blocks.append((statement, []))
        elif statement.name == "end":
            opening, body = blocks.pop()
            if opening is None:
                raise ScriptError(f"{statement.where}: 'end' without 'repeat NUMBER:'")
            if opening.values[0] * len(body) > MOST_STATEMENTS:
                raise ScriptError(f"{opening.where}: more than {MOST_STATEMENTS} statements")
            blocks[-1][1].extend(body * opening.values[0])
        else:
            blocks[-1][1].append(statement)
    if len(blocks) > 1:
        raise ScriptError(f"{blocks[-1][0].where}: 'repeat' without 'end'")
    return blocks[0][1]


def parse_line(line, where):
    """Read one line -> Statement, or None for an empty line. Raises ScriptError at `where`."""
    tokens = _tokens(line, where)
    if not tokens:
        return None
    verb = tokens[0][0]
    forms = {name: form for name, form in FORMS.items() if form.split()[0] == verb}
    if not forms or tokens[0][1]:
        verbs = dict.fromkeys(form.split()[0] for form in FORMS.values())
        raise ScriptError(f"{where}: {verb!r} is no statement; expected one of: {' '.join(verbs)}")
    furthest = (-1, "")
    for name, form in forms.items():
        values, fault = _fit(form.split(), tokens)
        if fault is None:
            text = " ".join(f'"{text}"' if quoted else text for text, quoted in tokens)
            return Statement(name, tuple(values), where, text)
        furthest = max(furthest, fault, key=lambda one: one[0])
    raise ScriptError(f"{where}: {furthest[1]}; expected: {'  or  '.join(forms.values())}")


def _tokens(line, where):
    """Cut a line into [(text, quoted)], its comment left out."""
    tokens, at = [], 0
    line = line.rstrip()
    while at < len(line):
        found = TOKEN.match(line, at)
        assert found, "no text is without a token"
        if found["open"]:
            raise ScriptError(f"{where}: a quote is not closed")
        if found["comment"]:
            break
        quoted = found["text"] is not None
        tokens.append((found["text"] if quoted else found["word"], quoted))
        at = found.end()
    return tokens


def _fit(form, tokens):
    """Hold tokens against a form -> (values, None), or (None, (how far it got, why not there))."""
    values = []
    for at, word in enumerate(form):
        many = word.endswith("...")
        if at >= len(tokens):
            return None, (at, "the line ends too early")
        for text, quoted in tokens[at:] if many else tokens[at:at + 1]:
            try:
                _take(word.removesuffix("..."), text, quoted, values)
            except ValueError as reason:
                return None, (at, str(reason))
        if many:
            return [tuple(values)], None
    if len(tokens) > len(form):
        return None, (len(form), f"{tokens[len(form)][0]!r} is too much")
    return values, None


def _take(word, text, quoted, values):
    """Read one token as one word of a form; what it means goes into `values`."""
    if quoted != word.startswith('"'):
        raise ValueError(f"{text!r} {'needs no' if quoted else 'must stand in'} quotes")
    kind = word.strip('":')
    if kind in READERS:
        values.append(READERS[kind](text.removesuffix(":") if word.endswith(":") else text))
    elif "|" in word:
        if text not in word.split("|"):
            raise ValueError(f"{text!r} is neither {' nor '.join(word.split('|'))}")
        values.append(text)
    elif text != word:
        raise ValueError(f"{text!r} does not fit")


def _key(text):
    if text not in KEYS:
        raise ValueError(f"{text!r} is no key of the keypad ({' '.join(KEYS)})")
    return text


def _scenario(text):
    try:
        return read_scenario(text)
    except ScenarioError as reason:
        raise ValueError(str(reason)) from None


def _digits(most):
    def read(text):
        if not re.fullmatch(rf"[0-9]{{1,{most}}}", text):
            raise ValueError(f"{text!r} is not 1 to {most} digits")
        return text
    return read


def _whole(most):
    digits = _digits(most)
    return lambda text: int(digits(text))


def _span(text):
    """'90s' or '500ms' -> milliseconds."""
    found = re.fullmatch(r"([0-9]{1,9})(ms|s)", text)
    if not found:
        raise ValueError(f"{text!r} is no span of time like 90s or 500ms")
    return int(found[1]) * (1000 if found[2] == "s" else 1)


def _mti(text):
    if not re.fullmatch(r"[0-9]{4}", text):
        raise ValueError(f"{text!r} is no message type like 0220")
    return text


def _request(text):
    return text if text == "any" else _mti(text)


def _code(text):
    if not re.fullmatch(r"[0-9A-Z]{2}", text) or text in ("00", "09"):
        raise ValueError(f"{text!r} is no code of a refusal like 51 or A0")
    return text


def _card(text):
    if text not in CARDS and not re.fullmatch(r"[0-9]{13,19}=[0-9]{7,18}", text):
        raise ValueError(f"{text!r} is neither a sample card ({' '.join(CARDS)}) nor a track 2")
    return text


def _order(text):
    if not re.fullmatch(r"[0-9A-Za-z-]{1,32}", text):
        raise ValueError(f"{text!r} is no order number")
    return text


def _text(text):
    if not text.strip():
        raise ValueError("the text is empty")
    return text


def _moment(form, shape, part):
    def read(text):
        try:
            return getattr(datetime.strptime(text, form), part)()
        except ValueError:
            raise ValueError(f"{text!r} is not of the form {shape}") from None
    return read


def _date(text):
    day = _moment("%Y-%m-%d", "YYYY-MM-DD", "date")(text)
    if not 2000 <= day.year <= 2099:
        raise ValueError(f"{text!r} is not in the years 2000 to 2099, which the clock chip counts")
    return day


READERS = {
    "KEY": _key, "DIGITS": _digits(32), "NUMBER": _whole(6), "FEN": _whole(12),
    "MILLISECONDS": _whole(9), "SPAN": _span, "MTI": _mti, "ORDER": _order, "TEXT": _text,
    "CARD": _card, "CODE": _code, "REQUEST": _request,
    "FILE": _text, "NAME": _scenario, "DATE": _date,
    "CLOCK": _moment("%H:%M", "HH:MM", "time"),
}
