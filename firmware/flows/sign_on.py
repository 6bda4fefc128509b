"""Sign-on: fetch working keys, the batch number, the date and the merchant's name.

Nothing of an 0810 is taken unless its MAC is right under the MAK that it brings.
"""

from firmware import host, messages
from firmware.screens import Stopped
from protocol import tlv
from protocol.errors import WireFault
from protocol.keys import behind_keys
from protocol.subfields import split_f60


async def run(terminal):
    """The operator's sign-on: says how it ended."""
    terminal.ui.say("sign_on.title", "connecting")
    await or_stop(terminal)
    await terminal.ui.message("sign_on.title", "sign_on.done", timeout_ms=3000)


async def or_stop(terminal):
    """Sign on; raises Stopped with what happened and what to do."""
    if not terminal.keys.injected or not terminal.params.enrolled():
        raise Stopped("sign_on.failed", "not_enrolled.body")
    outcome = await sign_on(terminal)
    if outcome.kind != host.ANSWERED:
        raise Stopped("sign_on.failed", host.WHY[outcome.kind])
    if outcome.code != "00":
        raise Stopped("sign_on.failed", terminal.code_text(outcome.code), {"code": outcome.code})


async def sign_on(terminal):
    """One 0800 and its 0810: the host.Outcome. With 00 the new keys are in use at return."""
    brought = []

    def mac_of(reply):
        if reply.fields.get(39) != "00" or 62 not in reply.fields:
            return None  # refused: nothing to take, nothing to check it with
        brought[:] = [terminal.keys.open(reply.fields[62])]  # the last one judged is the one taken
        return brought[0]

    request = messages.sign_on(
        terminal.params,
        terminal.counters.batch,
        terminal.counters.take_stan(),
        terminal.operator or "00",
    )
    outcome = await terminal.host.exchange(request, mac_of)
    if outcome.code == "00" and brought:
        _take(terminal, outcome, brought[0])
    terminal.signed_on = outcome.code == "00"
    return outcome


def _take(terminal, outcome, mac):
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
