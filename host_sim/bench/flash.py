"""NOR flash: erasing a block sets every bit, programming a page can only clear bits.

The contents outlive the chip's power. What a real part would do badly or not at all (a write over
bits not erased, half a page) is an error here, never silently right.
"""

BLOCK = 4096
PAGE = 256
PICO_BYTES = 1408 * 1024  # what MicroPython on a 2 MB Pico leaves to files

_ERASED = b"\xff" * BLOCK


class FlashMisuse(Exception):
    """The driver did what the part forbids."""


class Flash:
    """`size` bytes; blocks never touched take no memory and read as erased."""

    def __init__(self, size=PICO_BYTES):
        self.size = size
        self.programs = 0
        self.erases = 0
        self._blocks = {}

    def read(self, at, length):
        data = bytearray()
        while length > 0:
            block, offset = divmod(at, BLOCK)
            part = self._blocks.get(block, _ERASED)[offset : offset + length]
            data += part
            at += len(part)
            length -= len(part)
        return bytes(data)

    def readinto(self, at, buffer):
        """Fill the buffer: for the driver's end, where memory is scarce."""
        buffer[:] = self.read(at, len(buffer))

    def program(self, at, data):
        if at % PAGE or len(data) % PAGE:
            raise FlashMisuse(f"{len(data)} bytes at {at}: only whole pages of {PAGE} bytes")
        if at < 0 or at + len(data) > self.size:
            raise FlashMisuse(f"{at} is outside the flash")
        self.programs += 1
        for start in range(0, len(data), PAGE):
            block, offset = divmod(at + start, BLOCK)
            page = self._blocks.setdefault(block, bytearray(_ERASED))
            old = int.from_bytes(page[offset : offset + PAGE], "big")
            new = int.from_bytes(data[start : start + PAGE], "big")
            if new & ~old:
                raise FlashMisuse(f"block {block} offset {offset}: programmed without an erase")
            page[offset : offset + PAGE] = data[start : start + PAGE]

    def erase(self, at):
        if at % BLOCK or not 0 <= at < self.size:
            raise FlashMisuse(f"{at} is no block of the flash")
        self.erases += 1
        self._blocks.pop(at // BLOCK, None)
