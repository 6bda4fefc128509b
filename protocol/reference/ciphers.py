"""The host's ciphers, by `cryptography`: one cipher object per key, kept and used again.

Same shape as protocol.mac.portable.PortableCiphers; both must agree on every byte. The cache is
bounded, and the objects must stay on one thread.
"""

from collections import OrderedDict
from functools import cached_property

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from protocol.errors import LocalMisuse
from protocol.mac.des import fold
from protocol.mac.sm4 import Ecb

CACHED_KEYS = 256


class Ciphers:
    """The `ciphers` of protocol.mac.Mac and protocol.keys, on the host."""

    def __init__(self, cached_keys=CACHED_KEYS):
        self._cached_keys = cached_keys
        self._cache = OrderedDict()

    def des(self, key):
        """DES (8-byte key) or triple DES (16 or 24 bytes)."""
        return self._cached(Des, key)

    def aes(self, key):
        """AES-128."""
        return self._cached(Aes, key)

    def sm4(self, key):
        return self._cached(Sm4, key)

    def fold(self, data):
        """All 8-byte blocks XORed into one; the last may be short."""
        return fold(data)

    def _cached(self, kind, key):
        slot = (kind, bytes(key))
        cipher = self._cache.get(slot)
        if cipher is None:
            cipher = self._cache[slot] = kind(slot[1])
            if len(self._cache) > self._cached_keys:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(slot)
        return cipher


class Des:
    """One DES or triple DES key; its ECB objects serve any number of blocks."""

    def __init__(self, key):
        if len(key) not in (8, 16, 24):
            raise LocalMisuse("key", f"DES has no key of {len(key)} bytes")
        # cryptography wants 24 bytes: key1 key1 key1 is DES, key1 key2 key1 is double length
        algorithm = TripleDES((key * 3 if len(key) == 8 else key + key)[:24])
        self._algorithm = algorithm
        self.encrypt = Cipher(algorithm, ECB()).encryptor().update
        self._last = 0

    @cached_property
    def decrypt(self):
        """Not made where a key only encrypts: most are used once, for their check value."""
        return Cipher(self._algorithm, ECB()).decryptor().update

    @cached_property
    def _chain(self):
        return Cipher(self._algorithm, CBC(bytes(8))).encryptor().update

    def cbc_mac(self, data):
        """The last block of data (whole blocks, at least one) encrypted by CBC with IV 0."""
        # The encryptor goes on from its last block; XORed into the first, that cancels out. A
        # fresh encryptor would take five times as long.
        first = int.from_bytes(data[:8], "big") ^ self._last
        mac = self._chain(first.to_bytes(8, "big") + data[8:])[-8:]
        self._last = int.from_bytes(mac, "big")
        return mac


class Aes:
    """One AES-128 key; a keyed CMAC is copied for each message."""

    def __init__(self, key):
        if len(key) != 16:
            raise LocalMisuse("key", f"AES-128 has no key of {len(key)} bytes")
        self.encrypt = Cipher(AES(key), ECB()).encryptor().update
        self._cmac = CMAC(AES(key))

    def cmac(self, data):
        """RFC 4493, all 16 bytes."""
        mac = self._cmac.copy()
        mac.update(data)
        return mac.finalize()


class Sm4(Ecb):
    """One SM4 key; the MAC's steps are the device's, the cipher is not."""

    def __init__(self, key):
        if len(key) != 16:
            raise LocalMisuse("key", f"SM4 has no key of {len(key)} bytes")
        super().__init__(Cipher(SM4(key), ECB()).encryptor().update)
