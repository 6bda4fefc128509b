"""What a settlement owes the host, by its step: one request, and what its answer means.

Only an answer of 00 that the host signed moves it on; each step is durable before it is taken.
"""

from firmware import overlay, settlement
from protocol import MAY_LACK_MAC, batch, tlv
from protocol.errors import WireFault
from protocol.subfields import f60

_LAST_BATCH = 999999
REFUSED = "refused"  # the host refused the first 0500 for good: nothing is settled


async def attempt(terminal, book, first):
    """One exchange that may bring it on: its Outcome, None where there was none to have, REFUSED
    where the batch stays open. `first`: no 0500 of this one has left before."""
    stop = terminal.ui.cancel
    if terminal.keys.mac is None:
        await overlay.run("flows.sign_on.sign_on", terminal, stop)
        if terminal.keys.mac is None:
            return None
    name, arguments = _REQUESTS[book.step](terminal, book)
    if name is None:
        return None
    outcome = await terminal.host.exchange("settling." + name, book, *arguments, stop=stop)
    if outcome.code in MAY_LACK_MAC:
        await overlay.run("flows.sign_on.sign_on", terminal, stop)
    elif outcome.code == "00":
        return _ANSWERED[book.step](book, outcome, arguments) or outcome
    elif first and outcome.final:
        _drop(book)
        return REFUSED
    return outcome


def close(terminal, book):
    """The host has settled: the next batch is open here too. May be done twice."""
    if terminal.counters.batch == book.batch:
        terminal.counters.open(book.batch % _LAST_BATCH + 1)
    overlay.call("totals.trim", terminal, book)
    book.carried = ",".join(["%d" % key for key in book.keys()[0]])
    book.step = settlement.SLIP
    book.save()


# requests, as messages.py has them


def totals(params, book):
    """0500: the same for ever."""
    listed = tlv.pack([("DF0E", digits) for digits in book.left_open()])
    sums = settlement.debit_and_credit(book.rows())
    fields = {49: "156", 62: listed, 63: book.operator + " "}
    return _message(params, "0500", book, book.stan, "201", batch.totals(*sums), fields)


def entries(params, book, pairs):
    digits = batch.entries([pair[1:] for pair in pairs])
    return _message(params, "0320", book, book.part, "201", digits, {})


def end(params, book):
    digits = batch.count(book.uploaded)
    return _message(params, "0320", book, book.part, "202", digits, {})


def _message(params, mti, book, stan, network, digits, fields):
    fields[11] = "%06d" % stan
    fields[41] = params.terminal
    fields[42] = params.merchant
    fields[48] = digits
    fields[60] = f60("00", book.batch, network)
    fields[64] = bytes(8)
    return mti, fields


# what is owed by step: (name of the request, its arguments)


def _compare(terminal, book):
    return "totals", ()


def _upload(terminal, book):
    pairs = overlay.call("totals.portion", terminal, book, batch.MOST_ENTRIES)
    if not pairs:
        book.step = settlement.ENDING
        book.save()
        return None, ()
    _take_part(terminal, book)
    return "entries", (pairs,)


def _end(terminal, book):
    _take_part(terminal, book)
    return "end", ()


def _take_part(terminal, book):
    """The STAN of what is sent next, the same until it is answered."""
    if not book.part:
        book.part = terminal.counters.take_stan()
        book.save()


_REQUESTS = {
    settlement.TOTALLED: _compare, settlement.UPLOADING: _upload, settlement.ENDING: _end,
}  # fmt: skip


# what an answer of 00 means


def _compared(book, outcome, _arguments):
    try:
        result = batch.split_totals(outcome.field(48))[4]
    except WireFault:
        return None
    if result == batch.ERROR:
        _drop(book)
        return REFUSED
    if result not in (batch.EQUAL, batch.NOT_EQUAL):
        return None
    book.result = result
    book.host = outcome.field(48)
    book.step = settlement.CLOSING if result == batch.EQUAL else settlement.UPLOADING
    book.save()
    return None


def _uploaded(book, _outcome, arguments):
    pairs = arguments[0]
    book.uploaded += len(pairs)
    book.last = pairs[-1][0]
    book.part = 0
    book.save()
    return None


def _ended(book, _outcome, _arguments):
    book.step = settlement.CLOSING
    book.save()
    return None


def _drop(book):
    """Nothing is settled, and there is no slip of it."""
    book.step = settlement.DONE
    book.batch = 0
    book.save()


_ANSWERED = {
    settlement.TOTALLED: _compared, settlement.UPLOADING: _uploaded, settlement.ENDING: _ended,
}  # fmt: skip
