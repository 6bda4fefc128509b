"""The MACs that few terminals have: X9.19, AES-CMAC and SM4 on what the ciphers bring."""

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


def _sm4(key, ciphers):
    return ciphers.sm4(key).mac


STEPS = {"x9.19": _x919, "aes-cmac": _aes_cmac, "sm4": _sm4}
