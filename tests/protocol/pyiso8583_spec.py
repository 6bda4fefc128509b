"""The dialect as a pyiso8583 specification: the third opinion on every byte.
Written by hand from the protocol's text and never made from protocol.dialect: a mistake in
the table has to show against it.
"""

from protocol.iso8583 import Message

HEADER_BYTES = 11  # TPDU and header


def _fixed_bcd(digits, **pad):
    return {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "max_len": digits,
            "len_count": "nibbles", "desc": "", **pad}


def _bcd(length_bytes, most):
    return {"data_enc": "b", "len_enc": "bcd", "len_type": length_bytes, "max_len": most,
            "len_count": "nibbles", "right_pad": "0", "desc": ""}


def _fixed_text(size):
    return {"data_enc": "ascii", "len_enc": "bcd", "len_type": 0, "max_len": size, "desc": ""}


def _text(length_bytes, most):
    return {"data_enc": "ascii", "len_enc": "bcd", "len_type": length_bytes, "max_len": most,
            "desc": ""}


def _binary(length_bytes, size):
    return {"data_enc": "b", "len_enc": "bcd", "len_type": length_bytes, "max_len": size,
            "desc": ""}


LL, LLL = 1, 2

SPEC = {
    "h": _binary(0, HEADER_BYTES),
    "t": _binary(0, 2),
    "p": _binary(0, 8),
    "1": _binary(0, 8),
    "2": _bcd(LL, 19),
    "3": _fixed_bcd(6),
    "4": _fixed_bcd(12),
    "11": _fixed_bcd(6),
    "12": _fixed_bcd(6),
    "13": _fixed_bcd(4),
    "14": _fixed_bcd(4),
    "15": _fixed_bcd(4),
    "22": _fixed_bcd(3, right_pad="0"),
    "23": _fixed_bcd(3, left_pad="0"),
    "25": _fixed_bcd(2),
    "26": _fixed_bcd(2),
    "32": _bcd(LL, 11),
    "35": _bcd(LL, 37),
    "36": _bcd(LLL, 104),
    "37": _fixed_text(12),
    "38": _fixed_text(6),
    "39": _fixed_text(2),
    "41": _fixed_text(8),
    "42": _fixed_text(15),
    "43": _fixed_text(40),
    "44": _text(LL, 25),
    "46": _text(LLL, 999),
    "48": _bcd(LLL, 322),
    "49": _fixed_text(3),
    "52": _binary(0, 8),
    "53": _fixed_bcd(16),
    "54": _text(LLL, 40),
    "55": _binary(LLL, 999),
    "56": _text(LLL, 999),
    "59": _text(LLL, 999),
    "60": _bcd(LLL, 17),
    "61": _bcd(LLL, 29),
    "62": _binary(LLL, 999),
    "63": _text(LLL, 999),
    "64": _binary(0, 8),
}
NUMBERS = tuple(int(key) for key in SPEC if key.isdigit() and key != "1")
TRACKS = (35, 36)
BINARY = (52, 55, 62, 64)


def to_document(message):
    """A Message as pyiso8583's dictionary."""
    document = {"h": message.tpdu + message.header, "t": message.mti}
    for number, value in message.fields.items():
        text = value.hex() if isinstance(value, bytes) else value
        document[str(number)] = text.replace("=", "D") if number in TRACKS else text
    return document


def to_message(document):
    """pyiso8583's dictionary as a Message."""
    fields = {}
    for key, text in document.items():
        if key.isdigit():
            number = int(key)
            if number in BINARY:
                fields[number] = bytes.fromhex(text)
            else:
                fields[number] = text.replace("D", "=") if number in TRACKS else text
    return Message(document["h"][:10], document["h"][10:], document["t"], fields)
