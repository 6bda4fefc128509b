"""The PIN block of F52: format 0 (ISO 9564-1), under the PIK and under no other key.

The PIN lives in the call that makes its block; neither it nor the block's clear form is kept.
"""

from protocol.errors import LocalMisuse

PIN_FORMAT = "2"  # F53's first digit: with the card number; "0" where no PIN was entered
_KEY_DIGIT = {8: "0", 16: "6"}  # F53's second digit, by the bytes of the PIK
LEAST, LONGEST = 4, 12  # digits of a PIN


def security_control(size=16):
    """F53 of a request with a PIN block under a PIK of `size` bytes."""
    return PIN_FORMAT + _KEY_DIGIT[size] + "0" * 14


class PinKey:
    """A PIK (8 or 16 bytes), for PIN blocks and nothing else."""

    def __init__(self, key, ciphers):
        if len(key) not in _KEY_DIGIT:
            raise LocalMisuse("pik", "no PIN key has %d bytes" % len(key))
        self._des = ciphers.des(key)

    def block(self, pin, card):
        """F52: the 8 bytes for a PIN of 4 to 12 digits and a card number, both as text."""
        if not (pin.isdigit() and LEAST <= len(pin) <= LONGEST):
            raise LocalMisuse("52", "a PIN has 4 to 12 digits")
        clear = bytes.fromhex("0%x" % len(pin) + pin + "F" * (14 - len(pin)))
        return self._des.encrypt(_masked(clear, card))

    def pin(self, block, card):
        """The PIN in F52, for the host's check. LocalMisuse where it holds none: another key,
        another card or a changed block."""
        digits = _masked(self._des.decrypt(block), card).hex()
        size = int(digits[1], 16)
        pin, rest = digits[2 : 2 + size], digits[2 + size :]
        good = digits[0] == "0" and LEAST <= size <= LONGEST and pin.isdigit()
        if not good or rest != "f" * len(rest):
            raise LocalMisuse("52", "no PIN is in this block")
        return pin


def _masked(block, card):
    """The block XOR the 12 rightmost digits of the card number without its check digit."""
    if not card.isdigit() or len(card) < 13:
        raise LocalMisuse("2", "no card number of 13 digits or more")
    mask = bytes(2) + bytes.fromhex(card[-13:-1])
    return bytes([one ^ other for one, other in zip(block, mask)])
