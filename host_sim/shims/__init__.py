"""MicroPython's modules for CPython: install() puts them where firmware will import them."""

import sys
import time
import traceback
from pathlib import Path
from typing import TextIO

_HERE = Path(__file__).parent


def install() -> None:
    """Make `machine`, `rp2`, `esp32`, `framebuf`, `vfs`, `cryptolib` and `micropython` importable,
    and add what the real `time` and `sys` lack. Doing it twice changes nothing."""
    for folder in (_HERE, _HERE / "cpython"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    import ticks

    for name in ("ticks_ms", "ticks_diff", "ticks_add", "sleep_ms"):
        setattr(time, name, getattr(ticks, name))
    setattr(sys, "print_exception", _print_exception)  # noqa: B010 - mypy knows no such name


def _print_exception(error: BaseException, file: TextIO) -> None:
    file.write("".join(traceback.format_exception(error)))
