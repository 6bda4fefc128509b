"""The lists of the terminal in plain lines: what is typed while one is open is its answer."""
import asyncio
import os
import re
import zipfile
from functools import partial

import pytest

from host_sim.face.face import Choice, Face
from host_sim.tui.numbered import Numbered
from host_sim.tui.plain import Plain
from host_sim.tui.words import words
from tests.tools.replay.captures import SCRIPTS
from tools.capture.handing import masked
from tools.capture.run import record_face

LOG_IN = "\n01\n0000\n"
STORY = 'language en\nends anywhere\nwait "ENTER to log in"\npress ENTER\nwait "Operator number"\n'


class Reader:
    """Somebody before the plain terminal; `said` is all that it wrote."""

    def __init__(self, folder, language="en"):
        self.face = Face(Choice("samples", "en"), None, record_face, tills=1)
        self.said = []
        lists = partial(Numbered, self.face, words(language), save=folder, masked=masked,
                        scripts=SCRIPTS)
        self._plain = Plain(self.face, self.said.append, lists=lists)
        self._numbered = self._plain._lists

    @property
    def till(self):
        return next(iter(self.face.site.tills.values()))

    def types(self, *pieces):
        """Text as it is, and (row,) as the number that it has in the list that is open then."""
        async def scene():
            reading, writing = os.pipe()
            running = asyncio.create_task(self._plain.run(reading))
            for piece in pieces:
                os.write(writing, (piece if isinstance(piece, str) else
                                   f"{await self._row(piece[0])}\n").encode())
                for _ in range(3):      # what it makes of it
                    await asyncio.sleep(0)
            os.close(writing)
            await running
            os.close(reading)

        asyncio.run(scene())
        return "\n".join(self.said)

    async def _row(self, text):
        for _ in range(1000):
            found = re.findall(rf"^ *(\d+) {re.escape(text)}", self.said[-1], re.MULTILINE)
            if found:
                return found[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {text!r} in {self.said[-1]}")


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path)


def test_what_is_typed_into_a_list_is_no_key_of_the_terminal(reader):
    reader.types(LOG_IN, "a", ("Faults",), ("0220 refund",), ("is done, its reply lost",),
                 "a", ("Network cable: pulled out",), "a", ("Card slot",), "\n", "a", "99\n")
    done = [statement for _, _, statement in reader.till.deeds]
    assert done == ["power on", *(f"press {key}" for key in (
        "ENTER", "0", "1", "ENTER", "0", "0", "0", "0", "ENTER")), "host mute 0220 1", "wire cut"]
    assert "There is no 99 in this list." in reader.said


def test_a_statement_of_ones_own_and_one_that_is_none(reader):
    told = reader.types("a", ("Type a statement",), "wire noise 3\n",
                        "a", ("Type a statement",), "jump\x7fp high\n")
    assert [statement for _, _, statement in reader.till.deeds][1:] == ["wire noise 3"]
    assert "'jump' is no statement" in told


@pytest.mark.parametrize("name", ["brought.txt", "run.zip"])
def test_a_file_that_somebody_brings_is_played_to_its_end(reader, tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as run:
            run.writestr("script.txt", STORY)
    else:
        path.write_text(STORY)
    told = reader.types("a", ("Key script or saved run",), f"{path}\n")
    assert "the key script has been played to its end" in told and "Operator number" in told


def test_a_file_that_cannot_be_played_is_told_and_nothing_changes(reader, tmp_path):
    saved = tmp_path / "till-10000001.pcapng"
    told = reader.types("a", ("Save the capture",), "a", ("Key script or saved run",),
                        f"{saved}\n", "a", ("Key script or saved run",), f"{tmp_path}/none\n")
    assert "this is a capture: tuidan show and tuidan replay open it" in told
    assert "No such file" in told and reader.face.generation == 1


def test_another_scenario_a_story_and_what_can_be_tried(reader):
    told = reader.types("a", ("Watch a story",), ("declined:",))
    assert "has been played to its end" in told
    other = Reader(".")
    told = other.types("a", ("To try",), "a", ("Scenario",), ("review_day",), ("English",))
    assert "order 20260004 ENTER" in told
    assert other.face.choice == Choice("review_day", "en")
    assert [statement for _, _, statement in other.till.deeds] == ["power on"]
