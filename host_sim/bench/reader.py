"""Reads the screen as a person would: pixels in, four rows of text out.

Matching is exact to the pixel: a glyph drawn one pixel off is not read, so a test that
reads the right text has also seen it drawn right.
"""

import struct
from collections import OrderedDict
from pathlib import Path

GLYPH_FILE = Path(__file__).parents[2] / "firmware" / "text" / "gb2312.bin"
UNREADABLE = "\ufffd"

COLUMNS = 128
ROWS = 4
CELLS = 16
ROW_BYTES = 2 * COLUMNS  # two pages of the controller
KEPT_ROWS = 4096

RECORD = struct.Struct(">HH32s")  # code point, GB code, MONO_VLSB bitmap
_INVERT = bytes(255 - value for value in range(256))


class Reader:
    """Knows every glyph of the glyph file, upright and inverted.

    Safe to share among screens: a row of pixels always reads the same.
    """

    def __init__(self, path: Path = GLYPH_FILE):
        self._narrow: dict[bytes, str] = {}
        self._wide: dict[bytes, str] = {}
        self._rows: OrderedDict[bytes, str] = OrderedDict()
        for code, gb, bitmap in RECORD.iter_unpack(path.read_bytes()):
            char = chr(code)
            if gb > 0xFF:
                table = self._wide
            else:
                table, bitmap = self._narrow, bitmap[:8] + bitmap[16:24]
            # Α and А look the same: the first in code order is what is read.
            table.setdefault(bitmap, char)
            table.setdefault(bitmap.translate(_INVERT), char)
        # Blank reads as spaces, not as an ideographic space.
        del self._wide[bytes(32)], self._wide[bytes(32).translate(_INVERT)]

    def rows(self, pixels: bytes) -> list[str]:
        """Four strings without trailing spaces; what is no glyph reads as U+FFFD per cell.

        pixels: 1024 bytes as in the controller's memory, 8 pages of 128 columns, bit 0 on
        top (framebuf's MONO_VLSB).
        """
        if len(pixels) != ROWS * ROW_BYTES:
            raise ValueError(f"{len(pixels)} bytes of pixels, not {ROWS * ROW_BYTES}")
        return [
            self._row(bytes(pixels[at : at + ROW_BYTES])) for at in range(0, len(pixels), ROW_BYTES)
        ]

    def _row(self, pixels: bytes) -> str:
        text = self._rows.get(pixels)
        if text is None:
            text = self._rows[pixels] = self._parse(pixels)
            if len(self._rows) > KEPT_ROWS:
                self._rows.popitem(last=False)
        return text

    def _parse(self, pixels: bytes) -> str:
        """The reading with the fewest unreadable cells, then with the most wide characters.

        Found from the right end: best[cell] is the reading of the rest from that cell on.
        """
        upper, lower = pixels[:COLUMNS], pixels[COLUMNS:]
        best = [(0, 0, "")] * (CELLS + 2)
        for cell in range(CELLS - 1, -1, -1):
            at = 8 * cell
            char = self._narrow.get(upper[at : at + 8] + lower[at : at + 8])
            bad, count, rest = best[cell + 1]
            choice = (bad + (char is None), count + 1, (char or UNREADABLE) + rest)
            # A wide glyph is one style throughout, so both halves come from one table entry.
            char = self._wide.get(upper[at : at + 16] + lower[at : at + 16])
            if char is not None and cell + 1 < CELLS:
                bad, count, rest = best[cell + 2]
                choice = min((bad, count + 1, char + rest), choice, key=lambda one: one[:2])
            best[cell] = choice
        return best[0][2].rstrip()
