"""The other end of protocol/activation.py: a TMK into a TR-31 block of version B.

The padding is handed in, so that a simulated host gives the same bytes again.
"""

from protocol.activation import cmac, derived, xored
from protocol.errors import LocalMisuse
from protocol.keys import TMK_SIZE

PADDING = 6


def wrapped(tmk, key, ciphers, padding):
    """The block, 80 characters. tmk, key: 16 bytes; padding: 6 bytes that nobody can foretell."""
    if (len(tmk), len(key), len(padding)) != (TMK_SIZE, 16, PADDING):
        raise LocalMisuse("tr31", "a key or padding of the wrong length")
    header = b"B0080K0TD00N0000"
    clear = b"\x00\x80" + tmk + padding
    mac = cmac(header + clear, ciphers.des(derived(key, 1, ciphers)))
    sealing, body, before = ciphers.des(derived(key, 0, ciphers)), b"", mac
    for at in range(0, len(clear), 8):
        before = sealing.encrypt(xored(clear[at : at + 8], before))
        body += before
    return header.decode() + (body + mac).hex().upper()
