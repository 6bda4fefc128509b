"""A 128x64 LCD with an ST7565 controller, fed by the driver's own SPI bytes.

What it shows is what the glass would: display on or off, power, start line, inverse and the
direction of the scan all count. A command that the controller does not have is a driver's error.
"""

WIDTH = 128
PAGES = 8
_RAM_COLUMNS = 132
_STARTS_OF_PAGES = {bytes((0xB0 | page, 0x10, 0x00)): page for page in range(PAGES)}  # the usual
_POWER_CIRCUITS = 0x07
_INVERT = bytes(255 - value for value in range(256))
_MIRROR = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


class LcdMisuse(Exception):
    """The controller was given what it does not know."""


class Lcd:
    """Pins are levels set from outside: `select` is low while chosen, `data` high for data."""

    def __init__(self) -> None:
        self.select = 1
        self.data = 0
        # A RAM of noise, so that a driver that relies on zeros is seen.
        self._ram = [bytearray(b"\xa5" * _RAM_COLUMNS) for _ in range(PAGES)]
        self._picture: bytes | None = None
        self.reset()

    def reset(self) -> None:
        """The state behind a hardware or software reset; the RAM keeps its contents."""
        self._page = 0
        self._column = 0
        self._start = 0
        self._on = False
        self._power = 0
        self._inverse = False
        self._all_on = False
        self._segments_reversed = False
        self._commons_reversed = False
        self._awaits_contrast = False
        self._picture = None

    def receive(self, data: bytes) -> None:
        """Bytes on the bus; ignored unless this chip is selected."""
        if self.select:
            return
        self._picture = None
        if self.data:
            row = self._ram[self._page]
            end = self._column + len(data)
            row[self._column : end] = data
            if end > _RAM_COLUMNS:
                del row[_RAM_COLUMNS:]
                end = _RAM_COLUMNS
            self._column = end
        elif data in _STARTS_OF_PAGES and not self._awaits_contrast:
            self._page = _STARTS_OF_PAGES[data]
            self._column = 0
        else:
            for byte in data:
                self._command(byte)

    def pixels(self) -> bytes:
        """1024 bytes: 8 pages of 128 columns, bit 0 on top, as the eye sees the glass."""
        if self._picture is None:
            self._picture = self._see()
        return self._picture

    def _see(self) -> bytes:
        if not self._on or self._power != _POWER_CIRCUITS:
            return bytes(WIDTH * PAGES)
        if self._all_on:
            return b"\xff" * (WIDTH * PAGES)
        # Mounted so that normal segments and reversed commons stand upright.
        pages = [row[:WIDTH] for row in self._ram]
        if self._segments_reversed:
            pages = [row[_RAM_COLUMNS - WIDTH :][::-1] for row in self._ram]
        picture = _scroll(pages, self._start) if self._start else b"".join(pages)
        if not self._commons_reversed:
            picture = b"".join(
                picture[at : at + WIDTH].translate(_MIRROR)
                for at in range((PAGES - 1) * WIDTH, -1, -WIDTH)
            )
        return picture.translate(_INVERT) if self._inverse else picture

    def _command(self, byte: int) -> None:
        if self._awaits_contrast:
            self._awaits_contrast = False
        elif byte & 0xF0 == 0xB0 and byte & 0x0F < PAGES:
            self._page = byte & 0x0F
        elif byte & 0xF0 == 0x00:
            self._column = self._column & 0xF0 | byte
        elif byte & 0xF0 == 0x10:
            self._column = (byte & 0x0F) << 4 | self._column & 0x0F
        elif byte & 0xC0 == 0x40:
            self._start = byte & 0x3F
        elif byte & 0xF8 == 0x28:
            self._power = byte & 0x07
        elif byte & 0xF8 == 0x20 or byte & 0xFE == 0xA2:
            pass  # resistor ratio, bias: how dark, not what
        elif byte == 0x81:
            self._awaits_contrast = True
        elif byte & 0xFE == 0xA0:
            self._segments_reversed = bool(byte & 1)
        elif byte & 0xFE == 0xA4:
            self._all_on = bool(byte & 1)
        elif byte & 0xFE == 0xA6:
            self._inverse = bool(byte & 1)
        elif byte & 0xFE == 0xAE:
            self._on = bool(byte & 1)
        elif byte & 0xF0 == 0xC0:
            self._commons_reversed = bool(byte & 8)
        elif byte == 0xE2:
            self.reset()
        else:
            raise LcdMisuse(f"no command {byte:#04x}")


def _scroll(pages: list[bytearray], start: int) -> bytes:
    """The picture when RAM line `start` is shown on top."""
    picture = bytearray(WIDTH * PAGES)
    for column in range(WIDTH):
        lines = sum(page[column] << 8 * index for index, page in enumerate(pages))
        lines = lines >> start | lines << (64 - start)
        for index in range(PAGES):
            picture[index * WIDTH + column] = lines >> 8 * index & 0xFF
    return bytes(picture)
