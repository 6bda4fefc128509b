"""MicroPython's `framebuf` for MONO_VLSB: each byte is eight pixels of a column, bit 0 on top.

The operations that the firmware draws with, pixel for pixel as the device has them.
"""

MONO_VLSB = 0


class FrameBuffer:
    """Draws into `buffer`, `stride` pixels from one page's start to the next's."""

    def __init__(self, buffer, width, height, format, stride=None):
        if format != MONO_VLSB:
            raise ValueError("only MONO_VLSB")
        stride = width if stride is None else stride
        if width < 1 or height < 1 or stride < width:
            raise ValueError("shape")
        if len(buffer) < (height + 7) // 8 * stride:
            raise ValueError("buffer too small")
        self._buffer = buffer
        self._width = width
        self._height = height
        self._stride = stride

    def pixel(self, x, y, colour=None):
        """Read the pixel, or set it; outside the frame nothing happens."""
        if not (0 <= x < self._width and 0 <= y < self._height):
            return None
        at = (y >> 3) * self._stride + x
        if colour is None:
            return self._buffer[at] >> (y & 7) & 1
        if colour:
            self._buffer[at] |= 1 << (y & 7)
        else:
            self._buffer[at] &= ~(1 << (y & 7))
        return None

    def fill(self, colour):
        self.fill_rect(0, 0, self._width, self._height, colour)

    def fill_rect(self, x, y, width, height, colour):
        left, right = max(x, 0), min(x + width, self._width)
        top, bottom = max(y, 0), min(y + height, self._height)
        if left >= right:
            return
        while top < bottom:
            page = top >> 3
            end = min(bottom, (page + 1) * 8)
            mask = (1 << (end - page * 8)) - (1 << (top & 7))
            start = page * self._stride + left
            stop = page * self._stride + right
            if mask == 0xFF:
                self._buffer[start:stop] = (b"\xff" if colour else b"\x00") * (right - left)
            else:
                for at in range(start, stop):
                    if colour:
                        self._buffer[at] |= mask
                    else:
                        self._buffer[at] &= ~mask
            top = end

    def hline(self, x, y, width, colour):
        self.fill_rect(x, y, width, 1, colour)

    def vline(self, x, y, height, colour):
        self.fill_rect(x, y, 1, height, colour)

    def rect(self, x, y, width, height, colour, fill=False):
        if fill:
            self.fill_rect(x, y, width, height, colour)
            return
        self.hline(x, y, width, colour)
        self.hline(x, y + height - 1, width, colour)
        self.vline(x, y, height, colour)
        self.vline(x + width - 1, y, height, colour)

    def blit(self, source, x, y, key=-1):
        """Copy another frame to (x, y); pixels of the colour `key` leave what is below."""
        left, right = max(x, 0), min(x + source._width, self._width)
        top, bottom = max(y, 0), min(y + source._height, self._height)
        if left >= right or top >= bottom:
            return
        if key == -1 and y % 8 == 0 and bottom % 8 == 0:
            for page in range(top // 8, bottom // 8):
                start = (page - y // 8) * source._stride - x
                data = source._buffer[start + left : start + right]
                at = page * self._stride
                self._buffer[at + left : at + right] = data
            return
        for row in range(top, bottom):
            for column in range(left, right):
                colour = source.pixel(column - x, row - y)
                if colour != key:
                    self.pixel(column, row, colour)

    def scroll(self, dx, dy):
        """Shift the picture; what moves in keeps the old pixels, as on the device."""
        columns = range(self._width - 1, -1, -1) if dx > 0 else range(self._width)
        rows = range(self._height - 1, -1, -1) if dy > 0 else range(self._height)
        for y in rows:
            for x in columns:
                old = self.pixel(x - dx, y - dy)
                if old is not None:
                    self.pixel(x, y, old)
