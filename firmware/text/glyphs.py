"""Looks up what a character is on the screen (bitmap) and on the printer (GB code).

The glyph file is 270 KB and stays on flash: it is searched by seek, and what is kept in
memory is bounded.
"""

from micropython import const

_RECORD = const(36)  # code point, GB code (2 bytes each, big-endian), bitmap (32 bytes)
_KEPT = const(64)  # characters: two full screens of text

# 8 pixels wide, for what the file does not have.
_BOX = (
    b"?",
    b"\x00\xfc\x04\x04\x04\x04\xfc\x00" + bytes(8) + b"\x00\x3f\x20\x20\x20\x20\x3f\x00" + bytes(8),
)


class Glyphs:
    """Bitmaps and printer codes of GB 2312, ASCII and a few twins of theirs.

    path: the glyph file; the one beside this module if not given. The file is opened for
    each search and closed again, so that no handle is left behind when power goes.
    """

    def __init__(self, path=None):
        self._path = path or __file__.rpartition("/")[0] + "/gb2312.bin"
        self._kept = {}
        self._record = bytearray(_RECORD)

    def glyph(self, char):
        """32 bytes MONO_VLSB: 16 upper column bytes, 16 lower; narrow ones use the first 8."""
        return self._find(char)[1]

    def gb(self, char):
        """What the printer gets: 1 byte (ASCII) or 2 bytes (GB 2312); b"?" if unknown."""
        return self._find(char)[0]

    def wide(self, char):
        """True for a character of two cells (16 pixels)."""
        return len(self._find(char)[0]) == 2

    def width(self, text):
        """Cells of 8 pixels that the text takes on the screen; columns on paper are the same."""
        return sum(len(self._find(char)[0]) for char in text)

    def _find(self, char):
        found = self._kept.get(char)
        if found is None:
            found = self._search(ord(char)) or _BOX
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[char] = found
        return found

    def _search(self, code):
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
                    gb = bytes(record[2:4]) if record[2] else bytes(record[3:4])
                    return gb, bytes(record[4:])
                if here < code:
                    low = middle + 1
                else:
                    high = middle
        return None
