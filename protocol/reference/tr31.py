"""The other end of protocol/activation.py: a key into a TR-31 block of version B.

The padding is handed in, so that a simulated host gives the same bytes again.
"""

from protocol.activation import cmac, derived, xored
from protocol.errors import LocalMisuse

PADDING = 6  # bytes; fills up a key of 8 or 16
TMK = "K0TD"  # usage, algorithm, mode: a key encryption key, TDES, for decryption only


def wrapped(secret, key, ciphers, padding, kind=TMK):
    """The block, 64 or 80 characters. secret: 8 or 16 bytes; key: 16; padding: 6 bytes that nobody
    can foretell."""
    if len(secret) not in (8, 16) or (len(key), len(padding)) != (16, PADDING):
        raise LocalMisuse("tr31", "a key or padding of the wrong length")
    clear = (len(secret) * 8).to_bytes(2, "big") + secret + padding
    header = b"B%04d%s00N0000" % (32 + 2 * len(clear), kind.encode())
    mac = cmac(header + clear, ciphers.des(derived(key, 1, ciphers)))
    sealing, body, before = ciphers.des(derived(key, 0, ciphers)), b"", mac
    for at in range(0, len(clear), 8):
        before = sealing.encrypt(xored(clear[at : at + 8], before))
        body += before
    return header.decode() + (body + mac).hex().upper()
