"""MicroPython's `cryptolib` by the cryptography package: AES in ECB and CBC.

As on the device, one object goes one way only: it encrypts or it decrypts.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_ECB = 1
_CBC = 2


class aes:  # MicroPython's name
    def __init__(self, key, mode, iv=None):
        if len(key) not in (16, 32):
            raise ValueError("key")
        if mode not in (_ECB, _CBC):
            raise ValueError("mode")
        if mode == _CBC and (iv is None or len(iv) != 16):
            raise ValueError("IV")
        chaining = modes.ECB() if mode == _ECB else modes.CBC(bytes(iv))
        self._cipher = Cipher(algorithms.AES(bytes(key)), chaining)
        self._way = None
        self._context = None

    def encrypt(self, data, out=None):
        """Encrypt whole blocks; into `out` where given."""
        return self._run("encryptor", data, out)

    def decrypt(self, data, out=None):
        """Decrypt whole blocks; into `out` where given."""
        return self._run("decryptor", data, out)

    def _run(self, way, data, out):
        if self._way is None:
            self._way = way
            self._context = getattr(self._cipher, way)()
        if self._way != way:
            raise ValueError("can't encrypt & decrypt")
        if len(data) % 16:
            raise ValueError("blksize % 16")
        result = self._context.update(bytes(data))
        if out is None:
            return result
        if len(out) < len(result):
            raise ValueError("output too small")
        out[: len(result)] = result
        return out
