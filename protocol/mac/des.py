"""DES and triple DES (FIPS 46-3) on one block, for boards whose cryptolib has AES only.

The state is four 16-bit quarters, both halves rotated left by one bit, so that each S-box's six
input bits lie side by side. Not constant in time: table look-ups depend on key and data.
"""

from protocol.mac.des_tables import HIGH, LOW, PC1, PC2, ROTATIONS


def schedule(key):
    """The 16 round keys of an 8-byte key, as a flat list of 4 numbers a round: the 6-bit keys of
    boxes 1 and 3, 5 and 7, 2 and 4, 6 and 8, each pair packed as first << 8 | second."""
    bits = [key[(bit - 1) >> 3] >> (7 - ((bit - 1) & 7)) & 1 for bit in PC1]
    left = bits[:28]
    right = bits[28:]
    keys = []
    for turn in ROTATIONS:
        left = left[turn:] + left[:turn]
        right = right[turn:] + right[:turn]
        both = left + right
        boxes = []
        for box in range(8):
            value = 0
            for bit in PC2[6 * box : 6 * box + 6]:
                value = value << 1 | both[bit - 1]
            boxes.append(value)
        for first in (0, 4, 1, 5):
            keys.append(boxes[first] << 8 | boxes[first + 2])
    return keys


def reverse(keys):
    """The schedule that undoes another one."""
    result = []
    for at in range(60, -1, -4):
        result += keys[at : at + 4]
    return result


def crypt(block, stages):
    """One 8-byte block through the schedules in `stages`, one after the other; 8 bytes."""
    state = _initial(block)
    for keys in stages:
        state = _rounds(state, keys)
    return _final(state)


def _rounds(state, keys):
    """16 rounds and the swap of the halves that ends them."""
    a, b, c, d = state  # left half: a, b; right half: c, d; upper quarter first
    high1, high2, high3, high4, high5, high6, high7, high8 = HIGH
    low1, low2, low3, low4, low5, low6, low7, low8 = LOW
    for at in range(0, 64, 4):
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
        a, b, c, d = c, d, a ^ high, b ^ low
    return c, d, a, b


def _initial(block):
    """The initial permutation, by swapping ever smaller squares of bits between the halves."""
    a = block[0] << 8 | block[1]
    b = block[2] << 8 | block[3]
    c = block[4] << 8 | block[5]
    d = block[6] << 8 | block[7]
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


def _final(state):
    """The inverse of _initial, as 8 bytes."""
    a, b, c, d = state
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
