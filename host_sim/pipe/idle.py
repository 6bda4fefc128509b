"""What far.py runs to be measured by itself: a program that touches every part of the stand-in
once, and does nothing."""

import time

import rp2
from machine import RTC, SPI, UART, Pin

_PAGE = 256


class Idle:
    """Its own kernel and terminal."""

    def __init__(self):
        self.crashes = []
        self.kernel = self
        self._pins = [Pin(number, Pin.IN, Pin.PULL_UP) for number in range(11)]
        self._spi = SPI(0)
        self._ports = [UART(number, rxbuf=2048) for number in range(2)]
        self._clock = RTC()
        self._flash = rp2.Flash(start=0, len=4096)
        self._page = bytearray(_PAGE)
        for pin in self._pins:
            pin.irq(handler=self._woken)

    def _woken(self, _source):
        pass

    def step(self):
        """An output by every kind of part; milliseconds to wait, as Kernel.step() says."""
        self._clock.datetime()
        self._flash.readblocks(0, self._page, 0)
        self._spi.write(self._page)
        for port in self._ports:
            port.write(port.read() or b"")
        self._pins[0].value(time.ticks_ms() & 1)
        return 1000


def boot():
    return Idle()
