"""The terminal's working keys: kept in flash only as the host sent them, wrapped under the TMK.

No clear key is ever written, logged or shown. A set with a wrong check value changes nothing.
"""

from micropython import const

from firmware import overlay
from protocol.errors import WireFault
from protocol.mac import Mac  # noqa: F401 - stays, as its objects do

_WRAPPED = const("keys")  # one byte key id, then F62 of the 0810 that brought them


class WorkingKeys:
    def __init__(self, storage, tmk, ciphers, algorithm):
        """`tmk`: 16 bytes from the board's key slot, or None on a blank terminal."""
        self._storage = storage
        self.tmk = tmk
        self.ciphers = ciphers
        self.algorithm = algorithm
        self.key_id = 0
        self.mac = None  # a protocol.mac.Mac once signed on
        stored = storage.read(_WRAPPED)
        if stored and tmk:
            self.key_id = stored[0]
            try:
                self.mac = self.open(stored[1:])
            except WireFault:
                pass  # not under this master key or MAC any more: the next sign-on brings others

    @property
    def injected(self):
        """Whether the terminal has a TMK at all."""
        return self.tmk is not None

    def open(self, wrapped):
        """The Mac under the MAK that `wrapped`, F62 of an 0810, brings. WireFault: wrong KCV."""
        if self.tmk is None:
            raise WireFault("62.PIK", 0, "no master key to unwrap it with")
        return overlay.call("unwrapping.mac", wrapped, self.tmk, self.algorithm, self.ciphers)

    def pin_block(self, pin, card):
        """F52 for the digits of a PIN and a card number; None before the first sign-on."""
        stored = self._storage.read(_WRAPPED)
        if not stored or self.tmk is None:
            return None
        return overlay.call(
            "unwrapping.pin_block", stored[1:], self.tmk, self.ciphers, pin, card
        )

    def install(self, wrapped, mac):
        """Make the set that `open` accepted the terminal's; durable at return."""
        key_id = self.key_id % 255 + 1
        self._storage.write(_WRAPPED, bytes([key_id]) + wrapped)
        self.key_id = key_id
        self.mac = mac
