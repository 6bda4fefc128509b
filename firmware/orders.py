"""An order as the host told it. Apart from told.py, which reads one and goes when it has."""


class Order:
    def __init__(self, number, product, quantity, amount_fen, refunded_fen, card, token, original):
        """`quantity`: 4 digits. `card`: masked, and the host's token for it; "" and b"" where it
        was paid by QR code. `original`: terminal, RRN and F61 of the payment."""
        self.number = number
        self.product = product
        self.quantity = quantity
        self.amount_fen = amount_fen
        self.refunded_fen = refunded_fen
        self.card = card
        self.token = token
        self.terminal, self.rrn, self.original = original

    @property
    def left_fen(self):
        return self.amount_fen - self.refunded_fen
