"""What the flash of a terminal holds, for one whose firmware is out of reach in another process.

Read from a copy by the firmware's own files: what is shown is what would outlive a power cut.
"""
from host_sim.world import pico_board, prepare_flash


class Lid:
    """Looks under a Device's lid; anew only after the flash was written."""

    def __init__(self, device):
        self._device = device
        self._looked_at = None
        self._records = []

    def records(self):
        """The open records of the journal."""
        flash = self._device.flash
        if flash.operations != self._looked_at:
            self._looked_at = flash.operations
            prepare_flash(flash.copy(), self._read, pico_board)
        return self._records

    def _read(self, board):
        from firmware.journal import Journal
        from firmware.storage import Storage

        self._records = list(Journal(Storage(board.data_flash())).open_records())
