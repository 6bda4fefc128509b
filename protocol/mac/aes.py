"""AES-CMAC (RFC 4493) on MicroPython's cryptolib, loaded only where a terminal's MAC is aes-cmac.

A board whose cryptolib is left out can still do everything else, or this too by aes_plain.py.
"""

from protocol.errors import LocalMisuse

_ECB = 1  # cryptolib's number of the mode
_RB = 0x87  # RFC 4493: what the shifted-out bit turns into


class Aes:
    """One AES-128 key."""

    def __init__(self, key):
        if len(key) != 16:
            raise LocalMisuse("key", "AES-128 has no key of %d bytes" % len(key))
        self.encrypt = self._encryptor(key)

    def _encryptor(self, key):
        """What encrypts one block of 16 bytes."""
        try:
            from cryptolib import aes
        except ImportError:
            raise LocalMisuse("mac", "this board has no AES") from None
        return aes(key, _ECB).encrypt

    def cmac(self, data):
        """RFC 4493, all 16 bytes."""
        data = bytes(data)
        subkey = _doubled(self.encrypt(bytes(16)))
        tail = len(data) - (len(data) - 1) // 16 * 16 if data else 0
        last = data[len(data) - tail :]
        if tail < 16:
            last += b"\x80" + bytes(15 - tail)
            subkey = _doubled(subkey)
        block = bytes(16)
        for at in range(0, len(data) - tail, 16):
            block = self.encrypt(_xor(block, data[at : at + 16]))
        return self.encrypt(_xor(block, _xor(last, subkey)))


def _xor(one, other):
    return bytes(one[i] ^ other[i] for i in range(16))


def _doubled(block):
    """The block shifted left by one bit, as RFC 4493 makes its subkeys."""
    number = int.from_bytes(block, "big") << 1
    if block[0] & 0x80:
        number ^= 1 << 128 | _RB
    return number.to_bytes(16, "big")
