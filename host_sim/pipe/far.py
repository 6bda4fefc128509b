"""The board's end of the pipe, on MicroPython: a chip whose far side is another process.

Run with the name of a program (host_sim/pipe/terminal.py), the size of the flash and Chip's noise.
Whatever this takes of the heap a real board has for itself, so it takes little: nothing is kept,
every buffer is there from the start.
"""

import gc
import struct
import sys

import machine
from micropython import const

from host_sim.chip import Chip
from host_sim.pipe import frames

_BUFFER = const(512)
_GARBAGE = const(2048)  # bytes between two collections, as firmware/loader.py has it
_OUTPUTS = {"pin": frames.PIN, "spi": frames.SPI, "uart": frames.UART}


class Pipe:
    """Frames out are gathered and leave together, frames in come one at a time."""

    def __init__(self, source, sink):
        self._source = source
        self._sink = sink
        self._head = bytearray(frames.HEAD_SIZE)
        self._out = bytearray(_BUFFER)
        self._held = 0  # bytes of _out that have not left

    def send(self, kind, number=0, value=0, data=b"", size=None):
        """A frame; `size` where it is not that of the data."""
        if self._held + frames.HEAD_SIZE > _BUFFER:
            self.flush()
        at = self._held
        size = len(data) if size is None else size
        struct.pack_into(frames.HEAD, self._out, at, kind, number, size, value)
        self._held = at = at + frames.HEAD_SIZE
        if at + len(data) > _BUFFER:
            self.flush()
            self._sink.write(data)
        else:
            self._held += len(data)
            self._out[at : self._held] = data

    def flush(self):
        if self._held:
            self._sink.write(memoryview(self._out)[: self._held])
            self._held = 0

    def next(self):
        """(kind, number, size, value) of the next frame."""
        self.read(self._head)
        return struct.unpack(frames.HEAD, self._head)

    def read(self, buffer):
        """Fill the buffer; this process ends when the world's does."""
        if self._source.readinto(buffer) != len(buffer):
            sys.exit(0)


class FarFlash:
    """The flash lies with the world: the firmware waits for each operation."""

    def __init__(self, pipe, size):
        self.size = size
        self._pipe = pipe
        self._answer = bytearray(1)

    def readinto(self, at, buffer):
        self._pipe.send(frames.READ, value=at, size=len(buffer))
        self._pipe.flush()
        self._pipe.read(buffer)

    def program(self, at, data):
        self._change(frames.PROGRAM, at, data)

    def erase(self, at):
        self._change(frames.ERASE, at, b"")

    def _change(self, kind, at, data):
        self._pipe.send(kind, 0, at, data)
        self._pipe.flush()
        self._pipe.read(self._answer)


class FarChip(Chip):
    """What leaves the chip goes into the pipe at once."""

    def __init__(self, pipe, flash, noise):
        super().__init__(flash, noise=noise)
        self._pipe = pipe

    def output(self, kind, number, value):
        if kind == "pin":
            self._pipe.send(frames.PIN, number, value)
        elif kind in _OUTPUTS:
            self._pipe.send(_OUTPUTS[kind], number, 0, value)


def run(program, flash_size, noise):
    """Serve the world until it closes the pipe; a fault of the firmware ends the process."""
    gc.threshold(_GARBAGE)
    pipe = Pipe(sys.stdin.buffer, sys.stdout.buffer)
    chip = machine.board = FarChip(pipe, FarFlash(pipe, flash_size), noise)
    buffer = memoryview(bytearray(_BUFFER))
    terminal = None
    clock = 0
    while True:
        kind, number, size, value = pipe.next()
        if kind == frames.CLOCK:
            clock = chip.rtc_ms = value
        elif kind == frames.CONTACTS:
            pipe.read(buffer[:size])
            chip.set_contacts([(buffer[at], buffer[at + 1]) for at in range(0, size, 2)])
        elif kind == frames.RECEIVED:
            while size:
                part = buffer[: min(size, _BUFFER)]
                pipe.read(part)
                chip.receive(number, part)
                size -= len(part)
        elif kind == frames.MEMORY:
            gc.collect()
            pipe.send(frames.DONE, value=gc.mem_alloc())
            pipe.flush()
        else:
            chip.now_ms = value
            left = None
            if kind == frames.BOOT:
                terminal = __import__(program, None, None, ("boot",)).boot()
            else:
                left = terminal.kernel.step()
            if terminal.crashes:
                pipe.flush()
                raise terminal.crashes[0][1]
            if chip.rtc_ms != clock:
                clock = chip.rtc_ms
                pipe.send(frames.CLOCK, value=clock)
            pipe.send(frames.DONE, value=-1 if left is None else left)
            pipe.flush()


run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
