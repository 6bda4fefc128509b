"""Pictures of screens and receipts, checked dot by dot where it matters."""

from hashlib import sha256

import pytest
from PIL import Image, ImageColor

from host_sim.bench.printer import Line
from host_sim.bench.qr import modules
from host_sim.show import pictures
from host_sim.show.pictures import contact_sheet, draw_paper, draw_screen

INNER = pictures.LCD_MARGIN + pictures.LCD_FRAME
UNLIT, LIT = map(ImageColor.getrgb, pictures.LCD_DOT)
PAPER_LEFT = 2 * pictures.PAPER_MARGIN
PAPER_TOP = pictures.PAPER_MARGIN // 2 + pictures.PAPER_MARGIN


def dot(picture, x, y):
    scale = pictures.LCD_SCALE
    return picture.getpixel((INNER + x * scale, INNER + y * scale))


def ink(picture):
    """Mask of what is much darker than paper."""
    return picture.convert("L").point(lambda value: 255 if value < 100 else 0)


def darkness(picture):
    return sum(ink(picture).histogram()[1:])


def test_each_dot_of_the_screen_is_lit_where_its_bit_is_set():
    lit = {(0, 0), (127, 0), (5, 13), (64, 32), (127, 63)}
    pixels = bytearray(1024)
    for x, y in lit:
        pixels[y // 8 * 128 + x] |= 1 << y % 8
    picture = draw_screen(bytes(pixels))
    assert picture.size == (128 * 3 + 2 * INNER, 64 * 3 + 2 * INNER)
    for y in range(64):
        for x in range(128):
            assert dot(picture, x, y) == (LIT if (x, y) in lit else UNLIT)


def test_a_screen_of_another_size_is_refused():
    with pytest.raises(ValueError, match="100 bytes"):
        draw_screen(bytes(100))


def test_a_contact_sheet_shows_the_screens_in_order():
    screens = [bytes([1 << number]) + bytes(1023) for number in range(4)]
    sheet = contact_sheet(screens, columns=3)
    width, height = draw_screen(screens[0]).size
    gap = pictures.SHEET_GAP
    assert sheet.size == (3 * width + 4 * gap, 2 * height + 3 * gap)
    for number, pixels in enumerate(screens):
        left, top = gap + number % 3 * (width + gap), gap + number // 3 * (height + gap)
        shown = sheet.crop((left, top, left + width, top + height))
        assert shown.tobytes() == draw_screen(pixels).tobytes()


def test_fewer_screens_than_columns_leave_no_empty_place():
    assert contact_sheet([bytes(1024)]).width < 2 * draw_screen(bytes(1024)).width


def test_a_contact_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no screens"):
        contact_sheet([])


def test_full_lines_fill_384_dots_and_no_more():
    picture = draw_paper([Line("退" * 16), Line("M" * 32), Line("M" * 16, double=True)])
    left, _, right, _ = ink(picture).getbbox()
    assert PAPER_LEFT <= left < PAPER_LEFT + 12
    assert PAPER_LEFT + 384 - 12 <= right <= PAPER_LEFT + 384


def test_double_size_is_twice_as_wide_and_high():
    def extent(line):
        left, top, right, bottom = ink(draw_paper([line])).getbbox()
        return right - left, bottom - top

    width, height = extent(Line("退货"))
    double = extent(Line("退货", double=True))
    assert double == (pytest.approx(2 * width, abs=3), pytest.approx(2 * height, abs=3))


def test_bold_takes_more_ink():
    assert darkness(draw_paper([Line("退货", bold=True)])) > 1.2 * darkness(
        draw_paper([Line("退货")])
    )


@pytest.mark.parametrize(
    ("align", "left"), [("left", 0), ("centre", 192 - 24), ("right", 384 - 48)]
)
def test_a_line_stands_where_it_is_aligned(align, left):
    def characters(line, left):
        box = (PAPER_LEFT + left, PAPER_TOP, PAPER_LEFT + left + 48, PAPER_TOP + 24)
        return draw_paper([line]).crop(box).tobytes()

    assert characters(Line("退货", align=align), left) == characters(Line("退货"), 0)


def test_a_cut_parts_the_paper_into_slips():
    lines = [Line("商户存根"), Line("持卡人存根")]
    whole, cut = draw_paper(lines), draw_paper(lines, cuts=[1])
    assert cut.height == whole.height + 2 * pictures.PAPER_MARGIN
    assert draw_paper(lines, cuts=[1, 2]).tobytes() == cut.tobytes()


def test_a_character_without_a_glyph_is_drawn_as_a_question_mark():
    assert draw_paper([Line("\u20ac")]).tobytes() == draw_paper([Line("?")]).tobytes()


def test_no_paper_yet_is_still_a_picture():
    assert isinstance(draw_paper([]), Image.Image)


def test_a_qr_code_stands_in_the_middle_module_by_module():
    """Its modules were read by another program once (zxing-cpp); this holds them."""
    rows = modules("https://refund.example/607509000022", "M")
    kept = sha256(bytes(module for row in rows for module in row)).hexdigest()
    assert (len(rows), kept[:16]) == (29, "8f687f7d958daadb")
    picture = ink(draw_paper([Line("https://refund.example/607509000022", align="centre", qr=4,
                                   level="M")]))
    left = PAPER_LEFT + (pictures.PAPER_DOTS - 29 * 4) // 2
    top = PAPER_TOP + pictures.LINE_DOTS // 2
    drawn = tuple(tuple(bool(picture.getpixel((left + 4 * x + 2, top + 4 * y + 2)))
                        for x in range(29)) for y in range(29))
    assert drawn == rows
