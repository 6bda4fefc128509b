"""Raspberry Pi Pico: the only file that names its pins, ports and flash addresses.

The data volume and the key slot lie at the end of the file region; the installer keeps the
board's root file system below DATA_START.
"""

import binascii
import time

import machine
import rp2
from machine import RTC, SPI, UART, Pin
from micropython import const

_FILE_REGION = const(1408 * 1024)
_BLOCK = const(4096)
_KEY_START = const(_FILE_REGION - _BLOCK)
_DATA_BYTES = const(64 * _BLOCK)
DATA_START = const(_KEY_START - _DATA_BYTES)

_KEY_MARK = b"TMK1"  # then the key, then CRC32 over both; the rest of the page stays erased
_KEY_BYTES = const(16)


class Board:
    """The terminal's machine objects, ready for the drivers."""

    def __init__(self, link_baud=115200):
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
        self.printer_uart = UART(1, baudrate=9600, tx=Pin(4), rx=Pin(5), txbuf=4096, rxbuf=64)
        self._rtc = RTC()
        self._key_flash = rp2.Flash(start=_KEY_START, len=_BLOCK)

    def wait(self, ms, woken):
        """Sleep until `ms` are over (None: for ever) or woken() is true."""
        start = time.ticks_ms()
        while not woken() and (ms is None or time.ticks_diff(time.ticks_ms(), start) < ms):
            machine.idle()

    def now(self):
        """(year, month, day, hour, minute, second) of the calendar clock."""
        year, month, day, _, hour, minute, second, _ = self._rtc.datetime()
        return (year, month, day, hour, minute, second)

    def set_clock(self, year, month, day, hour, minute, second):
        self._rtc.datetime((year, month, day, 0, hour, minute, second, 0))

    def data_flash(self):
        """Block device of the data volume: mount it with progsize=256, mtime=False."""
        return rp2.Flash(start=DATA_START, len=_DATA_BYTES)

    def tmk(self):
        """The terminal master key, 16 bytes, or None where none was injected."""
        slot = bytearray(len(_KEY_MARK) + _KEY_BYTES + 4)
        self._key_flash.readblocks(0, slot, 0)
        body, check = slot[:-4], slot[-4:]
        if body[: len(_KEY_MARK)] != _KEY_MARK or binascii.crc32(body).to_bytes(4, "big") != check:
            return None
        return bytes(body[len(_KEY_MARK) :])

    def store_tmk(self, key):
        """Key injection, at the factory: replaces the slot's key."""
        if len(key) != _KEY_BYTES:
            raise ValueError("the TMK has 16 bytes")
        body = _KEY_MARK + key
        page = bytearray(b"\xff" * 256)
        page[: len(body) + 4] = body + binascii.crc32(body).to_bytes(4, "big")
        self._key_flash.ioctl(6, 0)
        self._key_flash.writeblocks(0, page, 0)
