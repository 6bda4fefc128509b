"""One bit of a field turned, so that the packet can still be read."""
from protocol.dialect import form, lines
from protocol.dialect.fields import FIELDS
from protocol.dialect.tags import TAGS

FORMS = {words[0]: form(words[1]) for words in (line.split() for line in lines(FIELDS))}
TAG_FORMS = {words[0]: form(words[1]) for words in (line.split() for line in lines(TAGS))}


def flipped(packet, field, piece):
    """The packet with one bit turned in the value of a field, whose Piece is given."""
    at, mask = piece.at, 0x10
    if field in ("tpdu", "header"):
        at += 2
    elif field.isdigit():
        kind, width, _ = FORMS[field]
        at += width
        mask = 1 if kind in "ab" else 0x10
    elif field.startswith("62."):
        kind = TAG_FORMS.get(field[3:], ("b",))[0]
        at += 3 if field[3:] in TAG_FORMS else 0
        mask = 0x10 if kind == "n" else 1
    return packet[:at] + bytes([packet[at] ^ mask]) + packet[at + 1:]
