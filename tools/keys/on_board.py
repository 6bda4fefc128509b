"""What `tuidan keys` does in a terminal: on a board behind tools/on_board.py, and on a flash in a
file, where the same functions run on the board's stand-in. No key ever leaves by a return value.
"""

# mypy: ignore-errors

_ENTRY = 20  # bytes of a key in F62 of an 0810, the last four its check value
_PAGE = 256
_ERASE = 6


def keys_of(board):
    """{"terminal": its number, "keys": [[name, check value in hex, whether it opens]]}."""
    from firmware.params import Params
    from firmware.storage import Storage
    from protocol.errors import WireFault
    from protocol.keys import behind_keys, kcv, unwrap_working_keys

    ciphers = board.ciphers()
    storage = Storage(board.data_flash())
    tmk = board.tmk()
    told = [["TMK", kcv(tmk, ciphers).hex(), True]] if tmk else []
    stored = (storage.read("keys") or b"")[1:]
    good = False
    if stored and tmk:
        try:
            unwrap_working_keys(stored, tmk, ciphers)
            good = True
        except WireFault:
            pass
    end = len(stored) - len(behind_keys(stored))
    for at, name in enumerate(("PIK", "MAK", "TDK"), 1):
        if at * _ENTRY <= end:
            told.append([name, stored[at * _ENTRY - 4 : at * _ENTRY].hex(), good])
    return {"terminal": Params(storage).terminal, "keys": told}


def inject(board, key, numbers):
    """The TMK into the key slot; `numbers`: what to set in the parameters of a terminal that has
    none, by name. As keys_of: what is there now."""
    from firmware.params import Params
    from firmware.storage import Storage

    params = Params(Storage(board.data_flash()))
    if numbers and params.enrolled() and params.terminal != numbers["terminal"]:
        return {"terminal": params.terminal, "keys": []}  # another's: nothing is changed
    board.store_tmk(key)
    if numbers and not params.enrolled():
        for name in numbers:
            setattr(params, name, numbers[name])
        params.save()
    return keys_of(board)


def wipe_keys(board):
    """The TMK is written over, then erased; the working keys, which only it opens, go too. As
    keys_of."""
    from firmware.storage import Storage

    board._key_slot.writeblocks(0, bytearray(_PAGE), 0)
    board._key_slot.ioctl(_ERASE, 0)
    storage = Storage(board.data_flash())
    if storage.read("keys") is not None:
        storage.remove("keys")
    return keys_of(board)
