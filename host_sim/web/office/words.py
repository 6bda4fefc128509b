"""What the back office says, in English and Chinese (texts/), and what codes mean in words.

States, reasons, rules, failures and refusals are codes in the database; whoever reads a page reads
words.
"""

import re
from functools import cache
from pathlib import Path

from host_sim.acquirer.money import yuan
from host_sim.office import schema

LANGUAGES = ("en", "zh")
HERE = Path(__file__).parent / "texts"
_CLEARED = re.compile(r"\d{4}-\d\d-\d\d($| )")


class Words(dict):
    """The texts in one language; `language` is its name."""

    language = "en"

    def state(self, name) -> str:
        return self["state_" + name.replace(" ", "_")]

    def reason(self, code) -> str:
        return self["reason_" + code] if code else self["not_said"]

    def type(self, name) -> str:
        return self["type_" + name.replace("-", "_")]

    def channel(self, name) -> str:
        return self["channel_" + name]

    def count(self, number) -> str:
        return self["count_one"] if number == 1 else self["count"].format(f"{number:,}")

    def reasons(self):
        return [(code, self.reason(code)) for code in schema.REASONS]

    def types(self):
        return [(name, self.type(name)) for name in (schema.ON_SITE, schema.ONLINE)]

    def channels(self):
        return [(name, self.channel(name)) for name in (schema.TILL, schema.OFFICE, schema.API)]

    def roles(self):
        return [(name, self["role_" + name]) for name in ("clerk", "reviewer", "administrator")]

    def value(self, field, text) -> str:
        """A corrected field's value in words."""
        if field == "reason" and text in schema.REASONS:
            return self.reason(text)
        return self.type(text) if field == "type" and text else text or "–"

    def failed(self, name) -> str:
        return self["failure_" + name.replace(" ", "_")] if name else "–"

    def rules(self, told) -> list[str]:
        """The rules of risk that held a refund; one that has no words here as it stands."""
        return [self._rule(one.strip()) for one in (told or "").split(";") if one.strip()]

    def _rule(self, told):
        at_till, name = told.startswith("at the till: "), told.removeprefix("at the till: ")
        words = self.get("rule_" + name, name)
        return self["at_the_till"].format(words) if at_till else words

    def person(self, name) -> str:
        """An account, or what acts in its place: a till's operator, the bank, an integrator."""
        if not name:
            return "–"
        kind, _, rest = name.partition(" ")
        if kind == "till" and "/" in rest:
            terminal, operator = rest.split("/", 1)
            if not operator.isdigit():  # it was not told
                return self["person_till_alone"].format(terminal)
            return self["person_till"].format(terminal, operator)
        if kind == "api":
            return self["person_api"].format(rest)
        return self.get("person_" + name, name)

    def said(self, note) -> str:
        """A step's note: what a person wrote, or what the clearing names: its day, a failure."""
        if not _CLEARED.match(note):
            return self.get("said_" + note, note) if note else ""
        day, _, why = note.partition(" ")
        told = self["clearing_of"].format(day)
        return f"{told}: {self.get('said_' + why, why)}" if why else told

    def event(self, name) -> str:
        """What the audit calls something."""
        if name.startswith("refund ") and "state_" + name[7:].replace(" ", "_") in self:
            return self["refund_became"].format(self.state(name[7:]))
        return self.get("event_" + name.replace(" ", "_"), name)

    def subject(self, told) -> str:
        """What a row of the audit is about: "refund 3", "account anna"."""
        kind, _, which = told.rpartition(" ")
        words = self.get("subject_" + (kind or which).replace(" ", "_"))
        return words.format(which) if words else told

    def source(self, told) -> str:
        return self.get("source_" + told.replace(" ", "_"), told)

    def column(self, name) -> str:
        return self.get("column_" + name, name)

    def changed(self, name, value) -> str:
        """A value of a row of the audit."""
        if value is None or value == "":
            return "–"
        if name in ("state", "role") and f"{name}_{value}".replace(" ", "_") in self:
            return self[f"{name}_{value}".replace(" ", "_")]
        if name == "amount_fen":
            return yuan(value)
        if name == "failure":
            return self.failed(value)
        return self.value(name, str(value))

    def size(self, size) -> str:
        return f"{size / 1024:,.0f} KB" if size >= 1024 else f"{size} B"

    def date8(self, text) -> str:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"

    def explain(self, found) -> str:
        """What a refund waits for, and what to do."""
        return self["explain_" + found.state.replace(" ", "_")]

    def customer_state(self, row) -> str:
        told = self["customer_" + row.state.replace(" ", "_")]
        return told + (" " + self.failed(row.failure) if row.state == "failed" else "")

    def refusal(self, code, detail="") -> str:
        """Why something was refused, and what it is about."""
        told = self["refused_" + code]
        if code == "WRONG_VALUE":
            return f"{told} {self.get('value_' + detail, detail)}"
        return told


def words(language) -> Words:
    """Words in "zh", or else in English."""
    return _read(language if language in LANGUAGES else LANGUAGES[0])


@cache
def _read(language):
    lines = (HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.partition("=") for line in lines if line and not line.startswith("#"))
    made = Words({name: text for name, _, text in rows})
    made.language = language
    return made
