"""The same as des.py in machine code, for boards; a file of its own, for its .mpy fits one chip.

Words are 32 bits, but no constant may take more than 30: a board's small integers end there. Not
constant in time: table look-ups depend on key and data.
"""

# ruff: noqa: F821 - ptr8 and ptr32 are words of the viper compiler, no names
# mypy: ignore-errors

import micropython

from protocol.mac.des_tables import BOXES, PC1, PC2, P


def schedule(key, backward):
    """The 16 round keys of an 8-byte key as bytes, last first if backward. A round is two words of
    four 6-bit keys each: boxes 1, 3, 5, 7 and 2, 4, 6, 8."""
    keys = bytearray(128)
    _schedule(key, keys, PC1, PC2, 30 if backward else 0)
    return bytes(keys)


def chain(data, keys):
    """The last block of data, whole 8-byte blocks, encrypted by CBC with IV 0: one block is plain
    encryption. keys: one schedule, or three, one behind the other."""
    block = bytearray(8)
    _chain(data, len(data), keys, len(keys), _MERGED, block)
    return bytes(block)


def fold(data):
    """All 8-byte blocks XORed into one; the last may be short."""
    block = bytearray(8)
    _fold(data, len(data), block)
    return bytes(block)


@micropython.viper
def _schedule(key: ptr8, keys: ptr32, pc1: ptr8, pc2: ptr8, mirror: int):
    turned = 0
    for turn in range(16):
        turned += 1 if 0x8103 >> turn & 1 else 2
        for bit in range(48):
            half = 28 if bit >= 24 else 0
            chosen = pc1[half + (pc2[bit] - 1 - half + turned) % 28] - 1
            if key[chosen >> 3] >> (7 - (chosen & 7)) & 1:
                box = bit // 6
                place = 24 - (box >> 1 << 3) + 5 - bit % 6
                keys[(turn << 1 ^ mirror) + (box & 1)] |= 1 << place


@micropython.viper
def _merge(merged: ptr32, boxes: ptr8, p: ptr8):
    for bit in range(32):
        source = p[bit] - 1
        box = source >> 2
        for entry in range(64):
            at = box << 6 | (entry & 32) | (entry & 1) << 4 | (entry >> 1 & 15)
            if boxes[at >> 1] >> (7 - (source & 3) - ((at & 1) << 2)) & 1:
                merged[box << 6 | entry] |= 1 << (-bit & 31)


@micropython.viper
def _chain(data: ptr8, size: int, keys: ptr32, keys_size: int, merged: ptr32, out: ptr8):
    low = 0xFFFF
    full = low << 16 | low
    odd = 0x5555
    odd = odd << 16 | odd
    left = 0
    right = 0
    at = 0
    while at < size:
        a = data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
        b = data[at + 4] << 24 | data[at + 5] << 16 | data[at + 6] << 8 | data[at + 7]
        at += 8
        t = (a >> 4 ^ b) & 0x0F0F0F0F
        b ^= t
        a ^= t << 4
        t = (a >> 16 ^ b) & low
        b ^= t
        a ^= t << 16
        t = (b >> 2 ^ a) & 0x33333333
        a ^= t
        b ^= t << 2
        t = (b >> 8 ^ a) & 0x00FF00FF
        a ^= t
        b ^= t << 8
        t = (a >> 1 ^ b) & odd
        b ^= t
        a ^= t << 1
        left ^= (a << 1 | a >> 31 & 1) & full
        right ^= (b << 1 | b >> 31 & 1) & full
        word = 0
        words = keys_size >> 2
        while word < words:
            a = (right >> 4 & 0x0FFFFFFF | right << 28) ^ keys[word]
            b = right ^ keys[word + 1]
            t = left
            left = right
            right = (
                t
                ^ merged[a >> 24 & 63]
                ^ merged[64 | b >> 24 & 63]
                ^ merged[128 | a >> 16 & 63]
                ^ merged[192 | b >> 16 & 63]
                ^ merged[256 | a >> 8 & 63]
                ^ merged[320 | b >> 8 & 63]
                ^ merged[384 | a & 63]
                ^ merged[448 | b & 63]
            )
            word += 2
            if not word & 31:
                t = left
                left = right
                right = t
    half = low >> 1 << 16 | low
    left = left >> 1 & half | left << 31
    right = right >> 1 & half | right << 31
    t = (left >> 1 ^ right) & odd
    right ^= t
    left ^= t << 1
    t = (right >> 8 ^ left) & 0x00FF00FF
    left ^= t
    right ^= t << 8
    t = (right >> 2 ^ left) & 0x33333333
    left ^= t
    right ^= t << 2
    t = (left >> 16 ^ right) & low
    right ^= t
    left ^= t << 16
    t = (left >> 4 ^ right) & 0x0F0F0F0F
    right ^= t
    left ^= t << 4
    for i in range(4):
        out[i] = left >> (24 - (i << 3))
        out[i + 4] = right >> (24 - (i << 3))


@micropython.viper
def _fold(data: ptr8, size: int, out: ptr8):
    for at in range(size):
        out[at & 7] ^= data[at]


def _merged():
    merged = bytearray(2048)
    _merge(merged, BOXES, P)
    return bytes(merged)


_MERGED = _merged()  # 8 boxes of 64 words: the box, then P, rotated left by one bit
