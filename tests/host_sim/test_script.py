"""The key-script language: what it reads, and how it says no."""
from datetime import datetime

import pytest

from host_sim.play.script import FORMS, ScriptError, parse_line, read_script


def script(tmp_path, text, name="a.txt"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path, text):
    return read_script(script(tmp_path, text))


def refusal(tmp_path, text):
    with pytest.raises(ScriptError) as caught:
        read(tmp_path, text)
    return str(caught.value)


@pytest.mark.parametrize("line, name, values", [
    ("press 1 2 ENTER", "press", (("1", "2", "ENTER"),)),
    ("type 20260001", "type", ("20260001",)),
    ("hold ENTER 500", "hold", ("ENTER", 500)),
    ('wait "退货 # 1"  # a comment', "wait", ("退货 # 1",)),
    ('choose "Sign on"', "choose", ("Sign on",)),
    ('wait "a" within 90s', "wait_within", ("a", 90_000)),
    ('expect not screen "密码"', "expect_not_screen", ("密码",)),
    ("expect sent 0220 1", "expect_sent", ("0220", 1)),
    ("expect refunded 20260001 1250", "expect_refunded", ("20260001", 1250)),
    ("expect no paper", "expect_no_paper", ()),
    ("power cycle", "power", ("cycle",)),
    ("wire noise 40", "noise", (40,)),
    ("wire cut", "wire", ("cut",)),
    ("host delay 70s 0220", "delay", (70_000, "0220")),
    ("host silent 0220 2", "host", ("silent", "0220", 2)),
    ("host without bad-mac any", "without", ("bad-mac", "any")),
    ("pass 500ms", "pass", (500,)),
])
def test_statement_is_read_to_its_values(line, name, values):
    statement = parse_line(line, "here:1")
    assert (statement.name, statement.values, statement.where) == (name, values, "here:1")


@pytest.mark.parametrize("line", ["", "   ", "# only a comment", "   # and another"])
def test_empty_and_comment_lines_are_nothing(line):
    assert parse_line(line, "here:1") is None


@pytest.mark.parametrize("line, told", [
    ("knock twice", "'knock' is no statement; expected one of: language start"),
    ("press", "the line ends too early; expected: press KEY..."),
    ("press 1 OK", "'OK' is no key of the keypad (1 2 3"),
    ("type 12a", "'12a' is not 1 to 32 digits"),
    ("wait 退货", "'退货' must stand in quotes"),
    ('press "1"', "'1' needs no quotes"),
    ('wait "退货', "a quote is not closed"),
    ('wait ""', "the text is empty"),
    ('wait "a" within 90', "'90' is no span of time like 90s or 500ms"),
    ('wait "a" b', "'b' is too much"),
    ("mark here", "'here' is too much; expected: mark"),
    ("power out", "'out' is neither on nor off nor cycle"),
    ("host silent 220 1", "'220' is no message type like 0220"),
    ("start 2026-13-01 09:30", "'2026-13-01' is not of the form YYYY-MM-DD"),
    ("start 1999-12-31 09:30", "'1999-12-31' is not in the years 2000 to 2099"),
    ('expect screen " "', "the text is empty"),
    ("wire noise 1000000", "'1000000' is not 1 to 6 digits"),
])
def test_line_that_fits_no_form_is_refused_with_place_and_expectation(line, told):
    with pytest.raises(ScriptError) as caught:
        parse_line(line, "x.txt:7")
    assert str(caught.value).startswith("x.txt:7: ")
    assert told in str(caught.value)


def test_headers_set_language_start_and_seed(tmp_path):
    got = read(tmp_path, "language en\nstart 2026-04-01 23:59\nseed 7\nends anywhere\npress 1\n")
    assert (got.language, got.start, got.seed, got.ends_anywhere) == (
        "en", datetime(2026, 4, 1, 23, 59), 7, True)
    assert [one.name for one in got.statements] == ["press"]


def test_header_after_the_first_step_is_refused(tmp_path):
    assert "a.txt:2: 'seed 7' must stand before the first step" in refusal(
        tmp_path, "press 1\nseed 7\n")


def test_include_is_relative_to_the_script_and_keeps_its_own_line_numbers(tmp_path):
    script(tmp_path, "# in\npress 2\n", "common/in.txt")
    got = read(tmp_path, "press 1\ninclude common/in.txt\npress 3\n")
    assert [one.values[0][0] for one in got.statements] == ["1", "2", "3"]
    assert got.statements[1].where.endswith("common/in.txt:2")


def test_include_that_comes_back_to_itself_is_refused(tmp_path):
    script(tmp_path, "include a.txt\n", "b.txt")
    told = refusal(tmp_path, "include b.txt\n")
    assert "b.txt:1: " in told and "includes itself" in told


def test_the_same_file_may_be_included_twice(tmp_path):
    script(tmp_path, "press 2\n", "b.txt")
    assert len(read(tmp_path, "include b.txt\ninclude b.txt\n").statements) == 2


def test_missing_include_names_the_line_that_asked_for_it(tmp_path):
    told = refusal(tmp_path, "press 1\ninclude gone.txt\n")
    assert "a.txt:2: cannot read" in told and "No such file" in told


def test_repeat_is_laid_out_flat_and_nests(tmp_path):
    got = read(tmp_path, "repeat 2:\npress 1\nrepeat 3:\npress 2\nend\nend\n")
    assert "".join(one.values[0][0] for one in got.statements) == "12221222"


@pytest.mark.parametrize("text, told", [
    ("repeat 2:\npress 1\n", "a.txt:1: 'repeat' without 'end'"),
    ("press 1\nend\n", "a.txt:2: 'end' without 'repeat NUMBER:'"),
    ("repeat 99999:\npress 1\nend\n", "a.txt:1: more than 10000 statements"),
])
def test_repeat_that_cannot_be_laid_out_is_refused(tmp_path, text, told):
    assert told in refusal(tmp_path, text)


def test_script_that_is_not_text_is_refused_in_one_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe press 1")
    with pytest.raises(ScriptError, match="not UTF-8 text"):
        read_script(tmp_path / "a.txt")


def test_every_form_starts_with_a_verb_in_small_letters():
    assert all(form.split()[0].isalpha() and form.split()[0].islower() for form in FORMS.values())
