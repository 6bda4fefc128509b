"""What far.py runs: the terminal's own firmware on the Pico's board, with the device's ciphers."""

from firmware import main
from firmware.board.pico import Board
from protocol.mac import des_viper
from protocol.mac.portable import PortableCiphers


def boot():
    return main.start(Board(), PortableCiphers(des_viper))
