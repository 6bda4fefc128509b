"""tools/README.md says what the tools do, no more and no less."""
import io
import re
from pathlib import Path

from host_sim.play.script import FORMS, parse_line
from tools.cli import COMMANDS, main

README = (Path(__file__).parents[2] / "tools" / "README.md").read_text(encoding="utf-8")
KEY_SCRIPTS = README.partition("## Key scripts")[2]


def first_cells(text):
    """The code in the first cell of every row of the tables in a text."""
    return [cell.replace("\\|", "|") for cell in re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)]


def test_every_command_is_in_the_table():
    assert set(first_cells(README.partition("## Key scripts")[0])) == set(COMMANDS)


def test_every_statement_is_in_the_table_in_the_words_of_its_form():
    told = first_cells(KEY_SCRIPTS.partition("## Where")[0])
    assert sorted(told) == sorted(FORMS.values())


def test_the_sample_script_can_be_read():
    sample = re.search(r"```\n(# The refund.*?)```", KEY_SCRIPTS, re.DOTALL)[1]
    assert [one for line in sample.splitlines() if (one := parse_line(line, "README"))]


def test_the_example_of_decode_gives_what_is_shown(monkeypatch, capsys):
    packet, shown = re.search(r"\$ echo (\w+) \| tuidan decode\n(.*?)```", README,
                              re.DOTALL).groups()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(packet.encode() + b"\n")))
    assert main(["decode"]) == 0
    assert capsys.readouterr().out.strip() == shown.strip()
