"""What compiled formats call: one function a field kind and direction, straight to work.
Each must refuse whatever its interpreted twin in fields.py refuses, by raising anything at
all; it may refuse more (an empty value), for the twin has the last word.
"""


class Unsure(Exception):
    """The interpreted form has to judge this."""


def read_length(io, prefix, limit):
    digits = io.read(prefix)
    count = int(digits.hex())
    if count > limit or len(digits) != prefix:
        raise Unsure
    return count


def read_digits(io, count):
    text = io.read(count + 1 >> 1).hex()
    if count & 1:
        if text[-1] != "0":
            raise Unsure
        text = text[:-1]
    if len(text) != count or not text.isdigit():
        raise Unsure
    return text


def read_right_digits(io, count):
    text = io.read(count + 1 >> 1).hex()
    if count & 1:
        if text[0] != "0":
            raise Unsure
        text = text[1:]
    if len(text) != count or not text.isdigit():
        raise Unsure
    return text


def read_track(io, count):
    text = io.read(count + 1 >> 1).hex().replace("d", "=")
    if count & 1:
        if text[-1] != "0":
            raise Unsure
        text = text[:-1]
    if len(text) != count or not text.replace("=", "0").isdigit():
        raise Unsure
    return text


def read_tpdu(io, count):
    text = io.read(count >> 1).hex()
    if len(text) != count or text[:2] != "60":
        raise Unsure
    return text.upper()


def read_text(io, count):
    text = io.read(count).decode("ascii")
    if len(text) != count or not text.isprintable():
        raise Unsure
    return text


def read_bytes(io, count):
    raw = io.read(count)
    if len(raw) != count:
        raise Unsure
    return raw


def read_end(io):
    if io.read(1):
        raise Unsure


def pack_length(value, prefix, limit):
    count = len(value)
    if count > limit:
        raise Unsure
    return bytes.fromhex("%02d" % count if prefix == 1 else "%04d" % count)


def pack_digits(text, count):
    if len(text) != count or not text.isdigit():
        raise Unsure
    return bytes.fromhex(text + "0" if count & 1 else text)


def pack_right_digits(text, count):
    if len(text) != count or not text.isdigit():
        raise Unsure
    return bytes.fromhex("0" + text if count & 1 else text)


def pack_track(text, count):
    if len(text) != count or not text.replace("=", "0").isdigit():
        raise Unsure
    text = text.replace("=", "d")
    return bytes.fromhex(text + "0" if count & 1 else text)


def pack_tpdu(text, count):
    raw = bytes.fromhex(text)
    if raw.hex().upper() != text or len(text) != count or raw[0] != 0x60:
        raise Unsure
    return raw


def pack_text(text, count):
    if len(text) != count or not text.isprintable():
        raise Unsure
    return text.encode("ascii")


def pack_bytes(value, count):
    if type(value) is not bytes or len(value) != count:
        raise Unsure
    return value
