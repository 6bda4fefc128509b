"""A magnetic head and a scanner, each with a serial decoder: what they say of a card or a code.

They know how a track is framed, nothing of what is on it.
"""

BAUD = 9600
_START, _END, _LINE_END = ";", "?", b"\r"
DAMAGED, CUT = "damaged", "cut"  # what may befall a swipe


def swiped(track2: str, fault: str | None = None) -> bytes:
    """Track 2 as the head sends it: `;4912...=...?`, the LRC over all of it (ISO 7811) as one more
    character of the same alphabet, CR. DAMAGED: a digit was read wrong; CUT: the card was pulled
    through half-way."""
    whole = _START + track2 + _END
    lrc = 0
    for char in whole:
        lrc ^= ord(char) & 0x0F
    line = whole.encode() + bytes([0x30 | lrc])
    if fault == DAMAGED:
        at = len(line) // 2
        line = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
    elif fault == CUT:
        return line[: len(line) // 2]
    return line + _LINE_END


def scanned(code: str) -> bytes:
    """A bar code or QR code as the scanner sends it."""
    return code.encode() + _LINE_END
