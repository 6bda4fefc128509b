"""Looks up what a character is on the screen (bitmap) and on the printer (GB code).

The glyph file is 270 KB and stays on flash: it is searched by seek, and what is kept in
memory is bounded. Characters are code points here: MicroPython keeps every one-character string
that it ever made.
"""

from micropython import const

_RECORD = const(36)  # code point, GB code (2 bytes each, big-endian), bitmap (32 bytes)
_KEPT = const(64)  # records in memory: two full screens of text
_UNKNOWN = const(0xFFFE)  # stands for all code points above it, too; no file has it

# "?" for the printer, and a box 8 pixels wide.
_BOX = (
    b"\x00?"
    b"\x00\xfc\x04\x04\x04\x04\xfc\x00" b"\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x3f\x20\x20\x20\x20\x3f\x00" b"\x00\x00\x00\x00\x00\x00\x00\x00"
)  # fmt: skip


def codes(text):
    """Yield the text's code points, and make no string for them."""
    data = text.encode()
    at = 0
    while at < len(data):
        code = data[at]
        more = 0 if code < 0xC0 else 1 if code < 0xE0 else 2 if code < 0xF0 else 3
        if more:
            code &= 0x3F >> more
        for _ in range(more):
            at += 1
            code = code << 6 | data[at] & 0x3F
        at += 1
        yield code


class Glyphs:
    """Bitmaps and printer codes of GB 2312, ASCII and a few twins of theirs.

    path: the glyph file; the one beside this module if not given. The file is opened for
    each search and closed again, so that no handle is left behind when power goes.
    """

    def __init__(self, path=None):
        self._path = path or __file__.rpartition("/")[0] + "/gb2312.bin"
        self._kept = bytearray(b"\xff" * (_KEPT * _RECORD))
        self._record = bytearray(_RECORD)

    def glyph(self, code):
        """32 bytes MONO_VLSB: 16 upper column bytes, 16 lower; narrow ones use the first 8."""
        at = self._find(code)
        return memoryview(self._kept)[at + 4 : at + _RECORD]

    def gb(self, code):
        """What the printer gets: 1 byte (ASCII) or 2 bytes (GB 2312); b"?" if unknown."""
        at = self._find(code)
        return bytes(self._kept[at + 2 if self._kept[at + 2] else at + 3 : at + 4])

    def wide(self, code):
        """True for a character of two cells (16 pixels)."""
        return self._kept[self._find(code) + 2] != 0

    def width(self, text):
        """Cells of 8 pixels that the text takes on the screen; columns on paper are the same."""
        return sum(2 if self.wide(code) else 1 for code in codes(text))

    def _find(self, code):
        """Where in _kept the record of this code point begins; it is read if it is not there."""
        code = min(code, _UNKNOWN)
        # 26 of 64 places on for each 64 codes: small letters do not throw figures out.
        at = (code + (code >> 6) * 26) % _KEPT * _RECORD
        kept = self._kept
        if kept[at] << 8 | kept[at + 1] != code:
            if self._search(code):
                kept[at : at + _RECORD] = self._record
            else:
                kept[at] = code >> 8
                kept[at + 1] = code & 0xFF
                kept[at + 2 : at + _RECORD] = _BOX
        return at

    def _search(self, code):
        """Whether the file has this code point; its record is in _record then."""
        record = self._record
        with open(self._path, "rb") as file:
            low = 0
            high = file.seek(0, 2) // _RECORD
            while low < high:
                middle = (low + high) // 2
                file.seek(middle * _RECORD)
                file.readinto(record)
                here = record[0] << 8 | record[1]
                if here == code:
                    return True
                if here < code:
                    low = middle + 1
                else:
                    high = middle
        return False
