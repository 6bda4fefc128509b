"""The settlement in hand, durable: what was counted, how far the host was told, what is owed still.

One small file, written before each step acts, so that a power cut anywhere goes on where it was. It
is kept when all is done: for the slip, and for the open intents that the next one must count.
"""

from firmware import refund_state as states
from firmware.storage import pack_lines, unpack_lines

_FILE = "settlement"
STANS = 1000000  # batch * STANS + STAN names a transaction among all of this till

# step
DONE = 0
TOTALLED = 1  # durable before the first byte of the 0500, which is repeated until answered
UPLOADING = 2  # the totals differ: 0320 by portions
ENDING = 3  # every portion was acknowledged
CLOSING = 4  # the host has settled: next batch, old records dropped
SLIP = 5  # the paper is owed; transactions may begin
UNDER_WAY = (TOTALLED, UPLOADING, ENDING, CLOSING)

# What F48 counts a transaction as: type, text id, whether a debit. What is not here counts nowhere.
TYPES = (
    (states.SALE, "settle.sale", True),
    (states.VOID, "settle.void", False),
    (states.REFUND, "settle.refund", False),
)

# Of the file. `part`: STAN of the 0320 under way, 0 for none; `last`: key of what was uploaded
# last; `open`: F62's DF0E of what is left out; `carried`: keys that the one before left out;
# `counted`: type:count:fen, for each that has some; `host`: F48 of the 0510.
DEFAULTS = {
    "step": DONE, "batch": 0, "stan": 0, "part": 0, "uploaded": 0, "last": 0, "result": 0,
    "printed": 0, "date": "", "time": "", "operator": "", "counted": "", "open": "",
    "carried": "", "host": "",
}  # fmt: skip


class Settlement:
    """Attributes as in DEFAULTS, which a till has that never settled."""

    def __init__(self, storage):
        self._storage = storage
        stored = unpack_lines(storage.read(_FILE))
        for name in DEFAULTS:
            value = stored.get(name, DEFAULTS[name])
            setattr(self, name, value if DEFAULTS[name] == "" else int(value))

    def save(self):
        """Durable at return."""
        values = {name: getattr(self, name) for name in DEFAULTS}
        self._storage.write(_FILE, pack_lines(values))

    def begin(self, terminal, counted, left_open):
        """Its numbers are fixed from here on: totals.count's. Durable at return."""
        self.batch = terminal.counters.batch
        self.stan = terminal.counters.take_stan()
        self.date, self.time = terminal.date_and_time()
        self.operator = terminal.operator
        self.counted = ",".join(["%d:%d:%d" % row for row in counted])
        self.open = ",".join(left_open)
        self.part = self.uploaded = self.last = self.result = self.printed = 0
        self.host = ""
        self.step = TOTALLED
        self.save()

    def rows(self):
        """[(type, count, fen)] of what was counted."""
        return [tuple([int(n) for n in row.split(":")]) for row in _split(self.counted)]

    def left_open(self):
        """Values of DF0E."""
        return _split(self.open)

    def keys(self):
        """(what this one leaves out, what the one before left out): batch * STANS + STAN each."""
        left_out = [int(digits[:12]) for digits in self.left_open()]
        return left_out, [int(key) for key in _split(self.carried)]


def owed(storage):
    """Whether something of a settlement is still to be done."""
    return Settlement(storage).step != DONE


def debit_and_credit(rows):
    """(debit_fen, debit_count, credit_fen, credit_count) of [(type, count, fen)]."""
    sums = [0, 0, 0, 0]
    for type_, count, fen in rows:
        at = 0 if [row[2] for row in TYPES if row[0] == type_][0] else 2
        sums[at] += fen
        sums[at + 1] += count
    return tuple(sums)


def _split(text):
    return text.split(",") if text else []
