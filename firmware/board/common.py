"""What every board has: calendar clock, key slot, waiting, watchdog.

Which pins, ports and flash they stand on is the business of the board's own file alone.
"""

import binascii
import os
import time

from machine import RTC, WDT
from micropython import const

_KEY_MARK = const(b"TMK1")  # then the key, then CRC32 over both; the rest of the page stays erased
_KEY_BYTES = const(16)
_WIPE_MARK = const(b"TUIDAN WIPES ITS FLASH")  # in the slot's second page; long: none by chance
_PAGE = const(256)
_ERASE = const(6)  # the block device's operation of that number
_WATCHDOG_MS = const(8000)  # an RP2040 counts no further than 8,388


class Common:
    """`data` is the block device of the data volume, `key_slot` one with a block to itself."""

    def __init__(self, data, key_slot):
        self._data = data
        self._key_slot = key_slot
        self._rtc = RTC()
        self._watchdog = None

    def start_watchdog(self):
        """From now on the chip restarts 8 seconds after the last wait(). There is no way back."""
        self._watchdog = WDT(timeout=_WATCHDOG_MS)

    def wait(self, ms, woken):
        """Sleep until `ms` are over (None: for ever) or woken() is true; feeds the watchdog."""
        start = time.ticks_ms()
        while True:
            if self._watchdog is not None:
                self._watchdog.feed()
            if woken() or (ms is not None and time.ticks_diff(time.ticks_ms(), start) >= ms):
                return
            time.sleep_ms(1)

    def now(self):
        """(year, month, day, hour, minute, second) of the calendar clock."""
        year, month, day, _, hour, minute, second, _ = self._rtc.datetime()
        return (year, month, day, hour, minute, second)

    def set_clock(self, year, month, day, hour, minute, second):
        self._rtc.datetime((year, month, day, 0, hour, minute, second, 0))

    def random(self, count):
        """So many bytes that nobody can foretell, by the chip's own generator."""
        return os.urandom(count)

    def data_flash(self):
        """Block device of the data volume: mount it with progsize=256, mtime=False."""
        return self._data

    def ciphers(self):
        """The block ciphers for main.run: DES as machine code, AES by the board's cryptolib. The
        file of a board that leaves cryptolib out gives protocol.mac.aes_plain's instead."""
        from protocol.mac import des_viper
        from protocol.mac.portable import PortableCiphers

        return PortableCiphers(des_viper)

    def tmk(self):
        """The terminal master key, 16 bytes, or None where none was injected."""
        slot = bytearray(len(_KEY_MARK) + _KEY_BYTES + 4)
        self._key_slot.readblocks(0, slot, 0)
        body, check = slot[:-4], slot[-4:]
        if body[: len(_KEY_MARK)] != _KEY_MARK or binascii.crc32(body).to_bytes(4, "big") != check:
            return None
        return bytes(body[len(_KEY_MARK) :])

    def wiping(self):
        """Whether a wiping has begun and not ended."""
        mark = bytearray(len(_WIPE_MARK))
        self._key_slot.readblocks(0, mark, _PAGE)
        return mark == _WIPE_MARK

    def begin_wiping(self):
        """The mark goes behind the key, then the key is written over: nothing needs erasing yet."""
        page = bytearray(b"\xff" * _PAGE)
        page[: len(_WIPE_MARK)] = _WIPE_MARK
        self._key_slot.writeblocks(0, page, _PAGE)
        self._key_slot.writeblocks(0, bytearray(_PAGE), 0)

    def end_wiping(self):
        self._key_slot.ioctl(_ERASE, 0)

    def store_tmk(self, key):
        """Key injection, at the factory: replaces the slot's key."""
        if len(key) != _KEY_BYTES:
            raise ValueError("the TMK has 16 bytes")
        body = _KEY_MARK + key
        page = bytearray(b"\xff" * _PAGE)
        page[: len(body) + 4] = body + binascii.crc32(body).to_bytes(4, "big")
        self._key_slot.ioctl(_ERASE, 0)
        self._key_slot.writeblocks(0, page, 0)
