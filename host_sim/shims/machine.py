"""Stands in for MicroPython's `machine`, as the rp2 port has it: Pin, SPI, UART, RTC, WDT.

In the MicroPython subset, because it also runs there. `board` (a host_sim.chip.Chip) is set by
the runner before each step; an object keeps the board that it was made on.
"""

board = None


class Pin:
    """A pin by its number; two objects for one number share the pin."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8

    def __init__(self, id, mode=-1, pull=-1, value=None):
        self._chip = board
        self._id = id
        self._put = board.drive_open if mode == self.OPEN_DRAIN else board.drive
        if pull == self.PULL_UP:
            board.pulls[id] = 1
        elif pull == self.PULL_DOWN:
            board.pulls[id] = 0
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Read the pin, or drive it; an open-drain output only ever pulls down."""
        if level is None:
            return self._chip.level(self._id)
        self._put(self._id, 1 if level else 0)
        return None

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING):
        """Call handler(pin) at the chosen edges, the ones that the chip itself makes included."""

        def edge(level):
            if trigger & (self.IRQ_RISING if level else self.IRQ_FALLING):
                handler(self)

        self._chip.watch(self._id, None if handler is None else edge)


class SPI:
    """Write-only: nothing on these boards answers."""

    def __init__(self, id, baudrate=1000000, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        self._chip = board
        self._id = id

    def write(self, data):
        self._chip.output("spi", self._id, data)


class UART:
    """Bytes that come while `rxbuf` is full are lost, as on the chip."""

    IRQ_RXIDLE = 0x40

    def __init__(
        self, id, baudrate=115200, bits=8, parity=None, stop=1,
        tx=None, rx=None, txbuf=256, rxbuf=256,
    ):  # fmt: skip
        self.baudrate = baudrate
        self._chip = board
        self._id = id
        self._room = rxbuf
        self._received = bytearray()
        self._handler = None
        board.uarts[id] = self

    def irq(self, handler=None, trigger=IRQ_RXIDLE):
        """Call handler(uart) when the line falls idle behind received bytes."""
        self._handler = handler

    def feed(self, data):
        """The world's end: one burst arrives."""
        self._received.extend(data[: self._room - len(self._received)])
        if self._handler is not None:
            self._handler(self)

    def any(self):
        return len(self._received)

    def read(self, count=-1):
        """Bytes that have come, at most `count`; None if there are none."""
        if not self._received:
            return None
        if count < 0:
            count = len(self._received)
        data = bytes(self._received[:count])
        self._received[:count] = b""
        return data

    def write(self, data):
        """Takes all of it: the line outside does the pacing."""
        self._chip.output("uart", self._id, data)
        return len(data)


class RTC:
    """The calendar clock; its battery outlives the chip's power."""

    def __init__(self):
        self._chip = board

    def datetime(self, fields=None):
        """Read or set (year, month, day, weekday, hour, minute, second, subsecond)."""
        if fields is None:
            return _fields(self._chip.rtc_ms + self._chip.now_ms)
        if not self._chip.dead:
            self._chip.rtc_ms = _milliseconds(fields) - self._chip.now_ms
        return None


class WDT:
    """The watchdog: what it is told can be seen from outside, and that is all."""

    def __init__(self, *, id=0, timeout=5000):
        self._chip = board
        self._id = id
        self._chip.output("wdt", id, timeout)

    def feed(self):
        self._chip.output("wdt", self._id, None)


def _days(year, month, day):
    """Days since 2000-01-01 of a Gregorian date."""
    if month < 3:  # count years from March: the leap day comes last
        year -= 1
        month += 12
    leaps = year // 4 - year // 100 + year // 400
    return 365 * year + leaps + (153 * month - 457) // 5 + day - 730426


def _milliseconds(fields):
    year, month, day, _, hour, minute, second, _ = fields
    days = _days(year, month, day)
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000


def _fields(ms):
    seconds = ms // 1000
    days = seconds // 86400
    year = 2000 + days // 366
    while _days(year + 1, 1, 1) <= days:
        year += 1
    month = 1
    while month < 12 and _days(year, month + 1, 1) <= days:
        month += 1
    day = days - _days(year, month, 1) + 1
    # 2000-01-01 was a Saturday; 0 is Monday.
    weekday = (days + 5) % 7
    return (year, month, day, weekday, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, 0)
