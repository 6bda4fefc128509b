"""How far a long run has come, on a terminal; nothing where nobody watches."""

import sys
import time

WIDTH = 30
EVERY_S = 0.2


class Progress:
    """`total` of `unit`; a bar, the rate and what is left, on standard error."""

    def __init__(self, total, unit):
        self._total = total
        self._unit = unit
        self._began = self._told = time.monotonic()
        self._shown = sys.stderr.isatty()

    def reached(self, done, remark=""):
        now = time.monotonic()
        if not self._shown or (now - self._told < EVERY_S and done < self._total):
            return
        self._told = now
        bar = "#" * (WIDTH * done // self._total)
        rate = done / max(now - self._began, 0.001)
        left = (self._total - done) / max(rate, 0.001)
        print(f"\r[{bar:{WIDTH}}] {done}/{self._total} {self._unit}, {rate:.0f}/s, "
              f"{left:.0f} s left {remark}\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self):
        if self._shown:
            print(file=sys.stderr)
