"""Activation: a code of 16 digits, the key that both ends make of it, and the TMK that comes under
that key as a TR-31 block (ANSI X9.143, version B).

The code's first four digits name it, eleven are secret, the last one shows a slip of the finger.
Nothing of the secret is ever sent but what the slow hash made of it.
"""

import hashlib

from protocol.errors import LocalMisuse, WireFault
from protocol.mac import equal

CODE_DIGITS = 16
NAME_DIGITS = 4
ROUNDS = 16000  # of SHA-256: a second or two on a Pico, well below its watchdog
_HEADER = 16  # characters of a block without optional blocks
_MAC = 16  # characters
_KIND = "K0TD"  # key encryption key, TDES, for decryption only


def well_formed(code):
    """Whether these are 16 digits and the last one is the check digit (Luhn) of the others."""
    if len(code) != CODE_DIGITS or not code.isdigit():
        return False
    total = 0
    for at in range(CODE_DIGITS):
        digit = int(code[at]) * (2 - at % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def keys(code, nonce):
    """(key of the block, 16 bytes; proof that the code is known, 8 bytes). `nonce`: the terminal's
    own 8 bytes."""
    data = nonce + code.encode()
    for _ in range(ROUNDS):
        data = hashlib.sha256(data).digest()
    return data[:16], hashlib.sha256(data + b"proof").digest()[:8]


def unwrapped(block, key, ciphers):
    """The TMK in a TR-31 block. WireFault for any other block, any other key, any changed bit: it
    never tells which."""
    kind, tmk = opened(block, key, ciphers)
    if kind != _KIND or len(tmk) != 16:
        raise WireFault("62.DF15", 0, "no key block")
    return tmk


def opened(block, key, ciphers):
    """(what the key in a TR-31 block is for, 4 characters: usage, algorithm, mode; the key).
    WireFault as `unwrapped`."""
    try:
        return _opened(block, key, ciphers)
    except (ValueError, IndexError, LocalMisuse):
        raise WireFault("62.DF15", 0, "no key block") from None


def _opened(block, key, ciphers):
    data = block.encode()
    header, body = data[:_HEADER], bytes.fromhex(block[_HEADER:-_MAC])
    mac = bytes.fromhex(block[-_MAC:])
    good = header[:1] == b"B" and int(header[1:5]) == len(data)
    if not good or header[12:14] != b"00" or not body or len(body) % 8:
        raise ValueError
    sealing = ciphers.des(derived(key, 0, ciphers))
    clear, before = b"", mac  # CBC, from the MAC on
    for at in range(0, len(body), 8):
        clear += xored(sealing.decrypt(body[at : at + 8]), before)
        before = body[at : at + 8]
    if not equal(cmac(header + clear, ciphers.des(derived(key, 1, ciphers))), mac):
        raise ValueError
    bits = int.from_bytes(clear[:2], "big")
    if bits % 8 or not 0 < bits // 8 <= len(clear) - 2:
        raise ValueError
    return header[5:9].decode(), clear[2 : 2 + bits // 8]


def derived(key, usage, ciphers):
    """The key of one use: 0 encrypts, 1 makes the MAC. 16 bytes from 16."""
    master = ciphers.des(key)
    rest = bytes((0, usage, 0, 0, 0, 0, 128))  # use, separator, two-key TDES, bits
    return cmac(b"\x01" + rest, master) + cmac(b"\x02" + rest, master)


def cmac(data, des):
    """CMAC (NIST SP 800-38B) by TDES, 8 bytes, of at least one byte."""
    subkey = _doubled(des.encrypt(bytes(8)))
    end = (len(data) - 1) // 8 * 8
    last = data[end:]
    if len(last) < 8:
        last += b"\x80" + bytes(7 - len(last))
        subkey = _doubled(subkey)
    return des.cbc_mac(data[:end] + xored(last, subkey))


def _doubled(block):
    number = int.from_bytes(block, "big") << 1
    if block[0] & 0x80:
        number ^= 1 << 64 | 0x1B
    return number.to_bytes(8, "big")


def xored(one, other):
    return bytes([a ^ b for a, b in zip(one, other)])
