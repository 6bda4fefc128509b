"""The rules of a replay that is not exact: which field of a message is compared how.

A file of rules is taken whole or refused: a rule that is misspelt would be one that silently does
not hold.
"""
import re
import tomllib
from pathlib import Path

SHIPPED = Path(__file__).with_name("rules.toml")
KINDS = ("same", "form", "mapped", "echo", "ignore")
SIDES = ("reply", "request")
FIELD = re.compile(r"\*|tpdu|header|mti|bitmap|[0-9]{1,2}|62\.(?:[0-9A-F]{4}|PIK|MAK|TDK)")
MTI = re.compile(r"[0-9]{4}")
SHARED = {"11": "STAN", "61": "original", "37": "RRN", "62.DF0D": "token"}  # what is mapped


class RulesError(Exception):
    """A file of rules that cannot be used: file, place, and what is wrong."""


def read(path=SHIPPED):
    """Rules of a TOML file. Raises RulesError."""
    try:
        written = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        told = reason.strerror if isinstance(reason, OSError) else reason
        raise RulesError(f"{path}: {told}") from None
    for side, table in written.items():
        if side not in SIDES or not isinstance(table, dict):
            raise RulesError(f"{path}: {side!r} is neither [reply] nor [request]")
        for key, value in table.items():
            if isinstance(value, dict) and MTI.fullmatch(key):
                for field, kind in value.items():
                    _check(f"{path}: [{side}.{key}]", field, kind)
            else:
                _check(f"{path}: [{side}]", key, value)
    return Rules(written)


def _check(where, field, kind):
    if not FIELD.fullmatch(field):
        raise RulesError(f"{where}: {field!r} is no field like 4, 62.DF04, tpdu or *")
    if kind not in KINDS:
        raise RulesError(f"{where}, {field}: {kind!r} is none of {', '.join(KINDS)}")


class Rules:
    """Holds messages to the file's. What is mapped is remembered as long as this object lives."""

    def __init__(self, written):
        self._written = written
        self._ours, self._theirs = {}, {}

    def kind(self, side, mti, field):
        """How a field is compared: the rule of this MTI, of the side, or of `*`."""
        table = self._written.get(side, {})
        for rules, name in ((table.get(mti, {}), field), (table, field),
                            (table.get(mti, {}), "*"), (table, "*")):
            if isinstance(rules.get(name), str):
                return rules[name]
        return "same"

    def holds(self, side, mti, field, theirs, ours, asked, masked=False):
        """Whether a field of the replay (`ours`) fits the file's; Pieces (tools/replay/fields.py),
        None where it is missing. `asked` is the Piece in our own request."""
        kind = self.kind(side, mti, field)
        if kind == "ignore" or field == "bitmap":
            return True
        if theirs is None or ours is None:
            return False
        if masked:
            kind = "form"
        if kind == "echo" and asked is not None:
            return ours.raw == asked.raw
        if kind == "form":
            return _form(theirs.raw) == _form(ours.raw)
        if kind == "mapped":
            return self.map(SHARED.get(field, field), theirs.raw, ours.raw)
        return theirs.raw == ours.raw

    def map(self, what, theirs, ours):
        """Remember that these two stand for each other; False where one of them stands for
        another already."""
        return (self._ours.setdefault((what, theirs), ours) == ours
                and self._theirs.setdefault((what, ours), theirs) == theirs)

    def ours(self, what, theirs):
        """What stands for a value of the file; the value itself where nothing does."""
        return self._ours.get((what, theirs), theirs)


def _form(raw):
    """Bytes -> what kind each is: text by letter and digit, all else by its length."""
    if not all(0x20 <= byte < 0x7F for byte in raw):
        return len(raw)
    return re.sub("[A-Za-z]", "a", re.sub("[0-9]", "0", raw.decode()))
