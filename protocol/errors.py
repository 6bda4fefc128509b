"""What can go wrong with a message, as two types that are never mixed up.
WireFault: the other end's bytes are wrong. LocalMisuse: our own caller asked for what
cannot be encoded. Neither may carry a field's value: it could be a card number or a key.
"""


class WireFault(Exception):
    """A remote fault. field: number as text ("35"), "tpdu", "header", "mti", "bitmap",
    "length", "trailing", or a path into a field ("62.DF04"). at: byte from the TPDU on.
    reason: plain words. str() reads "F35: length 38 digits exceeds 37 at byte 41".
    """

    def __init__(self, field, at, reason):
        super().__init__(field, at, reason)
        self.field = field
        self.at = at
        self.reason = reason

    def __str__(self):
        return "%s: %s at byte %d" % (_label(self.field), self.reason, self.at)


class LocalMisuse(ValueError):
    """Our own caller's mistake: a field and a reason, no position, for nothing was sent."""

    def __init__(self, field, reason):
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self):
        return "%s: %s" % (_label(self.field), self.reason)


def _label(field):
    return "F" + field if field[:1].isdigit() else field


def reason(name):
    """The words that protocol/faults.py has under a name."""
    from protocol import faults

    return getattr(faults, name)
