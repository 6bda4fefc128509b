"""One refund or void, as whoever works on it has it in hand. What it is made of: record.py."""

from firmware import overlay
from firmware.refund_state import VOID

# print_state
NOT_PRINTED, PRINTING, MERCHANT_COPY, SIGNED, PRINTED = 0, 1, 2, 3, 4


class Record:
    """Attributes as in record.FIELDS; a new one is empty."""

    conflict = False  # not stored: the host has something else under this key (94 to 0420 or 0400)

    def __init__(self):
        overlay.call("record.empty", self)

    def key(self):
        """Terminal, batch, STAN and stored date: what names this transaction for ever. A void's
        says that it is one, for on the wire its key has no date."""
        void = "v" if self.type == VOID else ""
        return "%s-%06d-%06d-%s%s" % (self.terminal, self.batch, self.stan, self.date, void)
