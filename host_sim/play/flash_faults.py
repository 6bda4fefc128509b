"""What befalls a terminal's flash while its power is off: it fills up, its open records decay.

Done through the firmware's own files, so that nothing but this is wrong with it.
"""

from host_sim.world import pico_board, prepare_flash

JUNK = "junk"  # a file of nobody's
_PIECE = 2048


def fill(storage):
    """Not one block stays free."""
    for volume in storage.volumes:
        for number in range(2):  # what the first one's end took with it, the second takes
            try:
                with volume.open(JUNK + str(number), "wb") as file:
                    while True:
                        file.write(bytes(_PIECE))
                        file.flush()
            except OSError:
                pass


def clear(storage):
    """The room is free again."""
    for volume in storage.volumes:
        for number in range(2):
            try:
                volume.remove(JUNK + str(number))
            except OSError:
                pass


def decay(storage):
    """A bit of every open record flips, in both copies: one alone would be mended."""
    from firmware.journal import Journal, path

    for record in Journal(storage).open_records():
        for volume in storage.volumes:
            with volume.open(path(record.key()), "rb") as file:
                data = bytearray(file.read())
            data[30] ^= 1
            with volume.open(path(record.key()), "wb") as file:
                file.write(data)


def _on(world, change):
    def prepare(board):
        from firmware.storage import Storage

        change(Storage(board.data_flash()))

    prepare_flash(world.device.flash, prepare, pico_board)


# As the key scripts call it: function of a World whose power is off.
HAPPEN = {
    "full": lambda world: _on(world, fill),
    "empty": lambda world: _on(world, clear),
    "decay": lambda world: _on(world, decay),
}
