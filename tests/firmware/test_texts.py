"""The operator's words: the same ids in both languages, and nothing that the screen would cut."""

import re
from pathlib import Path

import pytest

from firmware import screens
from firmware.text.glyphs import Glyphs
from firmware.text.texts import LANGUAGES, Texts
from protocol.reference.tables import CODES

FIRMWARE = Path(__file__).parents[2] / "firmware"


def all_texts(language):
    """{id: text} as the terminal would give each."""
    texts = Texts(language)
    lines = (FIRMWARE / "text" / f"{language}.txt").read_text().splitlines()
    ids = [line.split("=")[0] for line in lines if not line.startswith("#")]
    assert len(ids) == len(set(ids))
    return {text_id: texts[text_id] for text_id in ids}


ZH, EN = all_texts("zh"), all_texts("en")
WIDEST = {
    "amount": "99999999.99", "left": "99999999.99", "code": "A0", "number": "01", "count": "8",
    "tries": "2", "most": "6", "order": "20260316000123456789", "rrn": "123456789012",
    "kind": "消费撤销", "product": "商品", "reason": "金额错/重复", "quantity": "9999",
    "card": "622202******1234", "date": "20260316", "voucher": "000123", "state": "record lost",
    "note": "goods came back", "time": "09:30", "terminal": "10000001",
    "service": "400-000-0000", "minutes": "30", "used": "9999", "digits": "6",
    "first": 31, "second": 31, "merchant": "898110070110001",
    "batch": "000101", "found": "400",
    "limit": "999999.99", "value": "999999.99", "off": "no limit", "name": "Supervisor",
}  # fmt: skip
# Shown on one row: titles beside a page number, idle rows, menu entries behind pointer and digit.
TITLE = re.compile(r"\.title$|\.failed$")
ROWS = re.compile(r"^idle\.|^test\.(press|twice|by_)")
MENU = re.compile(r"^menu\.(?!title)|^reason\.(?!title)|^amount\.(full|part)$"
                  r"|^limit\.(?!title|fen|number|clock|done)"
                  r"|^test\.(keypad|screen|paper|flash|clock|link|results)$")
# A prompt leaves the last row to what is typed.
PROMPT = re.compile(r"^log_in\.(number|password)$|supervisor\.password|(order|amount|find)\.enter"
                    r"|^password\.(old|new|again)$|^limit\.(fen|number|clock)$")
SHOWN = re.compile(r"^(signature|approved|sending|again)\.body$|^printer\.(?!title)|connecting")
# The same of the records: titles, entries, prompts, and a result, which stands behind a number.
RECORDS = (
    (re.compile(r"^correct\.(reason|anew)$"), 12),
    (re.compile(r"^correct\.(amount|order|double|same|another)$"), 13),
    (re.compile(r"^reprint\.(merchant|customer|both)$|^action\."), 13),
    (re.compile(r"^search\.(voucher|order|amount|date|result|approved)$"), 13),
    (re.compile(r"^state\."), 9),
)
ONE_PAGE = ((PROMPT, 2), (SHOWN, 3), (re.compile(r"^search\.by_"), 2),
            (re.compile(r"^reprint\.printing"), 3))  # fmt: skip
ROOM = ((TITLE, 12), (ROWS, 16), (MENU, 13), *RECORDS)


@pytest.fixture(scope="module")
def glyphs():
    return Glyphs()


@pytest.fixture(params=LANGUAGES)
def texts(request):
    return all_texts(request.param)


def test_both_languages_have_the_same_texts_with_the_same_values():
    def values(text):
        return sorted(re.findall(r"{(\w+)}", text))

    assert ZH.keys() == EN.keys()
    differing = [i for i in ZH if values(ZH[i]) != values(EN[i])]
    assert differing == []


def test_every_response_code_has_words(texts):
    told = [code for code in CODES if code != "00"]
    assert [code for code in told if "code." + code not in texts] == []


def test_id_that_is_not_there_is_an_error():
    assert "code.00" not in Texts("zh")
    with pytest.raises(KeyError):
        Texts("zh")["code.00"]


def test_titles_and_menu_entries_fit_one_row(texts, glyphs):
    too_wide = {}
    for text_id, text in texts.items():
        width = glyphs.width(text.format(**WIDEST))
        room = [cells for pattern, cells in ROOM if pattern.search(text_id)]
        if room and width > room[0]:
            too_wide[text_id] = (width, text)
    assert too_wide == {}


def test_what_stands_on_one_page_fits_it(texts, glyphs):
    ui = screens.Screens(None, None, None, glyphs, texts)
    for text_id, text in texts.items():
        rows = [most for pattern, most in ONE_PAGE if pattern.search(text_id)]
        if rows:
            assert len(ui.wrap(text.format(**WIDEST))) <= rows[0], text_id


def test_every_message_fits_two_pages_and_no_word_is_cut(texts, glyphs):
    ui = screens.Screens(None, None, None, glyphs, texts)
    for text_id, text in texts.items():
        if text_id.startswith("voucher."):
            continue
        rows = ui.wrap(text.format(**WIDEST))
        assert len(rows) <= 2 * screens.BODY_ROWS, text_id
        for row in rows:
            fits = glyphs.width(row) <= screens.COLUMNS
            assert fits or "20260316000123456789" in row or "622202" in row, (text_id, row)


def test_no_message_leaves_a_row_alone_on_a_second_page(texts, glyphs):
    ui = screens.Screens(None, None, None, glyphs, texts)
    usual = WIDEST | {"order": "20260004", "limit": "300.00"}
    usual |= dict.fromkeys(("amount", "left", "value"), "520.00")
    lines = {text_id: len(ui.wrap(text.format(**usual))) for text_id, text in texts.items()}
    not_by_itself = ("voucher.", "sale.voucher.", "help.", "test.glyphs", "settle.later")
    alone = [one for one in lines if lines[one] == screens.BODY_ROWS + 1]
    assert [one for one in alone if not one.startswith(not_by_itself)] == []


def test_voucher_lines_are_not_broken_by_the_printer(texts, glyphs):
    long = [t for i, t in texts.items() if i.startswith("voucher.")
            and max(glyphs.width(line) for line in t.split("\n")) > 32]  # fmt: skip
    assert long == []


def test_every_character_has_a_glyph(texts, glyphs):
    used = set("".join(texts.values())) - {"\n", "?"}
    assert {char for char in used if glyphs.gb(ord(char)) == b"?"} == set()


def test_every_text_is_used_somewhere():
    files = [path for path in FIRMWARE.rglob("*.py") if path.parent.name != "text"]
    source = "".join(path.read_text() for path in files)
    told = {i: i.removeprefix("sale.") for i in ZH}  # a sale's own words for what is said anyway
    unused = [
        i for i in ZH if f'"{i}"' not in source and f'"{told[i]}"' not in source
        and not told[i].startswith(("code.", "printer."))
    ]
    assert unused == []
