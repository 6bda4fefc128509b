"""What goes over the pipe between the world and a board on MicroPython: one form for all frames.

A frame is a head (kind, number, size, value) and `size` bytes behind it, which only READ has not.
In the MicroPython subset, because both ends read it.
"""

from micropython import const

HEAD = "<BBHq"
HEAD_SIZE = const(12)

# World to board; only BOOT, STEP and MEMORY are answered, by DONE.
CLOCK = const(1)  # value: the calendar clock, as Chip.rtc_ms
CONTACTS = const(2)  # bytes: the pairs of pins that switches now join
RECEIVED = const(3)  # number: the port; bytes: what came
BOOT = const(4)  # value: world time in ms
STEP = const(5)  # value: world time in ms
MEMORY = const(6)

# Board to world; CLOCK too, when the firmware sets it.
PIN = const(16)  # number; value: the level
SPI = const(17)  # number, bytes
UART = const(18)  # number, bytes
DONE = const(19)  # value: ms to wait, -1 for ever; after MEMORY, bytes of heap that are alive

# Board to world in the midst of a step, and the board waits: READ is answered by the bytes, the
# others by a byte 0 when it is done.
READ = const(32)  # value: where in the flash; size: how many
PROGRAM = const(33)  # value: where; bytes
ERASE = const(34)  # value: where
