"""One refund, void or sale, as whoever works on it has it in hand. record.py: what it is."""

from firmware import overlay

SUFFIXES = ("", "", "v", "s")  # by type: how the name of its journal slot ends

# print_state
NOT_PRINTED, PRINTING, MERCHANT_COPY, SIGNED, PRINTED = 0, 1, 2, 3, 4


class Record:
    """Attributes as in record.FIELDS; a new one is empty."""

    conflict = False  # not stored: the host has something else under this key (94 to 0420 or 0400)
    # Never stored: card fields and tags of a sale, gone once it is answered.
    secret = ()

    def __init__(self):
        overlay.call("record.empty", self)

    def key(self):
        """Terminal, batch, STAN and stored date: what names this transaction for ever. A void's or
        sale's says that it is one, for on the wire its key has no date."""
        mark = SUFFIXES[self.type]
        return "%s-%06d-%06d-%s%s" % (self.terminal, self.batch, self.stan, self.date, mark)
