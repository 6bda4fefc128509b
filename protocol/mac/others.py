"""The two MACs that few terminals have: X9.19, and AES-CMAC on whatever AES the ciphers bring."""

_BLOCK = 8


def _x919(key, ciphers):
    # An 8-byte key is both halves: the last two steps cancel out, which leaves X9.9.
    left = ciphers.des(key[:_BLOCK])
    right = ciphers.des(key[-_BLOCK:])

    def steps(data):
        padded = data + bytes(-len(data) % _BLOCK if data else _BLOCK)
        return left.encrypt(right.decrypt(left.cbc_mac(padded)))

    return steps


def _aes_cmac(key, ciphers):
    return ciphers.aes(key).cmac


STEPS = {"x9.19": _x919, "aes-cmac": _aes_cmac}
