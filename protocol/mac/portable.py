"""The device's ciphers: DES in plain Python, AES by MicroPython's cryptolib.

A board whose cryptolib is left out can still do everything but aes-cmac.
"""

from protocol.errors import LocalMisuse
from protocol.mac import des

_ECB = 1  # cryptolib's number of the mode
_RB = 0x87  # RFC 4493: what the shifted-out bit turns into


class PortableCiphers:
    """The `ciphers` of protocol.mac.Mac and protocol.keys, on the device."""

    def des(self, key):
        """DES (8-byte key) or triple DES (16 or 24 bytes)."""
        return Des(key)

    def aes(self, key):
        """AES-128. Raises LocalMisuse where the board has none."""
        return Aes(key)


class Des:
    """One key, its schedules worked out once."""

    def __init__(self, key):
        if len(key) not in (8, 16, 24):
            raise LocalMisuse("key", "DES has no key of %d bytes" % len(key))
        parts = [des.schedule(key[at : at + 8]) for at in range(0, len(key), 8)]
        if len(parts) == 1:
            self._forward = parts
        else:  # encrypt, decrypt, encrypt; 16 bytes: the first key again as third
            self._forward = [parts[0], des.reverse(parts[1]), parts[-1 if len(parts) == 3 else 0]]
        self._backward = None

    def encrypt(self, block):
        """8 bytes to 8 bytes."""
        return des.crypt(block, self._forward)

    def decrypt(self, block):
        """8 bytes to 8 bytes."""
        if self._backward is None:
            self._backward = [des.reverse(keys) for keys in reversed(self._forward)]
        return des.crypt(block, self._backward)

    def cbc_mac(self, data):
        """The last block of data (whole blocks, at least one) encrypted by CBC with IV 0."""
        return _chain(self.encrypt, data, 8)


class Aes:
    """One AES-128 key."""

    def __init__(self, key):
        if len(key) != 16:
            raise LocalMisuse("key", "AES-128 has no key of %d bytes" % len(key))
        try:
            from cryptolib import aes
        except ImportError:
            raise LocalMisuse("mac", "this board has no AES") from None
        self.encrypt = aes(key, _ECB).encrypt

    def cmac(self, data):
        """RFC 4493, all 16 bytes."""
        data = bytes(data)
        subkey = _doubled(self.encrypt(bytes(16)))
        tail = len(data) - (len(data) - 1) // 16 * 16 if data else 0
        last = data[len(data) - tail :]
        if tail < 16:
            last += b"\x80" + bytes(15 - tail)
            subkey = _doubled(subkey)
        return _chain(self.encrypt, data[: len(data) - tail] + _xor(last, subkey), 16)


def _chain(encrypt, data, size):
    block = bytes(size)
    for at in range(0, len(data), size):
        block = encrypt(_xor(block, data[at : at + size]))
    return block


def _xor(one, other):
    return bytes(one[i] ^ other[i] for i in range(len(one)))


def _doubled(block):
    """The block shifted left by one bit, as RFC 4493 makes its subkeys."""
    result = bytearray(16)
    carry = _RB if block[0] & 0x80 else 0
    for i in range(15, -1, -1):
        result[i] = block[i] << 1 & 0xFF ^ carry & 0xFF
        carry = block[i] >> 7
    return bytes(result)
