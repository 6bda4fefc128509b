"""What this terminal is (numbers, host address, language) and how far its STANs and batch have run.

A STAN is used once: the counter is durable before the number is on any message.
"""

from micropython import const

from firmware.storage import pack_lines, unpack_lines

PARAMS = const("params")
_COUNTERS = const("counters")

DEFAULTS = {
    "terminal": "",  # F41, 8 characters
    "merchant": "",  # F42, 15 characters
    "merchant_name": "",  # DF11, told by the host at sign-on
    "tpdu": "6000030000",
    "header": "603100311001",
    "mac": "unionpay-ecb",
    "language": "zh",
    "service": "400-000-0000",  # whom the help page says to call
}
_STAN_LIMIT = const(999999)


class Params:
    """Attributes named as in DEFAULTS."""

    def __init__(self, storage):
        self._storage = storage
        stored = unpack_lines(storage.read(PARAMS))
        for name in DEFAULTS:
            setattr(self, name, stored.get(name, DEFAULTS[name]))

    def save(self):
        self._storage.write(PARAMS, pack_lines({name: getattr(self, name) for name in DEFAULTS}))

    def enrolled(self):
        return len(self.terminal) == 8 and len(self.merchant) == 15


class Counters:
    """`batch`, how many transactions it has `used`, the last STAN used, and the `last` that the
    batch has: 0 once it was used."""

    def __init__(self, storage):
        self._storage = storage
        stored = unpack_lines(storage.read(_COUNTERS))
        self.batch = int(stored.get("batch", 1))
        self._stan = int(stored.get("stan", 0))
        self.last = int(stored.get("last", self._stan or _STAN_LIMIT))
        self.used = int(stored.get("used", "0"))

    def take_stan(self, transaction=0):
        """The next STAN; durable as used before it is returned. `transaction`: 1 for one that a
        settlement counts."""
        self._stan = self._stan % _STAN_LIMIT + 1
        self.used += transaction
        if self._stan == self.last:
            self.last = 0
        self._save()
        return self._stan

    def adopt(self, batch, host_stan):
        """From a sign-on: the host's batch number and its last STAN in it, 0 where it has none."""
        if host_stan and later(host_stan, self._stan):
            self._stan = host_stan
        self.open(batch)

    def open(self, batch):
        """Of another batch nothing is used yet. STANs run on."""
        if batch != self.batch:
            self.batch = batch
            self.last = self._stan or _STAN_LIMIT
            self.used = 0
        self._save()

    def left(self):
        """How many STANs the batch has left."""
        return (self.last - self._stan) % _STAN_LIMIT or _STAN_LIMIT if self.last else 0

    def _save(self):
        counted = {"batch": self.batch, "last": self.last, "stan": self._stan, "used": self.used}
        self._storage.write(_COUNTERS, pack_lines(counted))


def later(one, other):
    """Whether STAN `one` comes after `other`, modulo the wrap at 999999."""
    return 0 < (one - other) % _STAN_LIMIT < _STAN_LIMIT // 2
