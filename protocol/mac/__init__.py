"""F64 by the four algorithms of the dialect, on whatever ciphers the caller brings.

`ciphers` has des(key of 8, 16 or 24 bytes) with encrypt, decrypt and cbc_mac, aes(16 bytes) with
encrypt and cmac, sm4(16 bytes) with mac, and fold(bytes), all 8-byte blocks XORed:
protocol/mac/portable.py on the device, protocol/reference/ciphers.py on the host. No key may show
in a text form or an error. The steps are told in protocol/LINK.md.
"""

from protocol.errors import LocalMisuse

MAC_SIZE = 8


class Mac:
    """The MAC of one algorithm under one key. compute(data) gives the 8 bytes of F64."""

    def __init__(self, algorithm, key, ciphers):
        if algorithm not in KEY_SIZES:
            raise LocalMisuse("mac", "no algorithm of that name")
        if len(key) not in KEY_SIZES[algorithm]:
            raise LocalMisuse("mac", "%s has no key of %d bytes" % (algorithm, len(key)))
        if algorithm == "unionpay-ecb":
            self._steps = _unionpay_ecb(key, ciphers)
        else:
            from protocol.mac.others import STEPS  # a terminal has one algorithm, most of them that

            self._steps = STEPS[algorithm](key, ciphers)

    def compute(self, data):
        """8 bytes over data, 1024 bytes at most: MTI to the field before F64."""
        return self._steps(data)[:MAC_SIZE]

    def verify(self, data, mac):
        """True if mac is the MAC of data; takes the same time wherever they differ."""
        return equal(self.compute(data), mac)


def equal(one, other):
    """Compare two byte strings in a time that depends on their lengths only."""
    if len(one) != len(other):
        return False
    difference = 0
    for i in range(len(one)):
        difference |= one[i] ^ other[i]
    return difference == 0


def _unionpay_ecb(key, ciphers):
    des = ciphers.des(key)
    # Encrypt 8 characters, XOR with the other 8, encrypt again: that is CBC with IV 0.
    return lambda data: _hex(des.cbc_mac(_hex(ciphers.fold(data))))


def _hex(data):
    return data.hex().upper().encode()


KEY_SIZES = {"unionpay-ecb": (8, 16), "x9.19": (8, 16), "aes-cmac": (16,), "sm4": (16,)}
