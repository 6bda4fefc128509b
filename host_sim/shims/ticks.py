"""The tick functions of MicroPython's `time`, with the period that a 32-bit board has.

On CPython install() adds them to the real `time` module; on MicroPython, time.py gives them.
"""

import machine

_PERIOD = 2**30
_HALF = 2**29


def ticks_ms():
    return machine.board.ticks_ms()


def ticks_diff(end, start):
    """end - start, in -2**29 to 2**29 - 1."""
    # The numbers above, spelt out: it is asked for each task in each round of the kernel.
    return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


def ticks_add(ticks, delta):
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & (_PERIOD - 1)


def sleep_ms(ms):
    """Only a real board waits; the simulator jumps its clock between steps."""
    raise RuntimeError("a simulated board never waits")
