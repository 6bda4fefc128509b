"""The device's ciphers: DES by one of our two modules, AES by MicroPython's cryptolib.

What does the work is handed in, so that a board loads the machine code and nothing beside it.
"""

from protocol.errors import LocalMisuse


class PortableCiphers:
    """The `ciphers` of protocol.mac.Mac and protocol.keys, on the device. engine: the module
    protocol.mac.des_viper on a board; protocol.mac.des where there is no machine code."""

    def __init__(self, engine):
        self._engine = engine
        self.fold = engine.fold

    def des(self, key):
        """DES (8-byte key) or triple DES (16 or 24 bytes)."""
        return Des(key, self._engine)

    def aes(self, key):
        """AES-128. Raises LocalMisuse where the board has none."""
        from protocol.mac.aes import Aes  # aes-cmac only: a terminal has one algorithm

        return Aes(key)

    def sm4(self, key):
        from protocol.mac.sm4 import Sm4  # sm4 only, likewise

        return Sm4(key)


class Des:
    """One key, its schedules worked out once."""

    def __init__(self, key, engine):
        if len(key) not in (8, 16, 24):
            raise LocalMisuse("key", "DES has no key of %d bytes" % len(key))
        self._key = key if len(key) != 16 else key + key[:8]
        self._engine = engine
        self._forward = self._schedules(False)
        self._backward = None

    def cbc_mac(self, data):
        """The last block of data (whole blocks, at least one) encrypted by CBC with IV 0."""
        return self._engine.chain(data, self._forward)

    encrypt = cbc_mac  # of one block it is just that

    def decrypt(self, block):
        """8 bytes to 8 bytes."""
        if self._backward is None:
            self._backward = self._schedules(True)
        return self._engine.chain(block, self._backward)

    def _schedules(self, backward):
        """One key's schedule, or three one behind the other: encrypt, decrypt, encrypt."""
        schedule = self._engine.schedule
        first, last = self._key[:8], self._key[-8:]
        if len(self._key) == 8:
            return schedule(first, backward)
        if backward:
            first, last = last, first
        middle = schedule(self._key[8:16], not backward)
        return schedule(first, backward) + middle + schedule(last, backward)
