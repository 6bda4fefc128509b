"""Drives a 58 mm ESC/POS printer on a UART: lines of text to paper, and can it print.

Text cannot become a command: every character goes through the glyph table, which knows
no control codes. The driver never blocks; it hands over what the UART takes and waits.
"""

from micropython import const

from firmware.kernel import Flag
from firmware.text.glyphs import codes

# What a line is: style bits for text, or one of the three that are no text.
BOLD = const(1)
DOUBLE = const(2)  # double height and width: 16 columns instead of 32
CENTRE = const(4)
RULE = const(8)  # a full line of the text's one character
FEED = const(16)  # as many empty lines as the number in the text's place
CUT = const(32)

COLUMNS = const(32)

_CHUNK = const(64)  # bytes; fits the smallest UART buffer
_BYTE_US = const(1042)  # 10 bits at 9600 baud
_LINE_MS = const(62)  # 30 dots of 8 a millimetre at 60 mm/s: the paper is slower than the wire
_ANSWER_MS = const(500)
_ANSWERS = const(3)  # bytes that are no status are passed over, so many times

_INIT = const(b"\x1b@")
_ASK = const(b"\x10\x04")  # DLE EOT n: a status byte, answered at once even while printing

# n, bits of its status byte, what they mean. An open cover often says no paper too, so it is first.
_TROUBLES = (
    (2, 0x04, "open"),
    (3, 0x08, "cutter"),
    (3, 0x40, "hot"),  # it goes on by itself once the head has cooled
    (3, 0x24, "broken"),
    (4, 0x60, "no_paper"),
)


def encode(line, glyphs):
    """Bytes of one line `(style, text)`, line feed or command included.

    `(RULE, "-")`, `(FEED, 3)`, `(CUT, "")`; anything else is text in the given style. A line
    that is too long is wrapped by the printer.
    """
    style, text = line
    if style & CUT:
        return b"\x1dV\x42\x00"  # GS V 66 0: feed to the knife, then cut
    if style & FEED:
        return bytes((0x1B, 0x64, text))  # ESC d n
    if style & RULE:
        text = text * COLUMNS
    out = bytearray(b"\x1ba")  # ESC a: centre or left
    out.append(1 if style & CENTRE else 0)
    out += b"\x1bE"  # ESC E: bold
    out.append(1 if style & BOLD else 0)
    out += b"\x1d!"  # GS !: size
    out.append(0x11 if style & DOUBLE else 0)
    chinese = False
    for code in codes(text):
        if chinese != glyphs.wide(code):
            chinese = not chinese
            out += b"\x1c&" if chinese else b"\x1c."  # FS &, FS .
        out += glyphs.gb(code)
    if chinese:
        out += b"\x1c."
    out += b"\n"
    return out


class Printer:
    """The printer of one terminal. One task at a time may use it.

    Both methods end with "ok", one of _TROUBLES, or "silent" (nothing answers at the port).
    """

    def __init__(self, uart, kernel, glyphs):
        self._uart = uart
        self._kernel = kernel
        self._glyphs = glyphs
        self._answered = Flag()
        uart.irq(self._answered.set, uart.IRQ_RXIDLE)

    async def ready(self):
        """Ask for what may be wrong, each answer waited for up to 500 ms."""
        asked = status = None
        for number, bits, trouble in _TROUBLES:
            if number != asked:
                asked, status = number, await self._status(number)
            if status is None:
                return "silent"
            if status & bits:
                return trouble
        return "ok"

    async def _status(self, number):
        """The status byte; None where nothing that is one comes back."""
        self._uart.read()
        self._answered.clear()
        await self._write(_ASK + bytes((number,)))
        for _ in range(_ANSWERS):
            if await self._kernel.first(self._answered, timeout_ms=_ANSWER_MS) < 0:
                break
            self._answered.clear()
            for byte in self._uart.read() or b"":
                if byte & 0x93 == 0x12:  # the bits that every status byte has fixed
                    return byte
        return None

    async def print(self, lines):
        """Print lines `(style, text)`, see encode(); asked before and after whether it can.

        Not "ok" after the first question means that nothing was printed, else that it stopped
        meanwhile: the slip is not to be trusted and is due again.
        """
        state = await self.ready()
        if state == "ok":
            await self._write(_INIT)
            for line in lines:
                await self._write(encode(line, self._glyphs), _LINE_MS)
            state = await self.ready()
        return state

    async def _write(self, data, at_least_ms=1):
        """Hand over the bytes as the UART takes them, and wait until they are on the wire."""
        data = memoryview(data)
        while len(data):
            count = self._uart.write(data[:_CHUNK]) or 0  # None: its buffer is full
            data = data[count:]
            await self._kernel.sleep(max(at_least_ms, (count * _BYTE_US + 999) // 1000))
