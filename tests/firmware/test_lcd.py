"""The LCD driver against a model of its controller: what is drawn is what is seen."""

import machine
import pytest

from firmware.board.pico import Board
from firmware.drivers.lcd import Lcd
from firmware.kernel import Queue
from firmware.screens import Screens
from firmware.text.glyphs import Glyphs
from host_sim.bench import lcd as bench
from host_sim.bench.flash import Flash
from host_sim.bench.reader import Reader
from host_sim.chip import Chip
from host_sim.device import PICO

READER = Reader()
GLYPHS = Glyphs()


class Screen:
    """Driver and glass."""

    def __init__(self):
        self.chip = machine.board = Chip(Flash())
        board = Board()
        self.glass = bench.Lcd()
        self.lcd = Lcd(board.lcd_spi, board.lcd_dc, board.lcd_cs, board.lcd_reset, GLYPHS)
        self.sent = 0

    def show(self):
        """Show, carry the outputs to the glass, and read it: four rows."""
        self.lcd.show()
        self.sent = 0
        for kind, number, value in self.chip.take_outputs():
            if kind == "spi":
                self.sent += len(value) if self.glass.data else 0
                self.glass.receive(value)
            elif number == PICO.lcd_select:
                self.glass.select = value
            elif number == PICO.lcd_data:
                self.glass.data = value
            elif number == PICO.lcd_reset and not value:
                self.glass.reset()
        return READER.rows(self.glass.pixels())


@pytest.fixture
def screen():
    screen = Screen()
    screen.show()
    return screen


def test_glass_is_blank_after_start_whatever_the_ram_held():
    assert Screen().show() == ["", "", "", ""]


def test_the_noise_in_the_ram_is_never_seen():
    screen = Screen()
    switched_on = False
    for kind, number, value in screen.chip.take_outputs():
        if kind == "pin" and number == PICO.lcd_select:
            screen.glass.select = value
        elif kind == "pin" and number == PICO.lcd_data:
            screen.glass.data = value
        elif kind == "spi":
            screen.glass.receive(value)
            switched_on = switched_on or value == b"\xaf"
        assert not any(screen.glass.pixels())
    assert switched_on


def test_text_of_both_widths_is_read_back_from_the_glass(screen):
    screen.lcd.text(0, 0, "退款 Refund 1")
    screen.lcd.text(3, 3, "¥12.50")
    assert screen.show() == ["退款 Refund 1", "", "", "   ¥12.50"]


def test_inverted_text_reads_the_same_and_looks_different(screen):
    screen.lcd.text(0, 1, "确认 OK")
    plain = screen.show(), screen.glass.pixels()
    screen.lcd.text(0, 1, "确认 OK", invert=True)
    inverted = screen.show(), screen.glass.pixels()
    assert inverted[0] == plain[0] and inverted[1] != plain[1]


def test_text_is_cut_at_the_edge_and_never_by_half_a_character(screen):
    assert screen.lcd.text(0, 0, "a" * 15 + "退") == 15
    assert screen.lcd.text(14, 1, "退款") == 16
    assert screen.show()[:2] == ["a" * 15, " " * 14 + "退"]


def test_a_narrow_character_leaves_its_neighbour_alone(screen):
    screen.lcd.text(4, 0, "款")
    screen.lcd.text(3, 0, "x")
    assert screen.show()[0] == "   x款"


def test_a_line_replaces_all_that_stood_in_its_row(screen):
    for row in range(4):
        screen.lcd.text(0, row, "x" * 16, invert=row == 0)
    screen.lcd.line(0, "0123456789abcdef")
    screen.lcd.line(1, "退款", "1/2")
    screen.lcd.line(2, "a" * 15 + "退")
    screen.lcd.line(3, "确认", "2", invert=True)
    assert screen.show() == [
        "0123456789abcdef", "退款" + " " * 9 + "1/2", "a" * 15, "确认" + " " * 11 + "2"
    ]  # fmt: skip
    for page in (6, 7):
        between = screen.glass.pixels()[page * 128 + 4 * 8 : page * 128 + 15 * 8]
        assert between == b"\xff" * len(between)


def test_clear_empties_the_screen_at_the_next_show(screen):
    screen.lcd.text(0, 0, "abc")
    screen.show()
    screen.lcd.clear()
    assert screen.show() == ["", "", "", ""]


def test_only_the_row_that_was_drawn_to_is_sent(screen):
    screen.lcd.text(0, 1, "above")
    screen.lcd.text(0, 2, "12345678")
    screen.show()
    screen.lcd.text(3, 2, "9")
    assert screen.show()[1:3] == ["above", "12395678"]
    assert screen.sent == 2 * 128


def test_a_screen_shown_again_is_not_sent_again(screen):
    ui = Screens(None, screen.lcd, Queue(1), GLYPHS)
    ui.show("同样", ["one", "two"], "1/2")
    assert screen.show()[0].startswith("同样") and screen.sent == 4 * 256
    ui.show("同样", ["one", "two"], "1/2")
    screen.show()
    assert screen.sent == 0
    ui.show("同样", ["one"], "1/2")
    assert screen.show()[1:] == ["one", "", ""] and screen.sent == 256


def test_a_character_without_a_glyph_shows_as_a_box_not_as_nothing(screen):
    screen.lcd.text(0, 0, "a\U0001f600b")
    assert screen.show()[0].startswith("a") and screen.show()[0].endswith("b")
    assert any(screen.glass.pixels()[8:16])


@pytest.mark.parametrize(
    "command, look",
    [
        (b"\xae", lambda seen: not any(seen)),  # display off
        (b"\x28", lambda seen: not any(seen)),  # power circuits off
        (b"\xa5", lambda seen: seen == b"\xff" * 1024),  # all points on
        (b"\xa7", lambda seen: seen[1023] == 0xFF),  # inverse
        (b"\xc0", lambda seen: any(seen[7 * 128 :]) and not any(seen[:128])),  # upside down
        (b"\xa1", lambda seen: any(seen[100:128]) and not any(seen[4:96])),  # mirrored
        (b"\x48", lambda seen: any(seen[7 * 128 :]) and seen[:8] != b"\0" * 8),  # scrolled
    ],
)
def test_the_glass_obeys_the_controllers_settings(screen, command, look):
    screen.lcd.text(0, 0, "I" * 4)
    screen.show()
    screen.glass.select = screen.glass.data = 0
    screen.glass.receive(command)
    assert look(screen.glass.pixels())


def test_the_controller_refuses_a_command_that_it_does_not_have(screen):
    screen.glass.select = screen.glass.data = 0
    with pytest.raises(bench.LcdMisuse):
        screen.glass.receive(b"\xe8")


def test_a_chip_that_is_not_selected_hears_nothing(screen):
    screen.glass.select, screen.glass.data = 1, 0
    screen.glass.receive(b"\xae\xe8")
    screen.lcd.text(0, 0, "on")
    assert screen.show()[0] == "on"
