"""The receipt printer of the bench, fed with bytes alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_sim.bench import qr
from host_sim.bench.printer import COLUMNS, OK, TROUBLES, Line, PaperPrinter

ADDRESS = "https://refund.example/607509000022"
ASK = b"\x10\x04\x04"
SLIP = (
    b"\x1b@\x1ba\x01\x1d!\x11\x1c&" + "退货".encode("gb18030") + b"\x1c.\n"
    b"\x1ba\x00\x1d!\x00\x1bE\x01RMB 12.50\n" + ASK + b"\x1bE\x00\x1bd\x02\x1dVB\x00end\n"
)
SLIP_LINES = [
    Line("退货", double=True, align="centre"), Line("RMB 12.50", bold=True), Line(""), Line(""),
    Line("end"),
]


def chinese(text):
    return b"\x1c&" + text.encode("gb18030") + b"\x1c."


def printed(data):
    printer = PaperPrinter()
    printer.receive(data)
    return [line.text for line in printer.lines], printer.unknown


def test_a_slip_is_printed_in_its_styles_and_cut():
    printer = PaperPrinter()
    assert printer.receive(SLIP) == bytes([OK])
    assert printer.lines == SLIP_LINES
    assert printer.cuts == [4]
    assert printer.sheets() == [SLIP_LINES[:4], SLIP_LINES[4:]]
    assert printer.unknown == 0


@given(st.lists(st.integers(0, len(SLIP)), max_size=8))
def test_the_pieces_in_which_bytes_arrive_make_no_difference(places):
    printer = PaperPrinter()
    edges = [0, *sorted(places), len(SLIP)]
    answers = b"".join(
        printer.receive(SLIP[start:end]) for start, end in zip(edges, edges[1:], strict=False)
    )
    assert (printer.lines, printer.cuts, printer.unknown) == (SLIP_LINES, [4], 0)
    assert answers == bytes([OK])


def test_nothing_is_cut_off_before_the_first_line():
    assert PaperPrinter().sheets() == []


@pytest.mark.parametrize("length", [COLUMNS - 1, COLUMNS])
def test_a_line_that_fits_is_one_line(length):
    assert printed(b"x" * length + b"\n") == (["x" * length], 0)


def test_a_longer_line_goes_on_in_the_next():
    assert printed(b"x" * 40 + b"\n")[0] == ["x" * 32, "x" * 8]


def test_a_chinese_character_is_not_split_at_the_edge():
    assert printed(b"x" * 31 + chinese("退货") + b"\n")[0] == ["x" * 31, "退货"]


def test_double_size_leaves_half_the_columns():
    assert printed(b"\x1d!\x11" + b"x" * 17 + b"\n")[0] == ["x" * 16, "x"]
    assert printed(b"\x1d!\x11" + chinese("退" * 9) + b"\n")[0] == ["退" * 8, "退"]


def test_characters_of_four_bytes_are_read():
    assert printed(chinese("㐂ა") + b"\n") == (["㐂ა"], 0)


def test_chinese_bytes_outside_chinese_mode_are_counted_and_not_printed():
    assert printed("退".encode("gb18030") + b"A\n") == (["A"], 2)


def test_half_a_character_does_not_swallow_what_follows():
    assert printed(b"\x1c&\xcd\x1c.A\n") == (["A"], 1)


@pytest.mark.parametrize(
    ("data", "unknown"),
    [(b"\x07", 1), (b"\x1b\x01", 2), (b"\x1ba\x09", 1), (b"\x1d!\x22", 1), (b"\x10\x04\x01", 3)],
)
def test_what_is_not_understood_is_counted(data, unknown):
    assert printed(data + b"A\n") == (["A"], unknown)


def test_a_change_of_style_within_a_line_is_counted():
    assert printed(b"A\x1bE\x01B\n")[1] == 1


def code(text, size=4, level=0x31):
    """GS ( k: size of a module, level, text, and print it."""
    data = text.encode()
    return b"".join(b"\x1d(k" + len(body).to_bytes(2, "little") + body for body in (
        b"1A2\0", bytes((0x31, 0x43, size)), bytes((0x31, 0x45, level)), b"1P0" + data, b"1Q0"))


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_qr_code_is_printed_with_its_size_and_level_whatever_the_pieces(step):
    printer, data = PaperPrinter(), b"before\x1ba\x01" + code(ADDRESS) + b"behind\n"
    for at in range(0, len(data), step):
        printer.receive(data[at:at + step])
    assert printer.lines == [Line("before", align="centre"),
                             Line(ADDRESS, align="centre", qr=4, level="M"),
                             Line("behind", align="centre")]


@pytest.mark.parametrize("data", [
    code("x", size=17)[:24], code(""), code("x" * 3000), code("x" * 300, size=16),
    b"\x1d(k\x03\x00\x30\x51\x30", b"\x1d(k\xff\xff1P0"])
def test_a_qr_code_that_no_printer_prints_is_counted_and_printing_goes_on(data):
    printer = PaperPrinter()
    printer.receive(data + b"\x1b@" + b"behind\n")
    assert printer.unknown and [line.qr for line in printer.lines] == [0] * len(printer.lines)
    assert printer.lines[-1].text.endswith("behind")


def test_half_a_qr_code_is_forgotten_with_the_power():
    printer = PaperPrinter()
    printer.receive(code(ADDRESS)[:-9])
    printer.power_off()
    printer.receive(b"behind\n")
    assert printer.lines == [Line("behind")]


def test_a_feed_ends_the_line_being_built():
    assert printed(b"A\x1bd\x02B\n")[0] == ["A", "", "B"]


def test_initialising_drops_the_line_being_built_and_all_modes():
    printer = PaperPrinter()
    printer.receive(b"\x1bE\x01\x1c&half\x1b@A\n")
    assert printer.lines == [Line("A")]


def test_power_off_loses_the_line_being_built_and_keeps_the_paper():
    printer = PaperPrinter()
    printer.receive(b"\x1bE\x01kept\nlost\x1c&\xcd")
    printer.power_off()
    printer.receive(b"A\n")
    assert printer.lines == [Line("kept", bold=True), Line("A")]
    assert printer.unknown == 0


def test_without_paper_nothing_prints_and_the_sensor_says_so():
    printer = PaperPrinter()
    printer.paper_out = True
    assert printer.receive(b"A\n\x1dVB\x00" + ASK) == bytes([OK | TROUBLES["out of paper"][4]])
    printer.paper_out = False
    assert printer.receive(ASK) == bytes([OK])
    printer.receive(b"B\n")
    assert (printer.lines, printer.cuts) == ([Line("B")], [])


def test_the_sensor_answers_in_the_middle_of_a_line():
    printer = PaperPrinter()
    assert printer.receive(b"AB" + ASK + b"C\n") == bytes([OK])
    assert printer.lines == [Line("ABC")]


@settings(max_examples=300)
@given(st.binary(max_size=200).filter(lambda noise: qr.BEGINS not in noise))
def test_noise_is_survived_and_printing_goes_on(noise):
    printer = PaperPrinter()
    printer.receive(noise)
    printer.receive(b"\n\n\n\x1b@A\n")
    assert printer.lines[-1] == Line("A")
