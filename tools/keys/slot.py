"""A terminal's key slot: that of a board at a port, or of a flash in a file (tuidan terminal).

A key goes to a board in a file that only we can read, never in the words of a command.
"""
import tempfile
from pathlib import Path

from host_sim.bench.flash import BLOCK, PICO_BYTES, Flash
from host_sim.ptyboard import flashfile
from host_sim.world import pico_board, prepare_flash
from tools.board import Board, Failed
from tools.keys import on_board
from tools.keys.parts import CIPHERS, Wrong

PROGRAM = Path(on_board.__file__)


class FlashFile:
    """`path`: as `tuidan terminal --flash` has it; that terminal must be off."""

    def __init__(self, path):
        self.name = str(path)
        data = flashfile.read(path)
        if len(data) != PICO_BYTES:
            raise Wrong(f"{path} is no flash of a terminal")
        self._flash = Flash()
        for at in range(0, PICO_BYTES, BLOCK):
            if data[at:at + BLOCK] != b"\xff" * BLOCK:
                self._flash.program(at, data[at:at + BLOCK])

    def show(self):
        return self._on_board(on_board.keys_of)

    def inject(self, key, numbers):
        return self._on_board(lambda board: on_board.inject(board, key.value, numbers), keep=True)

    def wipe(self):
        return self._on_board(on_board.wipe_keys, keep=True)

    def key(self):
        """The TMK's bytes, for wrapping; None in an empty slot."""
        return self._on_board(lambda board: board.tmk())

    def _on_board(self, work, keep=False):
        results = []

        def done(board):
            board.ciphers = lambda: CIPHERS  # its own are machine code
            results.append(work(board))

        prepare_flash(self._flash, done, pico_board)
        if keep:
            flashfile.write(self.name, self._flash.read(0, PICO_BYTES))
        return results[0]


class AtPort:
    """A board at a serial port; it is restarted behind each of these."""

    def __init__(self, port):
        self.name = port
        self._board = Board(port)
        self._board.check_port()

    def show(self):
        return self._ask("keys_of(terminal_board())")

    def inject(self, key, numbers):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:  # mode 600
            file.write(f"key = bytes.fromhex({key.value.hex()!r})\n")
            file.flush()
            return self._ask(f"inject(terminal_board(), key, {numbers!r})", file.name)

    def wipe(self):
        return self._ask("wipe_keys(terminal_board())")

    def _ask(self, expression, *programs):
        if not self._board.hold()["active"]:
            raise Failed(f"no terminal is installed on the board at {self.name}: tuidan flash does "
                         "that")
        return self._board.ask(expression, reset=True, programs=(PROGRAM, *programs))
