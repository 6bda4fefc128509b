"""A magnetic head or a scanner with a serial decoder: lines of text that end with CR.

What came before it was asked for counts for nothing, and nothing that came is kept: a line is
handed out once, as it came.
"""

from micropython import const

from firmware.kernel import Flag

_LONGEST = const(64)  # bytes; a track has 40 and its LRC
_SILENCE_MS = const(300)  # behind the last byte of a line that was cut short
_END = const(b"\r")


class Reader:
    """A waitable: `ready` once something comes. One task at a time may use it."""

    def __init__(self, uart, kernel):
        self._uart = uart
        self._kernel = kernel
        self._came = Flag()
        uart.read()
        uart.irq(self._came.set, uart.IRQ_RXIDLE)

    @property
    def ready(self):
        return self._came.ready

    async def line(self):
        """The bytes that came, without their CR and LF; those of a line that was cut short too."""
        line = b""
        while _END not in line and len(line) < _LONGEST:
            self._came.clear()
            line += self._uart.read() or b""
            if _END not in line:
                if await self._kernel.first(self._came, timeout_ms=_SILENCE_MS) < 0:
                    break
        self._came.clear()
        return line.strip(b"\r\n")
