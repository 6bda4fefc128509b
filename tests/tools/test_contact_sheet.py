"""The contact sheet: a script is followed in both languages, and what no script showed is named."""

from pathlib import Path

import pytest
from PIL import Image

from tools import contact_sheet
from tools.cli import main

SCRIPTS = Path(__file__).parents[1] / "scripts"


def test_a_script_shows_its_screens_in_both_languages():
    sheets = contact_sheet.make([SCRIPTS / "refund_part.txt", SCRIPTS / "help_english.txt"])
    assert [sheet.lost for sheet in sheets.values()] == [[], []]
    zh, en = (["".join(rows) for rows in sheets[one].pictures] for one in ("zh", "en"))
    assert any("退款成功" in screen for screen in zh) and any("Approved" in screen for screen in en)
    assert any("帮助" in screen for screen in zh) and any("Help" in screen for screen in en)
    missing = contact_sheet.unshown(sheets)
    assert "approved.title" not in missing and "help.balance" not in missing
    assert "sale.approved.title" in missing and "flows.wipe.run" in contact_sheet.untaken(sheets)


def test_one_command_makes_pictures_of_sixty_screens_at_most_in_each_language(tmp_path, capsys):
    assert main(["contact-sheet", "-o", str(tmp_path / "new"), str(SCRIPTS / "echo.txt")]) == 1
    for language in ("zh", "en"):
        with Image.open(tmp_path / "new" / f"screens-{language}-01.png") as picture:
            assert picture.width > 1000 and 300 < picture.height < 1600
    told = capsys.readouterr().out
    assert "texts that no script showed: " in told and " sale.title" in told
    assert "menu entries that no script took: " in told and "flows.wipe.run" in told


def test_a_script_that_cannot_be_read_is_said_in_one_line(tmp_path, capsys):
    assert main(["contact-sheet", "-o", str(tmp_path), str(tmp_path / "none.txt")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "none.txt: No such file" in told


@pytest.fixture(scope="module")
def sheets():
    return contact_sheet.make(sorted(SCRIPTS.glob("*.txt")))


def test_scripts_show_every_text_and_take_every_menu_entry_in_both_languages(sheets):
    assert [sheet.lost for sheet in sheets.values()] == [[], []]
    assert contact_sheet.unshown(sheets) == [] == contact_sheet.untaken(sheets)
    shown = sheets["zh"].ids | sheets["en"].ids
    assert not shown & {one for ids in contact_sheet.NEVER for one in ids.split()}
    assert sheets["zh"].ids == sheets["en"].ids
