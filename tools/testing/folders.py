"""Regression tests out of captures: a folder that `tuidan record-test` made is a test.

Its replay.toml says what is replayed how, and which differences are known; a difference more or
less fails.
"""
import tomllib

import pytest

from tools.mpy import on_micropython
from tools.replay import report
from tools.replay.command import replay_file


class ReplayFolder(pytest.File):
    def collect(self):
        told = tomllib.loads(self.path.read_text(encoding="utf-8"))
        for end in told["against"]:
            yield ReplayTest.from_parent(self, name=end, told=told)


class ReplayTest(pytest.Item):
    def __init__(self, told, **arguments):
        super().__init__(**arguments)
        self._told = told

    def runtest(self):
        folder, told = self.path.parent, self._told
        rules = folder / told["rules"] if "rules" in told else None
        more = {"world": on_micropython()} if (
            self.config.option.tuidan_micropython and self.name == "terminal") else {}
        result = replay_file(folder / told["capture"], self.name, not rules, rules=rules, **more)
        known = [one for one in told["differences"] if one.split()[0] == self.name]
        found = [short(one) for one in result.differences]
        if found != known or result.packets != told["packets"][self.name]:
            raise Parted(result, known)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, Parted):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"replay against the {self.name}"


class Parted(Exception):
    """The replay went another way than when the folder was made."""

    def __init__(self, result, known):
        expected = f"known differences: {', '.join(known)}" if known else "no difference was known"
        super().__init__("\n".join([*report.text(result), expected]))


def short(one):
    """A Difference as replay.toml names it: end, packet, field."""
    return f"{one.against} {one.number or '-'} {one.field}"
