"""Raspberry Pi Pico: the only file that names its pins, ports and flash addresses.

The data volume and the key slot lie at the end of the file region; the installer keeps the
board's root file system below DATA_START.
"""

import rp2
from machine import SPI, UART, Pin
from micropython import const

from firmware.board.common import Common

_FILE_REGION = const(1408 * 1024)
_BLOCK = const(4096)
_KEY_START = const(_FILE_REGION - _BLOCK)
_DATA_BYTES = const(64 * _BLOCK)
DATA_START = const(_KEY_START - _DATA_BYTES)


class Board(Common):
    """The terminal's machine objects, ready for the drivers."""

    NAME = "pico"

    def __init__(self, link_baud=115200):
        super().__init__(
            rp2.Flash(start=DATA_START, len=_DATA_BYTES), rp2.Flash(start=_KEY_START, len=_BLOCK)
        )
        self.rows = [Pin(number, Pin.OPEN_DRAIN, value=1) for number in (6, 7, 8, 9)]
        self.columns = [Pin(number, Pin.IN, Pin.PULL_UP) for number in (10, 11, 12, 13)]
        self.lcd_spi = SPI(0, baudrate=4000000, sck=Pin(18), mosi=Pin(19), miso=None)
        self.lcd_cs = Pin(17, Pin.OUT, value=1)
        self.lcd_dc = Pin(20, Pin.OUT, value=0)
        self.lcd_reset = Pin(21, Pin.OUT, value=1)
        # Both buffers hold the largest frame (1,024 bytes and its framing) with room to spare.
        self.link_uart = UART(
            0, baudrate=link_baud, tx=Pin(0), rx=Pin(1), txbuf=2048, rxbuf=2048
        )
        self.printer_uart = UART(1, baudrate=9600, tx=Pin(4), rx=Pin(5), txbuf=4096, rxbuf=128)
        self.reader_uart = self.printer_uart  # card head and scanner speak on the printer's RX
