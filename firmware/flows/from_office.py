"""Vouchers that the back office sends to this till: printed here, marked as a duplicate.

The number of the last one that was printed is durable before the host is told, so each comes once;
what a power cut tears comes again. A refund of this till is printed from its own record.
"""

from micropython import const

from firmware import host, overlay, voucher
from firmware import refund_state as states
from firmware.screens import Stopped
from firmware.storage import pack_lines, unpack_lines
from firmware.transaction import Record
from protocol.subfields import split_f61, split_open_intent

TITLE = "office.title"
_NO_DATE = const("00000000")
_BY_ORDER = const("012")  # F22: as drafts.py has it


async def run(terminal):
    ui = terminal.ui
    if terminal.keys.mac is None:
        ui.say(TITLE, "connecting")
        await overlay.run("flows.sign_on.or_stop", terminal)
    printed = 0
    while True:
        ui.say(TITLE, "connecting")
        ui.cancel.clear()
        last = int(unpack_lines(terminal.storage.read("reprinted")).get("last", "0"))
        outcome = await _ask(terminal, "status", _asked(last))
        told = overlay.call("messages.tags", outcome.field(62, b""))
        if "DF0E" not in told:
            break
        record = await _found(terminal, outcome, told)
        ui.say(TITLE, "reprint.printing")
        if not await overlay.run("flows.complete.copy", terminal, record, voucher.CUSTOMER, True):
            raise Stopped(TITLE, "office.left")
        last = split_f61(outcome.field(61))[1]
        terminal.storage.write("reprinted", pack_lines({"last": last}))
        printed += 1
    ui.keys.clear()
    body = "reprint.done" if printed else "office.none"
    await ui.ask("message", TITLE, body, timeout_ms=10000)


def _asked(last):
    """The record under whose key the host has them: batch 0, and the number of the last one."""
    record = Record()
    record.type = states.VOID  # its key has no date
    record.stan = last
    record.date = _NO_DATE
    record.order = "0"
    return record


async def _ask(terminal, name, what):
    """The Outcome of an inquiry that was answered with 00; raises Stopped for any other."""
    for last in (False, True):
        stan = terminal.counters.take_stan()
        batch = terminal.counters.batch
        outcome = await terminal.host.exchange(name, batch, stan, what, stop=terminal.ui.cancel)
        if outcome.code not in ("77", "A0") or last:
            break
        await overlay.run("flows.sign_on.or_stop", terminal)
    if outcome.kind == host.STOPPED:
        raise Stopped("cancelled.title", "cancelled.body")
    if outcome.kind != host.ANSWERED:
        raise Stopped(TITLE, outcome.kind)
    if outcome.code != "00":
        raise Stopped(TITLE, terminal.code_text(outcome.code), {"code": outcome.code})
    return outcome


async def _found(terminal, outcome, told):
    """The Record to be printed: this till's own, else what the host tells of refund and order."""
    batch, stan, date, amount_fen, _ = split_open_intent(told["DF0E"][0])
    record = Record()
    record.type = states.REFUND
    record.terminal = told.get("DF0B", "")
    record.batch = batch
    record.stan = stan
    record.date = date
    key = record.key()
    own = overlay.call("history.gather", terminal, lambda one: one.key() == key)
    if len(own) and own.record(0).amount_fen:
        return own.record(0)
    record.amount_fen = amount_fen
    record.order = told.get("DF01", "")
    record.operator = told.get("DF07", "")
    record.entry_mode = _BY_ORDER
    record.host_time = outcome.field(12)
    record.host_date = outcome.field(13)
    record.rrn = outcome.field(37)
    outcome = await _ask(terminal, "order_inquiry", record.order)
    told = overlay.call("messages.tags", outcome.field(62, b""))
    record.product = told.get("DF02", "")
    record.quantity = told.get("DF03", "0")
    record.card = told.get("DF10", "")
    record.original = outcome.field(61)
    record.original_rrn = outcome.field(37)
    return record

