"""What a good 0810 changes in the terminal: keys, batch, STAN, the merchant's name, the clock.

The keys come first; the rest is taken as far as it makes sense.
"""

from protocol import tlv
from protocol.errors import WireFault
from protocol.keys import behind_keys
from protocol.subfields import split_f60


def take(terminal, outcome, mac):
    """`outcome`: of a sign-on with 00; `mac`: the Mac under the MAK that it brought."""
    wrapped = outcome.field(62)
    terminal.keys.install(wrapped, mac)
    batch, told = terminal.counters.batch, {}
    try:
        batch = split_f60(outcome.field(60))[1]
        told = tlv.unpack(behind_keys(wrapped))
    except WireFault:
        pass  # the keys are good all the same
    terminal.counters.adopt(batch, int(told.get("DF0F", "0")))
    if told.get("DF11", "") not in ("", terminal.params.merchant_name):
        terminal.params.merchant_name = told["DF11"]
        terminal.params.save()
    date = told.get("DF12", "")
    clock = outcome.field(12)
    if len(date) == 8 and len(clock) == 6:
        _set_clock(terminal.board, date, clock)


def _set_clock(board, date, clock):
    """By YYYYMMDD and HHMMSS of the host, unless there is no such day or hour."""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    hour, minute, second = int(clock[:2]), int(clock[2:4]), int(clock[4:])
    in_year = year >= 2000 and 1 <= month <= 12 and 1 <= day <= 31
    if in_year and hour < 24 and minute < 60 and second < 60:
        board.set_clock(year, month, day, hour, minute, second)
