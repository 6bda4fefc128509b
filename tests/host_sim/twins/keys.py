"""Twin program: board, kernel and keypad driver on the stand-in chip, over the tick wrap."""

import time

import machine

from firmware.board.pico import Board
from firmware.drivers.keypad import Keypad
from firmware.kernel import Kernel
from host_sim.bench.flash import Flash
from host_sim.chip import Chip

chip = machine.board = Chip(Flash())
board = Board()
kernel = Kernel()
keypad = Keypad(kernel, board.rows, board.columns)
kernel.spawn(keypad.run())


def run(ms):
    end = chip.now_ms + ms
    left = kernel.step()
    while left is not None and chip.now_ms + left <= end:
        chip.now_ms += left
        left = kernel.step()
    chip.now_ms = end
    print(chip.now_ms, time.ticks_ms(), left, chip.take_outputs())


run(0)
for row in (6, 7, 8, 9):
    for column in (10, 11, 12, 13):
        chip.set_contacts([(row, column)])
        run(3)
        chip.set_contacts([])
        run(1)
        chip.set_contacts([(row, column)])
        run(40)
        chip.set_contacts([(row, column), (6, 10)])
        run(30)
        chip.set_contacts([])
        run(40)
while keypad.queue.ready:
    print(keypad.queue.get())

print(board.tmk())
board.store_tmk(bytes(range(16)))
print(board.tmk())
for date in ((2000, 1, 1), (2024, 2, 29), (2026, 12, 31), (2099, 12, 31), (2100, 3, 1)):
    board.set_clock(date[0], date[1], date[2], 23, 59, 58)
    print(board.now())
    run(2000)
    print(board.now())
