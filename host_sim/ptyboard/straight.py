"""The checkout's own firmware on the Pico on the desk, without files, loader or REPL."""

from host_sim.ptyboard import chip

chip.install()

from firmware import main  # noqa: E402 - needs the chip
from firmware.board.pico import Board  # noqa: E402

board = Board()
main.run(board, board.ciphers(), lambda: None)
