"""SM4 (GB/T 32907) in plain Python, and the MAC by it; loaded only where a terminal's MAC is sm4.

Not constant in time: table look-ups depend on key and data.
"""

from protocol.errors import LocalMisuse

_BOX = (
    b"\xd6\x90\xe9\xfe\xcc\xe1\x3d\xb7\x16\xb6\x14\xc2\x28\xfb\x2c\x05"
    b"\x2b\x67\x9a\x76\x2a\xbe\x04\xc3\xaa\x44\x13\x26\x49\x86\x06\x99"
    b"\x9c\x42\x50\xf4\x91\xef\x98\x7a\x33\x54\x0b\x43\xed\xcf\xac\x62"
    b"\xe4\xb3\x1c\xa9\xc9\x08\xe8\x95\x80\xdf\x94\xfa\x75\x8f\x3f\xa6"
    b"\x47\x07\xa7\xfc\xf3\x73\x17\xba\x83\x59\x3c\x19\xe6\x85\x4f\xa8"
    b"\x68\x6b\x81\xb2\x71\x64\xda\x8b\xf8\xeb\x0f\x4b\x70\x56\x9d\x35"
    b"\x1e\x24\x0e\x5e\x63\x58\xd1\xa2\x25\x22\x7c\x3b\x01\x21\x78\x87"
    b"\xd4\x00\x46\x57\x9f\xd3\x27\x52\x4c\x36\x02\xe7\xa0\xc4\xc8\x9e"
    b"\xea\xbf\x8a\xd2\x40\xc7\x38\xb5\xa3\xf7\xf2\xce\xf9\x61\x15\xa1"
    b"\xe0\xae\x5d\xa4\x9b\x34\x1a\x55\xad\x93\x32\x30\xf5\x8c\xb1\xe3"
    b"\x1d\xf6\xe2\x2e\x82\x66\xca\x60\xc0\x29\x23\xab\x0d\x53\x4e\x6f"
    b"\xd5\xdb\x37\x45\xde\xfd\x8e\x2f\x03\xff\x6a\x72\x6d\x6c\x5b\x51"
    b"\x8d\x1b\xaf\x92\xbb\xdd\xbc\x7f\x11\xd9\x5c\x41\x1f\x10\x5a\xd8"
    b"\x0a\xc1\x31\x88\xa5\xcd\x7b\xbd\x2d\x74\xd0\x12\xb8\xe5\xb4\xb0"
    b"\x89\x69\x97\x4a\x0c\x96\x77\x7e\x65\xb9\xf1\x09\xc5\x6e\xc6\x84"
    b"\x18\xf0\x7d\xec\x3a\xdc\x4d\x20\x79\xee\x5f\x3e\xd7\xcb\x39\x48"
)
_SYSTEM = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)  # FK


class Ecb:
    """The MAC of one key by an `encrypt` of 16-byte blocks: as unionpay-ecb, its blocks twice as
    long."""

    def __init__(self, encrypt):
        self.encrypt = encrypt

    def mac(self, data):
        """16 characters: upper-case hex of the last block, of which F64 is the first 8."""
        number = 0
        for at in range(0, len(data), 16):
            block = bytes(data[at : at + 16])
            number ^= int.from_bytes(block + bytes(16 - len(block)), "big")
        folded = _hex(number.to_bytes(16, "big"))
        first = self.encrypt(folded[:16])
        return _hex(self.encrypt(bytes([a ^ b for a, b in zip(first, folded[16:])])))[:16]


class Sm4(Ecb):
    """One SM4 key of 16 bytes, expanded once."""

    def __init__(self, key):
        if len(key) != 16:
            raise LocalMisuse("key", "SM4 has no key of %d bytes" % len(key))
        Ecb.__init__(self, self._encrypt)
        words = [word ^ fixed for word, fixed in zip(_words(key), _SYSTEM)]
        for i in range(32):
            constant = 0
            for j in range(4):
                constant = constant << 8 | (4 * i + j) * 7 & 0xFF
            b = _substituted(words[i + 1] ^ words[i + 2] ^ words[i + 3] ^ constant)
            words.append(words[i] ^ b ^ _turned(b, 13) ^ _turned(b, 23))
        self._keys = words[4:]

    def _encrypt(self, block):
        """16 bytes to 16 bytes."""
        w, x, y, z = _words(block)
        for key in self._keys:
            b = _substituted(x ^ y ^ z ^ key)
            b ^= _turned(b, 2) ^ _turned(b, 10) ^ _turned(b, 18) ^ _turned(b, 24)
            w, x, y, z = x, y, z, w ^ b
        return b"".join([word.to_bytes(4, "big") for word in (z, y, x, w)])


def _words(block):
    return [int.from_bytes(block[at : at + 4], "big") for at in range(0, 16, 4)]


def _substituted(word):
    value = 0
    for shift in (24, 16, 8, 0):
        value = value << 8 | _BOX[word >> shift & 0xFF]
    return value


def _turned(word, by):
    """A 32-bit word rotated left."""
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF


def _hex(data):
    return data.hex().upper().encode()
