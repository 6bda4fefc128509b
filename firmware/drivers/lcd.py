"""128x64 LCD with an ST7565-like controller on SPI: four rows of sixteen 8x16 cells.

What is drawn stays in memory until show(), which sends the rows that were drawn to, and no others.
"""

import framebuf
from micropython import const

from firmware.text.glyphs import codes

_WIDTH = const(128)
_PAGES = const(8)
_COLUMNS = const(16)
_CELL = const(8)
_ALL = const(0xF)  # rows

# Controller reset, then: bias 1/9, normal segments, flipped commons, resistor ratio, contrast,
# line 0, follow RAM, not inverted, power circuits on.
_RESET = const(b"\xe2")
_START = const(b"\xa2\xa0\xc8\x24\x81\x1f\x40\xa4\xa6\x2f")
_DISPLAY_ON = const(b"\xaf")
_SET_PAGE = const(0xB0)
_SET_COLUMN_HIGH = const(0x10)


class Lcd:
    """`dc` high marks data, low commands; `cs` and `reset` are active low."""

    def __init__(self, spi, dc, cs, reset, glyphs):
        self._spi = spi
        self._dc = dc
        self._cs = cs
        self._glyphs = glyphs
        self._pixels = bytearray(_WIDTH * _PAGES)
        self._page_start = bytearray((0, _SET_COLUMN_HIGH, 0))  # the command before its pixels
        self._touched = _ALL  # bit of each text row that was drawn to since show()
        self.canvas = framebuf.FrameBuffer(self._pixels, _WIDTH, _PAGES * 8, framebuf.MONO_VLSB)
        # One glyph at a time passes through here, seen as a wide cell and as a narrow one.
        self._glyph = bytearray(32)
        self._wide = framebuf.FrameBuffer(self._glyph, 16, 16, framebuf.MONO_VLSB)
        self._narrow = framebuf.FrameBuffer(self._glyph, 8, 16, framebuf.MONO_VLSB, 16)
        reset.value(0)
        reset.value(1)
        self._command(_RESET)
        self._command(_START)
        # The controller's RAM is undefined after power-on, and nobody is to see that.
        self.show()
        self._command(_DISPLAY_ON)

    def clear(self):
        self.canvas.fill(0)
        self._touched = _ALL

    def text(self, column, row, string, invert=False):
        """Draw from cell `column` (0-15) of text row `row` (0-3); ASCII takes one cell, Chinese
        two. What does not fit is cut. Returns the column behind the last character."""
        self._touched |= 1 << row
        for code in codes(string):
            wide = self._glyphs.wide(code)
            if column + (2 if wide else 1) > _COLUMNS:
                break
            self._glyph[:] = self._glyphs.glyph(code)
            if invert:
                for i in range(32):
                    self._glyph[i] ^= 0xFF
            self.canvas.blit(self._wide if wide else self._narrow, column * _CELL, row * 16)
            column += 2 if wide else 1
        return column

    def line(self, row, string, mark="", invert=False):
        """Draw a whole row: a text, nothing behind it, and `mark` at its right end."""
        end = self.text(0, row, string, invert) * _CELL
        self.canvas.fill_rect(end, row * 16, _WIDTH - end, 16, 1 if invert else 0)
        if mark:
            self.text(_COLUMNS - self._glyphs.width(mark), row, mark, invert)

    def show(self):
        """Bring the glass up to date: copy rows into the RAM of the controller."""
        pixels = memoryview(self._pixels)
        self._cs.value(0)
        for page in range(_PAGES):
            if self._touched & 1 << page // 2:
                self._page_start[0] = _SET_PAGE | page
                self._dc.value(0)
                self._spi.write(self._page_start)
                self._dc.value(1)
                self._spi.write(pixels[page * _WIDTH : (page + 1) * _WIDTH])
        self._cs.value(1)
        self._touched = 0

    def _command(self, data):
        self._cs.value(0)
        self._dc.value(0)
        self._spi.write(data)
        self._cs.value(1)
