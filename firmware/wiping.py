"""Everything that makes this terminal somebody's goes: keys, passwords, parameters, records.

The mark in the key slot is first and goes last: whoever finds it at boot begins again from the top,
so a power cut leaves the terminal as it was, or blank.
"""

from micropython import const

_BLOCK = const(4096)
_COUNT = const(4)  # the block device's operations
_ERASE = const(6)
_PIECE = const(256)


def resume(board):
    """At boot, before anything is read: what a power cut interrupted."""
    if board.wiping():
        for _ in steps(board):
            pass


def steps(board):
    """Do it; yields between two blocks, each of which may take half a second."""
    board.begin_wiping()
    data = board.data_flash()
    piece = bytearray(_PIECE)
    for block in range(data.ioctl(_COUNT, 0)):
        if not _erased(data, block, piece):
            data.ioctl(_ERASE, block)
            yield
    board.end_wiping()


def _erased(data, block, piece):
    for at in range(0, _BLOCK, _PIECE):
        data.readblocks(block, piece, at)
        if piece != b"\xff" * _PIECE:
            return False
    return True


def blank(terminal):
    """The parts of a terminal whose flash was wiped; its language stays the operator's."""
    from firmware.journal import Journal
    from firmware.params import Counters, Params
    from firmware.storage import Storage

    language = terminal.params.language
    terminal.storage = storage = Storage(terminal.board.data_flash())
    terminal.params = terminal.host.params = Params(storage)
    terminal.counters = Counters(storage)
    terminal.journal = Journal(storage)
    terminal.settling = False
    keys = terminal.keys
    keys._storage = storage
    keys.tmk = keys.mac = None
    keys.key_id = 0
    keys.algorithm = terminal.params.mac
    terminal.operator = terminal.case = terminal.in_hand = None
    terminal.signed_on = False
    terminal.params.language = language
    terminal.params.save()
