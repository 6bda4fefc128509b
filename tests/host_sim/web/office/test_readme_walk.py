"""The walk through the back office in the README names what is on the pages and on the terminal."""

import re
from pathlib import Path

from host_sim.web.office.words import words

ROOT = Path(__file__).parents[4]


def test_everything_the_walk_presses_is_there():
    chapter = (ROOT / "README.md").read_text().split("## The back office")[1].split("\n## ")[0]
    lines = (ROOT / "firmware" / "text" / "en.txt").read_text().splitlines()
    said = {*words("en").values(), *(line.partition("=")[2] for line in lines)}
    pressed = re.findall(r"\*\*([^*]+)\*\*", chapter)
    assert len(pressed) > 20
    assert [text for text in pressed if " ".join(text.split()) not in said] == []
