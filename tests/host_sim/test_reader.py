"""The screen reader: what is drawn pixel for pixel is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_sim.bench.reader import CELLS, COLUMNS, ROW_BYTES, UNREADABLE, Reader
from tools.glyphs import RECORD, TARGET

GLYPHS = {
    chr(code): (gb > 0xFF, bitmap)
    for code, gb, bitmap in RECORD.iter_unpack(TARGET.read_bytes())
}
READER = Reader()


def draw(pixels, cell, row, text, invert=0):
    """Put the text's glyphs into the pixels; `invert` is 0 or 0xFF."""
    for char in text:
        wide, bitmap = GLYPHS[char]
        columns = 16 if wide else 8
        for half in (0, 1):
            at = row * ROW_BYTES + half * COLUMNS + 8 * cell
            piece = bitmap[16 * half : 16 * half + columns]
            pixels[at : at + columns] = bytes(byte ^ invert for byte in piece)
        cell += columns // 8


def screen(*rows):
    pixels = bytearray(4 * ROW_BYTES)
    for number, text in enumerate(rows):
        draw(pixels, 0, number, text)
    return pixels


def first_of_its_look():
    """Each glyph's first character in code order: А reads as Α, and blank reads as spaces."""
    looks = {}
    for char, look in GLYPHS.items():
        looks.setdefault(look, char)
    return sorted(set(looks.values()) - {"\u3000"})


def cut_to_fit(text):
    cells = 0
    for place, char in enumerate(text):
        cells += 2 if GLYPHS[char][0] else 1
        if cells > CELLS:
            return text[:place]
    return text


CHARACTERS = first_of_its_look()
rows_of_text = st.text(st.sampled_from(CHARACTERS), max_size=CELLS).map(cut_to_fit)
SCREENS = st.lists(rows_of_text, min_size=4, max_size=4)


@given(SCREENS)
def test_what_is_drawn_is_read(rows):
    assert READER.rows(screen(*rows)) == [row.rstrip() for row in rows]


@given(SCREENS)
def test_inverted_rows_are_read_the_same(rows):
    pixels = bytes(byte ^ 0xFF for byte in screen(*rows))
    assert READER.rows(pixels) == [row.rstrip() for row in rows]


def test_every_character_is_read_upright_and_inverted():
    for char in CHARACTERS:
        pixels = screen("A" + char + "B")
        draw(pixels, 0, 1, "A" + char + "B", invert=0xFF)
        assert READER.rows(pixels)[:2] == ["A" + char + "B"] * 2


def test_an_inverted_word_within_a_row_is_read_with_the_rest():
    pixels = screen("1.退货  2.结算")
    draw(pixels, 8, 0, "2.结算", invert=0xFF)
    assert READER.rows(pixels)[0] == "1.退货  2.结算"


def test_chinese_may_begin_at_any_cell():
    for cell in range(CELLS - 1):
        pixels = bytearray(4 * ROW_BYTES)
        draw(pixels, cell, 2, "单")
        assert READER.rows(pixels) == ["", "", " " * cell + "单", ""]


def test_blank_and_dark_screens_are_four_empty_rows():
    assert READER.rows(bytes(1024)) == [""] * 4
    assert READER.rows(b"\xff" * 1024) == [""] * 4


def test_a_single_wrong_pixel_makes_the_character_unreadable():
    pixels = screen("退货OK")
    pixels[3] ^= 0x10
    assert READER.rows(pixels)[0] == UNREADABLE * 2 + "货OK"


def test_a_glyph_one_column_off_is_not_read():
    pixels = screen("退货")
    pixels[1:17], pixels[129:145] = pixels[0:16], pixels[128:144]
    assert UNREADABLE in READER.rows(pixels)[0]


def test_the_box_of_a_missing_character_is_unreadable():
    pixels = screen("A")
    pixels[8:16] = b"\x00\xfc\x04\x04\x04\x04\xfc\x00"
    pixels[136:144] = b"\x00\x3f\x20\x20\x20\x20\x3f\x00"
    assert READER.rows(pixels)[0] == "A" + UNREADABLE


def test_a_screen_of_another_size_is_refused():
    with pytest.raises(ValueError, match="1023 bytes"):
        READER.rows(bytes(1023))
