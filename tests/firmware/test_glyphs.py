"""The glyph file against Python's GB 2312 codec and against Unifont, and its lookup."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.text.glyphs import Glyphs, codes
from tools import glyphs as maker

RECORDS = list(maker.RECORD.iter_unpack(maker.TARGET.read_bytes()))
ASCII = "".join(map(chr, range(0x20, 0x7F)))
MICROPYTHON = Path(sys.executable).with_name("micropython")

# Every 23rd code point.
SAMPLE = [code for code in range(0x20, 0x10000, 23) if not 0xD800 <= code < 0xE000]
DIGEST_OF_SAMPLE = """
import binascii, hashlib
from firmware.text.glyphs import Glyphs
glyphs, digest = Glyphs(), hashlib.sha256()
for code in range(0x20, 0x10000, 23):
    if not 0xd800 <= code < 0xe000:
        digest.update(glyphs.gb(code))
        digest.update(glyphs.glyph(code))
print(binascii.hexlify(digest.digest()).decode())
"""


def draw(glyphs, char):
    bitmap = glyphs.glyph(ord(char))
    columns = 16 if glyphs.wide(ord(char)) else 8
    return [
        "".join("#" if bitmap[y // 8 * 16 + x] >> y % 8 & 1 else "." for x in range(columns))
        for y in range(16)
    ]


def test_records_are_sorted_and_none_comes_twice():
    codes = [code for code, _, _ in RECORDS]
    assert codes == sorted(set(codes))


def test_every_character_of_gb2312_is_there_with_its_code():
    codes = {chr(code): gb for code, gb, _ in RECORDS}
    listed = [char for char in map(chr, range(0x80, 0x10000)) if is_gb2312(char)]
    assert len(listed) == 7445
    for char in listed:
        assert codes[char].to_bytes(2, "big") == char.encode("gb2312"), char


def is_gb2312(char):
    try:
        return len(char.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def test_ascii_keeps_its_own_code_and_half_the_width():
    glyphs = Glyphs()
    for char in ASCII:
        assert glyphs.gb(ord(char)) == char.encode("ascii")
        bitmap = bytes(glyphs.glyph(ord(char)))
        assert not any(bitmap[8:16] + bitmap[24:32])


@pytest.mark.parametrize(("char", "twin"), [("¥", "￥"), ("·", "・"), ("—", "―")])
def test_characters_in_their_unicode_form_print_as_gb2312_has_them(char, twin):
    assert Glyphs().gb(ord(char)) == twin.encode("gb2312")


def test_only_the_spaces_are_blank():
    assert [chr(code) for code, _, bitmap in RECORDS if not any(bitmap)] == [" ", "\u3000"]


def test_a_chinese_character_is_drawn_in_sixteen_columns():
    assert draw(Glyphs(), "中") == [
        ".......#........",
        ".......#........",
        ".......#........",
        ".......#........",
        "..###########...",
        "..#....#....#...",
        "..#....#....#...",
        "..#....#....#...",
        "..#....#....#...",
        "..#....#....#...",
        "..###########...",
        "..#....#....#...",
        ".......#........",
        ".......#........",
        ".......#........",
        ".......#........",
    ]


def test_a_narrow_drawing_of_a_wide_character_is_centred():
    rows = draw(Glyphs(), "№")
    assert all(row.startswith("....") and row.endswith("....") for row in rows)
    assert any("#" in row for row in rows)


@pytest.mark.parametrize("char", ["\u20ac", "한", "\x1b", "\n", "\U0001f600"])
def test_a_character_that_is_missing_is_a_hollow_box_and_prints_a_question_mark(char):
    glyphs = Glyphs()
    assert glyphs.gb(ord(char)) == b"?"
    rows = [row for row in draw(glyphs, char) if "#" in row]
    assert rows == [".######.", *[".#....#."] * 10, ".######."]


def test_width_counts_two_cells_for_chinese_and_one_for_the_rest():
    assert Glyphs().width("退货 RMB 1.00\u20ac") == 2 * 2 + 9 + 1


@pytest.mark.parametrize("text", ["", "A\x7f", "\xa5\u07ff", "退货\uffff", "a\U0001f600退"])
def test_code_points_are_those_of_the_text(text):
    assert list(codes(text)) == [ord(char) for char in text]


def test_nothing_is_shown_or_printed_for_a_code_never_looked_up():
    assert Glyphs().gb(0) == Glyphs().gb(0xFFFF) == b"?"


def test_more_characters_than_are_kept_are_all_found_right():
    glyphs = Glyphs()
    for code, gb, bitmap in RECORDS[::3]:
        assert glyphs.glyph(code) == bitmap
        assert glyphs.gb(code) == gb.to_bytes(2 if gb > 0xFF else 1, "big")


def test_another_file_can_be_named(tmp_path):
    path = tmp_path / "small.bin"
    path.write_bytes(maker.RECORD.pack(ord("A"), ord("A"), bytes(range(32))))
    glyphs = Glyphs(str(path))
    assert glyphs.glyph(ord("A")) == bytes(range(32))
    assert glyphs.gb(ord("B")) == b"?"


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython in this environment")
def test_micropython_finds_the_same_glyphs():
    digest = hashlib.sha256()
    known = {code: (gb, bitmap) for code, gb, bitmap in RECORDS}
    unknown = bytes(Glyphs().glyph(0x1B))
    for code in SAMPLE:
        gb, bitmap = known.get(code, (ord("?"), unknown))
        digest.update(gb.to_bytes(2 if gb > 0xFF else 1, "big") + bitmap)
    root = maker.TARGET.parents[2]
    printed = subprocess.run(
        [MICROPYTHON, "-c", DIGEST_OF_SAMPLE],
        env={"MICROPYPATH": str(root)}, capture_output=True, text=True, check=True, timeout=120,
    ).stdout
    assert printed.strip() == digest.hexdigest()


@pytest.mark.skipif(not maker.SOURCE.exists(), reason="Debian's package unifont is not installed")
def test_the_file_is_what_unifont_makes():
    assert maker.make() == maker.TARGET.read_bytes()
