"""NOR flash: erasing a block sets every bit, programming a page can only clear bits.

The contents outlive the chip's power. What a real part would do badly or not at all (a write over
bits not erased, half a page) is an error here, never silently right.
"""

BLOCK = 4096
PAGE = 256
PICO_BYTES = 1408 * 1024  # what MicroPython on a 2 MB Pico leaves to files

_ERASED = b"\xff" * BLOCK
_EMPTY = b"\xff" * PAGE


class FlashMisuse(Exception):
    """The driver did what the part forbids."""


class PowerCut(BaseException):
    """The power went in the middle of a flash operation: no code of the terminal runs on."""


# How far a program or erase has come when the power goes; "bits" is a part of its bits, by chance.
TEARS = ("before", "half", "bits", "after")


class Flash:
    """`size` bytes; blocks never touched take no memory and read as erased."""

    def __init__(self, size=PICO_BYTES):
        self.size = size
        self.operations = 0  # programs and erases so far: what a power cut can hit
        self._blocks = {}
        self._cut = None  # (operations still to go, tear, rng)
        self._torn_block = (0, b"")  # number, its contents before the power went
        self._decayed = set()  # (block, offset) of pages in which a bit has flipped

    def cut_at(self, operation, tear, rng):
        """Let the power go in the program or erase that is the `operation`-th from now (0: the
        next), as `tear` of TEARS says; `rng` chooses the bits. It raises PowerCut, once."""
        self._cut = (self.operations + operation, tear, rng)

    def cut_never(self):
        """Take back cut_at."""
        self._cut = None

    def copy(self):
        """Another part with the same contents, its counters at zero."""
        other = Flash(self.size)
        other._decayed = set(self._decayed)
        other._blocks = {at: bytearray(data) for at, data in self._blocks.items()}
        return other

    @property
    def blocks(self):
        """{number: contents} of the blocks that are not erased, as they are; not to be changed."""
        return self._blocks

    def blocks_before_cut(self):
        """The same as it was before the operation in which the power went last."""
        block, old = self._torn_block
        blocks = dict(self._blocks)
        blocks[block] = old
        return blocks

    def flip(self, at, bit):
        """Turn one bit of the contents: decay, not an operation. Whoever takes the page for erased
        cannot know better: what is programmed there comes out wrong, as from a real part."""
        block, offset = divmod(at, BLOCK)
        self._decayed.add((block, offset // PAGE * PAGE))
        self._blocks.setdefault(block, bytearray(_ERASED))[offset] ^= 1 << bit

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
        block, offset = divmod(at, BLOCK)
        end = offset + len(buffer)
        if end <= BLOCK:
            buffer[:] = self._blocks.get(block, _ERASED)[offset:end]
        else:
            buffer[:] = self.read(at, len(buffer))

    def program(self, at, data):
        if at % PAGE or len(data) % PAGE:
            raise FlashMisuse(f"{len(data)} bytes at {at}: only whole pages of {PAGE} bytes")
        if at < 0 or at + len(data) > self.size:
            raise FlashMisuse(f"{at} is outside the flash")
        self.operations += 1
        for start in range(0, len(data), PAGE):
            self._program_page(at + start, data[start : start + PAGE])

    def erase(self, at):
        if at % BLOCK or not 0 <= at < self.size:
            raise FlashMisuse(f"{at} is no block of the flash")
        self.operations += 1
        old = self._blocks.get(at // BLOCK, _ERASED)
        torn = self._torn(bytes(old), _ERASED)
        if torn is not None:
            self._torn_block = at // BLOCK, bytes(old)
            self._blocks[at // BLOCK] = bytearray(torn)
            raise PowerCut
        self._blocks.pop(at // BLOCK, None)
        self._decayed = {page for page in self._decayed if page[0] != at // BLOCK}

    def _program_page(self, at, data):
        block, offset = divmod(at, BLOCK)
        page = self._blocks.get(block)
        if page is None:
            page = self._blocks[block] = bytearray(_ERASED)
        old = bytes(page[offset : offset + PAGE])
        if old != _EMPTY and int.from_bytes(data, "big") & ~int.from_bytes(old, "big"):
            if (block, offset) in self._decayed:
                data = bytes(o & n for o, n in zip(old, data, strict=True))
            else:
                raise FlashMisuse(f"block {block} offset {offset}: programmed without erase")
        torn = self._torn(old, bytes(data))
        if torn is not None:
            self._torn_block = block, bytes(page)
        page[offset : offset + PAGE] = data if torn is None else torn
        if torn is not None:
            raise PowerCut

    def _torn(self, old, new):
        """What is left of turning `old` into `new` if the power goes now; None if it does not."""
        if self._cut is None or self.operations <= self._cut[0]:
            return None
        _, tear, rng = self._cut
        self._cut = None
        if tear == "before":
            return old
        if tear == "half":
            return new[: len(new) // 2] + old[len(old) // 2 :]
        if tear == "bits":
            chosen = rng.randbytes(len(new))
            return bytes(o ^ ((o ^ n) & c) for o, n, c in zip(old, new, chosen, strict=True))
        return new
