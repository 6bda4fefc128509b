"""What far.py runs: the terminal's own firmware on the Pico's board, with the device's ciphers."""

import machine

from firmware import main
from firmware.board.pico import Board


def boot():
    board = Board()
    board.random = machine.board.random
    return main.start(board, board.ciphers())
