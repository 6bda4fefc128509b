"""An order as the host told it. What reads one, told.py, goes when it has: this stays for the object.
"""


class Order:
    """number, product, quantity (4 digits), amount_fen, refunded_fen, terminal, token, card (masked;
    "" where it was paid by QR code) and rrn; of the original batch, mmdd, and F61 as `original`."""

    @property
    def left_fen(self):
        return self.amount_fen - self.refunded_fen
