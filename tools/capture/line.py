"""Taps a real line: forwards between two ports and writes down what passes, masked.

Forwarding goes first: a piece is written down only after it was handed on.
"""
import os
import select
import signal
import time
from contextlib import contextmanager, suppress

from tools.capture.latency import Latency
from tools.capture.recording import Packet, Writer
from tools.capture.units import Splitter

ALONE_US = 50_000       # of silence: a byte that stands alone is a control byte
SILENCE_US = 500_000    # a frame that stops for so long is abandoned, as the line's rules have it
MOST_WAITING = 65_536   # bytes that one end does not take; then the other is read no further
PROGRESS_S = 1.0
PAUSE_S = 0.05          # as long as a byte alone may wait to be told


class Ear:
    """One direction: bytes with their times in, units with the time of their first byte out."""

    def __init__(self):
        self._splitter = Splitter()
        self._marks = []        # [bytes, at_us] of the reads that wait to be told
        self.heard_us = 0

    @property
    def since_us(self):
        """The time of what waits for its end; None if nothing does."""
        return self._marks[0][1] if self._marks else None

    def feed(self, data, at_us):
        self._marks.append([len(data), at_us])
        self.heard_us = at_us
        return self._told(self._splitter.feed(data))

    def silent(self, now_us):
        """Units that silence has ended by now."""
        if not self._marks:
            return []
        alone = sum(size for size, _ in self._marks) == 1
        if now_us - self.heard_us < (ALONE_US if alone else SILENCE_US):
            return []
        return self.end()

    def end(self):
        return self._told(self._splitter.feed(b"", ended=True))

    def _told(self, units):
        told = []
        for unit in units:
            told.append((self._marks[0][1], unit))
            left = len(unit)
            while left:
                used = min(left, self._marks[0][0])
                left -= used
                self._marks[0][0] -= used
                if not self._marks[0][0]:
                    self._marks.pop(0)
        return told


class LineRecorder:
    """Writes what two Ears hear in the order of time, into the files of a Rotation. Raises OSError
    where a file takes no more; what is in it then is whole."""

    def __init__(self, rotation, run, masker, at_us):
        self._rotation = rotation
        self._run = run
        self._masker = masker
        self._ears = {"out": Ear(), "in": Ear()}
        self._ready = []        # (at_us, number, way, unit)
        self._last = None       # (way, at_us) of the last one written
        self.packets = 0
        self._number = 0
        self._begin(at_us)

    @property
    def files(self):
        return self._rotation.files

    @property
    def waits(self):
        """Whether silence would tell something."""
        return any(ear.since_us is not None for ear in self._ears.values())

    def hear(self, way, data, at_us):
        self._take(way, self._ears[way].feed(data, at_us))

    def silent(self, now_us):
        for way, ear in self._ears.items():
            self._take(way, ear.silent(now_us))

    def end(self, now_us, words):
        """Write down what still waits, and `words` as the last of the file."""
        for way, ear in self._ears.items():
            self._take(way, ear.end())
        self._writer.end(now_us, words)

    def close(self):
        self._file.close()

    def _take(self, way, units):
        for at_us, unit in units:
            self._number += 1
            self._ready.append((at_us, self._number, way, unit))
        self._ready.sort()
        waiting = [ear.since_us for ear in self._ears.values() if ear.since_us is not None]
        while self._ready and all(self._ready[0][0] <= since for since in waiting):
            at_us, _, way, unit = self._ready[0]
            self._write(at_us, way, unit)
            self._ready.pop(0)

    def _write(self, at_us, way, unit):
        if self._writer.packets and self._rotation.due(self._file, at_us):
            self._next(at_us)
        joined = {"joined": "yes"} if self._last == (way, at_us) else {}
        data, notes = self._masker.unit(unit)
        self._writer.write(Packet(at_us, "wire", way, data, joined | notes))
        self._last = way, at_us
        self.packets += 1

    def _begin(self, at_us):
        file = self._rotation.open(at_us)
        try:
            self._writer = Writer(file, self._run)
        except OSError:
            self._rotation.drop(file)
            raise
        self._file = file

    def _next(self, at_us):
        """The next file is open before this one is closed."""
        writer, file = self._writer, self._file
        self._begin(at_us)
        with suppress(OSError):  # it is whole without this
            writer.end(at_us, "goes on in the next file")
        file.close()


class Clock:
    """Microseconds since 1970 that never go back: the wall's at the start, then the ticks'."""

    def __init__(self):
        self._start = time.time_ns() - time.monotonic_ns()

    def now_us(self):
        return (self._start + time.monotonic_ns()) // 1000


@contextmanager
def interruptions():
    """A descriptor that can be read once Ctrl-C was pressed, or the process asked to end."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    before_fd = signal.set_wakeup_fd(write)
    before = {sign: signal.signal(sign, lambda *_: None)
              for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield read
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(read)
        os.close(write)


class Bridge:
    """Forwards between two ports until one is gone or Ctrl-C; hands on first, then tells `hear`.

    `terminal` and `host` are capture.ports.Port. The latency counts from the last moment at which
    the piece was not there yet to the moment that the other port took the last of it.
    """

    def __init__(self, terminal, host, clock):
        self._ends = {terminal: ("out", host), host: ("in", terminal)}
        self._clock = clock
        self._waiting = {terminal: bytearray(), host: bytearray()}  # for that port
        self._since = {}
        self.latency = Latency()
        self.bytes = 0

    def run(self, interrupted, recorder, progress):
        """Raises Gone, and OSError out of the recorder; returns at Ctrl-C."""
        told_us = asked_us = self._clock.now_us()
        while True:
            arrived_us, asked_us = asked_us, self._clock.now_us()
            readable, writable = self._select(interrupted, 0)
            if not readable and not writable:
                readable, writable = self._select(
                    interrupted, PAUSE_S if recorder.waits else PROGRESS_S)
                arrived_us = asked_us = self._clock.now_us()
            if interrupted in readable:
                return
            for port in writable:
                self._flush(port)
            for port in readable:
                self._forward(port, arrived_us, recorder)
            now_us = self._clock.now_us()
            recorder.silent(now_us)
            if now_us - told_us >= PROGRESS_S * 1_000_000:
                progress(now_us)
                told_us = now_us

    def _select(self, interrupted, seconds):
        by_descriptor = {port.descriptor: port for port in self._ends}
        reads = [port.descriptor for port, (_, other) in self._ends.items()
                 if len(self._waiting[other]) < MOST_WAITING]
        writes = [port.descriptor for port, waiting in self._waiting.items() if waiting]
        readable, writable, _ = select.select([*reads, interrupted], writes, [], seconds)
        return ([by_descriptor.get(one, interrupted) for one in readable],
                [by_descriptor[one] for one in writable])

    def _forward(self, port, arrived_us, recorder):
        way, other = self._ends[port]
        data = port.read()
        at_us = self._clock.now_us()
        if not data:
            return
        self.bytes += len(data)
        self._waiting[other] += data
        self._since.setdefault(other, arrived_us)
        try:
            self._flush(other)
        finally:
            recorder.hear(way, data, at_us)

    def _flush(self, port):
        waiting = self._waiting[port]
        taken = port.write(waiting)
        waiting[:taken] = b""
        if not waiting and port in self._since:
            self.latency.add(max(0, self._clock.now_us() - self._since.pop(port)))
