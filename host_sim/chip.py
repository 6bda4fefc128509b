"""The far side of the chip: what the world sees of the pins, ports, clock and flash.

Plain data in (time, contacts, received bytes) and plain data out (the list of outputs), in the
MicroPython subset: the same object stands behind the shims in both interpreters.
"""

import hashlib

TICKS_PERIOD = 2**30
# Every run passes the wrap of the tick counter 300 ms after the world's time began.
TICKS_AT_ZERO = TICKS_PERIOD - 300


class Chip:
    """One power cycle of one chip.

    flash: read(at, length), program(at, data), erase(at), size; outlives the chip.
    rtc_ms: what the real-time clock shows at world time 0, in milliseconds since 2000-01-01.
    noise: a number from the world's seed, another one at each power-on: the chip's random source.
    """

    def __init__(self, flash, now_ms=0, rtc_ms=0, noise=0):
        self.flash = flash
        self.now_ms = now_ms  # world time, never wraps
        self.rtc_ms = rtc_ms
        self._noise = noise
        self._drawn = 0  # how often it was asked for random bytes
        self.dead = False  # without power: nothing that a dying task does counts
        # ("pin", number, level), ("spi", id, bytes), ("uart", id, bytes), ("wdt", id, timeout)
        self.outputs = []
        self.uarts = {}  # id -> shims.machine.UART
        self.driven = {}  # pin -> level, only while an output drives it
        self.pulls = {}  # pin -> level
        self._contacts = []  # (pin, pin) pairs closed by switches outside
        self._joined = set()  # the pins in them
        self._watched = {}  # pin -> [last level, callback(old, new)]

    def power_off(self):
        """For good: nobody is told of anything any more."""
        self.dead = True
        self.uarts.clear()
        self._watched.clear()

    def ticks_ms(self):
        return (TICKS_AT_ZERO + self.now_ms) % TICKS_PERIOD

    def random(self, count):
        """What the runner gives a board in place of the chip's own generator; 32 bytes at most."""
        self._drawn += 1
        return hashlib.sha256(b"%d %d" % (self._noise, self._drawn)).digest()[:count]

    def output(self, kind, number, value):
        """Something leaves the chip; bytes are copied, their buffer is the driver's again."""
        if not self.dead:
            self.outputs.append((kind, number, bytes(value) if kind in ("spi", "uart") else value))

    def take_outputs(self):
        """What left the chip since the last call, in order."""
        outputs = self.outputs
        self.outputs = []
        return outputs

    def receive(self, uart, data):
        """Bytes arrive at a port; without an open port they are lost."""
        port = self.uarts.get(uart)
        if port is not None and not self.dead:
            port.feed(data)

    def set_contacts(self, contacts):
        """Switches outside now join these (pin, pin) pairs; edges raise their interrupts."""
        before = self._joined
        self._contacts = sorted(contacts)
        self._joined = {pin for pair in self._contacts for pin in pair}
        self._edges(self._joined.union(before))

    def drive(self, pin, level):
        """An output drives its pin to 0 or 1."""
        self.driven[pin] = level
        if pin in self._joined:
            self._edges(self._joined)
        self.output("pin", pin, level)

    def drive_open(self, pin, level):
        """The same for an open-drain output, which lets go of its pin for a 1; it is wired to
        switches alone: nothing else hears of it."""
        if level:
            self.driven.pop(pin, None)
        else:
            self.driven[pin] = 0
        if pin in self._joined:
            self._edges(self._joined)

    def watch(self, pin, callback):
        """Call callback(new level) at each change of the pin; None stops it."""
        if callback is None:
            self._watched.pop(pin, None)
        else:
            self._watched[pin] = [self.level(pin), callback]

    def level(self, pin):
        """What an input reads: the net of joined pins is low if any of them drives it low."""
        driven = self.driven
        if pin not in self._joined:
            return driven[pin] if pin in driven else self.pulls.get(pin, 0)
        net = self._contacts[0]
        if len(self._contacts) > 1:
            net = [pin]
            for here in net:
                for one, other in self._contacts:
                    if here == one and other not in net:
                        net.append(other)
                    elif here == other and one not in net:
                        net.append(one)
        is_driven = is_pulled_up = False
        for one in net:
            if one in driven:
                if not driven[one]:
                    return 0
                is_driven = True
            elif self.pulls.get(one):
                is_pulled_up = True
        return 1 if is_driven or is_pulled_up else 0

    def _edges(self, pins):
        """Tell the watchers of these pins; a pin that nothing joins keeps its level."""
        if self.dead:
            return
        for pin in pins:
            watch = self._watched.get(pin)
            if watch is not None:
                level = self.level(pin)
                if level != watch[0]:
                    watch[0] = level
                    watch[1](level)
