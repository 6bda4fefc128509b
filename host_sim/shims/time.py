"""`time` for the firmware on MicroPython's unix port: the world's ticks and nothing else.

CPython never sees this file: its own `time` is built in and found first.
"""

from ticks import sleep_ms, ticks_add, ticks_diff, ticks_ms  # noqa: F401
