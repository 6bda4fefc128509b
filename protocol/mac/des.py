"""DES (FIPS 46-3) in plain Python, for where there is no machine code: des_viper.py's fallback.

The halves are kept as 16-bit quarters, rotated left by one bit, so that each S-box's six input bits
lie side by side and every number is a small integer of a 32-bit board. Not constant in time: table
look-ups depend on key and data.
"""

from array import array

from protocol.mac.des_tables import BOXES, PC1, PC2, P

_ONCE = (0, 1, 8, 15)  # rounds before which the key turns by one bit, not by two
_FOLD_BITS = 8 * 1024  # the longest data


def schedule(key, backward):
    """The 16 round keys of an 8-byte key as a tuple, last first if backward. A round is 4 numbers,
    the 6-bit keys of boxes 1 and 3, 5 and 7, 2 and 4, 6 and 8: first << 8 | second."""
    bits = [key[(bit - 1) >> 3] >> (7 - ((bit - 1) & 7)) & 1 for bit in PC1]
    left = bits[:28]
    right = bits[28:]
    rounds = []
    for turn in range(16):
        by = 1 if turn in _ONCE else 2
        left = left[by:] + left[:by]
        right = right[by:] + right[:by]
        both = left + right
        boxes = []
        for box in range(8):
            value = 0
            for bit in PC2[6 * box : 6 * box + 6]:
                value = value << 1 | both[bit - 1]
            boxes.append(value)
        rounds.append([boxes[first] << 8 | boxes[first + 2] for first in (0, 4, 1, 5)])
    if backward:
        rounds.reverse()
    return tuple(number for numbers in rounds for number in numbers)


def chain(data, keys):
    """The last block of data, whole 8-byte blocks, encrypted by CBC with IV 0: one block is plain
    encryption. keys: one schedule, or three, one behind the other."""
    a = b = c = d = 0
    for at in range(0, len(data), 8):
        e, f, g, h = _initial(data, at)
        a, b, c, d = _rounds(a ^ e, b ^ f, c ^ g, d ^ h, keys)
    return _final(a, b, c, d)


def fold(data):
    """All 8-byte blocks XORed into one; the last may be short. Halving one large number takes a
    tenth of the time of a loop over the bytes."""
    data = bytes(data)
    number = int.from_bytes(data + bytes(-len(data) % 8), "big")
    bits = _FOLD_BITS
    while bits > 64:
        bits //= 2
        number = number >> bits ^ number & (1 << bits) - 1
    return number.to_bytes(8, "big")


def _rounds(a, b, c, d, keys):
    """16 rounds for each schedule, and the swap of the halves that ends them; left half a, b, right
    half c, d, upper quarter first."""
    high1, high2, high3, high4, high5, high6, high7, high8 = _HIGH
    low1, low2, low3, low4, low5, low6, low7, low8 = _LOW
    for at in range(0, len(keys), 4):
        i = (c >> 4 | d << 12) ^ keys[at]
        j = (d >> 4 | c << 12) ^ keys[at + 1]
        k = c ^ keys[at + 2]
        m = d ^ keys[at + 3]
        box1 = i >> 8 & 63
        box3 = i & 63
        box5 = j >> 8 & 63
        box7 = j & 63
        box2 = k >> 8 & 63
        box4 = k & 63
        box6 = m >> 8 & 63
        box8 = m & 63
        high = high1[box1] ^ high2[box2] ^ high3[box3] ^ high4[box4]
        high ^= high5[box5] ^ high6[box6] ^ high7[box7] ^ high8[box8]
        low = low1[box1] ^ low2[box2] ^ low3[box3] ^ low4[box4]
        low ^= low5[box5] ^ low6[box6] ^ low7[box7] ^ low8[box8]
        if at & 63 == 60:
            a ^= high
            b ^= low
        else:
            a, b, c, d = c, d, a ^ high, b ^ low
    return a, b, c, d


def _initial(data, at):
    """The initial permutation of a block, by swapping ever smaller squares of bits between the
    halves."""
    a = data[at] << 8 | data[at + 1]
    b = data[at + 2] << 8 | data[at + 3]
    c = data[at + 4] << 8 | data[at + 5]
    d = data[at + 6] << 8 | data[at + 7]
    a, c = _exchange(a, c, 4, 0x0F0F)
    b, d = _exchange(b, d, 4, 0x0F0F)
    a, d = d, a
    c, a = _exchange(c, a, 2, 0x3333)
    d, b = _exchange(d, b, 2, 0x3333)
    c, a = _exchange(c, a, 8, 0x00FF)
    d, b = _exchange(d, b, 8, 0x00FF)
    a, c = _exchange(a, c, 1, 0x5555)
    b, d = _exchange(b, d, 1, 0x5555)
    return (
        (a << 1 & 0xFFFF) | b >> 15,
        (b << 1 & 0xFFFF) | a >> 15,
        (c << 1 & 0xFFFF) | d >> 15,
        (d << 1 & 0xFFFF) | c >> 15,
    )


def _final(a, b, c, d):
    """The inverse of _initial, as 8 bytes."""
    a, b = a >> 1 | (b << 15 & 0xFFFF), b >> 1 | (a << 15 & 0xFFFF)
    c, d = c >> 1 | (d << 15 & 0xFFFF), d >> 1 | (c << 15 & 0xFFFF)
    a, c = _exchange(a, c, 1, 0x5555)
    b, d = _exchange(b, d, 1, 0x5555)
    c, a = _exchange(c, a, 8, 0x00FF)
    d, b = _exchange(d, b, 8, 0x00FF)
    c, a = _exchange(c, a, 2, 0x3333)
    d, b = _exchange(d, b, 2, 0x3333)
    a, d = d, a
    a, c = _exchange(a, c, 4, 0x0F0F)
    b, d = _exchange(b, d, 4, 0x0F0F)
    return bytes((a >> 8, a & 255, b >> 8, b & 255, c >> 8, c & 255, d >> 8, d & 255))


def _exchange(one, other, shift, mask):
    """Swap the masked bits of `other` with the bits of `one` that lie `shift` above them."""
    swapped = (one >> shift ^ other) & mask
    return one ^ swapped << shift, other ^ swapped


def _merged(upper):
    """The S-boxes, each with P behind it and rotated left by one bit: 8 arrays of 64 quarters."""
    boxes = [array("H", bytes(128)) for _ in range(8)]
    for bit in range(32):
        place = -bit & 31
        if place >> 4 == upper:
            source = P[bit] - 1
            for entry in range(64):
                at = source >> 2 << 6 | entry & 32 | (entry & 1) << 4 | entry >> 1 & 15
                digit = BOXES[at >> 1] >> (4 if at & 1 == 0 else 0)
                if digit >> (3 - (source & 3)) & 1:
                    boxes[source >> 2][entry] |= 1 << (place & 15)
    return tuple(boxes)


_HIGH = _merged(1)
_LOW = _merged(0)
