"""The LCD's pixels in characters, for a text terminal: every dot of the glass is a dot there.

`pixels` is what Lcd.pixels() gives: 8 pages of 128 columns, bit 0 on top.
"""
COLUMNS = 128
# A column of four dots as bits, top first -> its bits in a braille character, on the left.
_LEFT = [sum(bit for at, bit in enumerate((0x01, 0x02, 0x04, 0x40)) if four >> at & 1)
         for four in range(16)]
_RIGHT = [sum(bit for at, bit in enumerate((0x08, 0x10, 0x20, 0x80)) if four >> at & 1)
          for four in range(16)]
_HALVES = " ▀▄█"


def braille(pixels):
    """16 lines of 64 characters, two columns of four dots in each -> [(line, inverted)].

    Braille dots leave gaps, in which light writing on dark is lost: a line with most of its dots
    lit is given the other way round, to be shown inverted.
    """
    lines = []
    for page in _pages(pixels):
        for down in (0, 4):
            fours = [column >> down & 15 for column in page]
            inverted = sum(four.bit_count() for four in fours) > 2 * COLUMNS
            if inverted:
                fours = [15 - four for four in fours]
            lines.append(("".join(map(_dots, fours[::2], fours[1::2])), inverted))
    return lines


def blocks(pixels):
    """32 lines of 128 characters: an upper and a lower dot in each."""
    return ["".join(_HALVES[column >> down & 3] for column in page)
            for page in _pages(pixels) for down in (0, 2, 4, 6)]


def _pages(pixels):
    return [pixels[at:at + COLUMNS] for at in range(0, len(pixels), COLUMNS)]


def _dots(left, right):
    dots = _LEFT[left] | _RIGHT[right]
    return chr(0x2800 + dots) if dots else " "
