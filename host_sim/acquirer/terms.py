"""The terms that a scenario sets: window, limit, and the code table that answers in place of 00.

Only what the rules would have approved is looked up here; a code table never makes a refused
refund good.
"""

from dataclasses import dataclass
from datetime import time

REFUND_WINDOW_DAYS = 180
HOURS = tuple[time, time]


def in_hours(hours: HOURS | None, at: time) -> bool:
    """Whether a time of day is from the first to before the second, past midnight if need be;
    always within None."""
    if hours is None:
        return True
    begin, end = hours
    return begin <= at < end if begin <= end else at >= begin or at < end


@dataclass(frozen=True)
class Coded:
    """A row of the code table: `answer` where everything else that is set fits. `first_tries`,
    `at_try`: which tries of one key, counted from 1."""

    answer: str
    to: tuple[str, ...] = ("refund",)
    amount: int | None = None
    from_amount: int | None = None
    cents: int | None = None
    order: str | None = None
    terminal: str | None = None
    merchant: str | None = None
    first_tries: int | None = None
    at_try: int | None = None
    hours: HOURS | None = None

    def fits(self, kind, amount_fen, order_no, terminal, attempt, at) -> bool:
        return (
            kind in self.to
            and self.amount in (None, amount_fen)
            and (self.from_amount is None or amount_fen >= self.from_amount)
            and self.cents in (None, amount_fen % 100)
            and self.order in (None, order_no)
            and self.terminal in (None, terminal.terminal_id)
            and self.merchant in (None, terminal.merchant_id)
            and (self.first_tries is None or attempt <= self.first_tries)
            and self.at_try in (None, attempt)
            and in_hours(self.hours, at)
        )


@dataclass(frozen=True)
class Terms:
    """`limit_fen` 0: none. `codes`: Coded rows, the first that fits counts."""

    window_days: int = REFUND_WINDOW_DAYS
    limit_fen: int = 0
    codes: tuple[Coded, ...] = ()

    def code(self, kind: str, call, order, tries: int) -> str:
        """The code for a "refund", "void" or "sale" that the rules approve; `tries`: how often its
        key was answered before."""
        about = (kind, call.amount_fen, order.order_no, call.terminal, tries + 1, call.now.time())
        return next((row.answer for row in self.codes if row.fits(*about)), "00")


USUAL = Terms()
