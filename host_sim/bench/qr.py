"""QR codes of a receipt printer: what GS ( k says of the next one, and its modules.

A symbol that does not fit the paper, or holds more than its level of correction allows, is not
printed at all, as by a printer.
"""
from functools import lru_cache

DOTS = 384                  # of a line
BEGINS = b"\x1d(k"          # then the length, low byte first, 0x31 for a QR code, and a function
HEAD = len(BEGINS) + 2      # bytes up to the length's end
MOST = 3 + 2_953            # bytes of a command: the largest symbol's
_QR, _SIZE, _LEVEL, _STORE, _PRINT = 0x31, 0x43, 0x45, 0x50, 0x51
_MODEL = 0x41
_LEVELS = {0x30: (2_953, "L"), 0x31: (2_331, "M"), 0x32: (1_663, "Q"), 0x33: (1_273, "H")}
_SIZES = range(1, 17)


class Symbol:
    """The next code: a printer's defaults until a command says otherwise."""

    def __init__(self):
        self.size = 3       # dots of a module
        self.level = 0x30
        self.data = b""

    def take(self, body):
        """The bytes behind the length -> (text, dots of a module, level) of a code to be printed,
        or None. ValueError for what is no such command."""
        if len(body) < 3 or body[0] != _QR:
            raise ValueError("no QR code")
        function, value = body[1], body[2]
        if function == _SIZE and value in _SIZES:
            self.size = value
        elif function == _LEVEL and value in _LEVELS:
            self.level = value
        elif function == _STORE:
            self.data = body[3:]
        elif function == _PRINT:
            return self._printed()
        elif function != _MODEL:
            raise ValueError("no such function")
        return None

    def _printed(self):
        most, level = _LEVELS[self.level]
        if not 0 < len(self.data) <= most:
            raise ValueError("nothing, or more than fits")
        text = self.data.decode("utf-8", "replace")
        if len(modules(text, level)) * self.size > DOTS:
            raise ValueError("wider than the paper")
        return text, self.size, level


@lru_cache(maxsize=32)
def modules(text, level):
    """Rows of booleans, True for a dark module, without the light rim around them."""
    from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

    code = QRCode(None, getattr(QRErrorCorrectLevel, level))
    code.addData(QR8bitByte(text.encode()))
    try:
        code.make()
    except Exception as why:    # it has no narrower one for a text that is too long
        raise ValueError(str(why)) from None
    return tuple(tuple(bool(one) for one in row) for row in code.modules)
