"""What makes a refund suspicious at the till, as a table; the limits are the shop's own, in a file.

A rule that holds a refund is named to the supervisor before he is asked for his password, kept in
the record, and told to the host (DF13), the same at each sending. Nothing here is silent.
"""

from micropython import const

from firmware import refund_state as states
from firmware.screens import Stopped, yuan
from firmware.storage import unpack_lines

LIMITS = "limits"  # the file: name=value lines
# 0 switches a rule off. Times are HHMM; a shop that closes after midnight closes before it opens.
DEFAULTS = {
    "supervisor_from_fen": 0,  # a smaller refund takes no supervisor, unless a rule holds it
    "per_hour": 0,  # refunds of one operator within an hour, after which the next is held
    "large_fen": 0,  # held from this amount on
    "most_fen": 0,  # more than this is for the back office
    "same_order": 0,  # 1: an order refunded within a day is held
    "opens": 0,  # outside these two, and by a clock that was never set, every refund is held
    "closes": 0,
    "batch": 500,  # so many transactions, then the batch is full and must be settled
    "no_pin_fen": 100000,  # a card that is swiped for more than this needs its PIN
}
_HOUR = const(60)  # minutes
_DAY = const(24 * 60)
_NEVER_SET = const("2025")  # a clock before it counts from where the chip was switched on


class Case:
    """A refund that is asked for, and what the rules look at."""

    def __init__(self, terminal, order, amount_fen):
        self.limits = limits(terminal.storage)
        self.amount_fen = amount_fen
        self.date, self.time = terminal.date_and_time()
        self.clock_set = terminal.signed_on and self.date > _NEVER_SET
        self.in_hour = self.of_order = 0
        if self.limits["per_hour"] or self.limits["same_order"]:
            self._count(terminal, order)

    def _count(self, terminal, order):
        """What went back, or still may. Of two entries of one key the later counts; what is dated
        later than now was before the clock was set back."""
        now = minutes(self.date, self.time)
        in_hour, of_order = set(), set()
        for records in (terminal.journal.finished(), terminal.journal.open_records()):
            for record in records:
                age = now - minutes(record.date, record.time)
                undone = record.state in (states.DECLINED, states.ANNULLED)
                if record.operator == terminal.operator and age < _HOUR:
                    _note(in_hour, record.key(), undone)
                if record.order == order.number and age < _DAY:
                    _note(of_order, record.key(), undone)
        self.in_hour, self.of_order = len(in_hour), len(of_order)

    def out_of_hours(self):
        opens, closes = self.limits["opens"], self.limits["closes"]
        if opens == closes:
            return False
        now = int(self.time[:4])
        if opens < closes:
            return not (self.clock_set and opens <= now < closes)
        return not (self.clock_set and (now >= opens or now < closes))


# number (DF13), text id, whether the supervisor may let it pass, when it holds a Case
RULES = (
    ("01", "risk.per_hour", True, lambda case: 0 < case.limits["per_hour"] <= case.in_hour),
    ("02", "risk.large", True, lambda case: 0 < case.limits["large_fen"] <= case.amount_fen),
    ("03", "risk.most", False, lambda case: 0 < case.limits["most_fen"] < case.amount_fen),
    ("04", "risk.same_order", True, lambda case: case.limits["same_order"] and case.of_order),
    ("05", "risk.hours", True, Case.out_of_hours),
)


async def clear(terminal, order, amount_fen):
    """The numbers of the rules that hold it, in one text, and whether the supervisor must let it
    pass. Raises Stopped, or Cancelled, where it ends here."""
    ui = terminal.ui
    case = Case(terminal, order, amount_fen)
    numbers, rows = "", []
    for number, text, may_pass, holds in RULES:
        if holds(case):
            if not may_pass:
                raise Stopped("refused.title", text, {"limit": yuan(case.limits["most_fen"])})
            numbers += number
            rows += ui.wrap(ui.text(text, number=terminal.operator, count=case.in_hour))
    if rows:
        await ui.ask("confirm", ui.text("risk.title"), rows, ui.text("risk.ask"))
    return numbers, rows or amount_fen >= case.limits["supervisor_from_fen"]


def limits(storage):
    """All of DEFAULTS, as the shop has them."""
    stored = unpack_lines(storage.read(LIMITS))
    return {name: int(stored.get(name, DEFAULTS[name])) for name in DEFAULTS}


def minutes(date, time):
    """From a day long ago to YYYYMMDD and HHMMSS, of the Gregorian calendar."""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    if month < 3:  # years count from March: the leap day comes last
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day
    return (days * 24 + int(time[:2] or "0")) * 60 + int(time[2:4] or "0")  # none if it was lost


def _note(keys, key, undone):
    if undone:
        keys.discard(key)
    else:
        keys.add(key)
