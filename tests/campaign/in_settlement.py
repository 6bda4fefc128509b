"""Planted bugs of settlements, at the terminal and at the host: each is something that somebody
could have written.

No file of either knows of them.
"""

from functools import partial
from types import SimpleNamespace

from firmware import refund_state as states
from firmware import settlement as books
from firmware import settling, totals
from firmware.flows import batch as flow
from firmware.settlement import Settlement
from host_sim.acquirer import batches, ledger, samples, server
from host_sim.acquirer.crash import _Crashing
from host_sim.acquirer.handlers import settlement
from protocol import batch as f48
from tests.campaign.planting import commit_early

# the terminal: what is counted


def open_not_listed(patch):
    patch.set(totals, "_open", lambda terminal: [])


def _counted_as_well(state):
    """A bug that counts what is in this state too, whether it is left out or not."""

    def plant(patch):
        def entries(sound, terminal, batch, left_out, carried):
            keys, values = sound(terminal, batch, left_out, carried)
            for record in (*terminal.journal.finished(), *terminal.journal.open_records()):
                key = record.batch * books.STANS + record.stan
                if record.state == state and key in keys:
                    values[keys.index(key)] = record.type * totals._FEN + record.amount_fen
            return keys, values

        patch.around(totals, "entries", lambda sound: partial(entries, sound))

    return plant


open_counted = _counted_as_well(states.SENT)
held_counted = _counted_as_well(states.PENDING_REVIEW)
annulled_counted = _counted_as_well(states.ANNULLED)


def _carried_as(change):
    """A bug in what is carried over to the next settlement: change(before, now) -> text."""

    def plant(patch):
        def close(sound, terminal, book):
            before = book.carried
            sound(terminal, book)
            book.carried = change(before, book.carried)
            book.save()

        patch.around(settling, "close", lambda sound: partial(close, sound))

    return plant


carried_forgotten = _carried_as(lambda before, now: "")
carried_for_ever = _carried_as(lambda before, now: ",".join(filter(None, (before, now))))


# the terminal: what comes before what


def totals_before_durable(patch):
    def save(sound, book):
        if book.step != books.TOTALLED:
            sound(book)

    patch.around(Settlement, "save", lambda sound: lambda book: save(sound, book))


def new_stan_for_each_try(patch):
    def compare(terminal, book):
        book.stan = terminal.counters.take_stan()
        book.save()
        return "totals", ()

    patch.row(settling._REQUESTS, books.TOTALLED, compare)


def silence_settles(patch):
    async def attempt(sound, terminal, book, first):
        outcome = await sound(terminal, book, first)
        if book.step == books.TOTALLED and outcome and outcome.code is None:
            book.step, book.result = books.CLOSING, f48.EQUAL
            book.save()
        return outcome

    patch.around(settling, "attempt", lambda sound: partial(attempt, sound))


def upload_from_the_start(patch):
    def init(sound, book, storage):
        sound(book, storage)
        if book.step in (books.UPLOADING, books.ENDING):
            book.step = books.UPLOADING
            book.uploaded = book.last = book.part = 0

    patch.around(Settlement, "__init__", lambda sound: lambda *given: init(sound, *given))


def batch_not_raised(patch):
    def close(sound, terminal, book):
        batch, book.batch = book.batch, 0
        sound(terminal, book)
        book.batch = batch
        book.save()

    patch.around(settling, "close", lambda sound: partial(close, sound))


def transactions_do_not_wait(patch):
    async def settlement_first(terminal):
        return None

    patch.set(flow, "settlement_first", settlement_first)


def trims_what_was_just_closed(patch):
    def trim(terminal, book):
        for name in terminal.storage.names("archive"):
            if int(name) != terminal.counters.batch:
                terminal.storage.remove("archive/" + name)

    patch.set(totals, "trim", trim)


# the host


def settled_is_taken_back(patch):
    def find(sound, connection, key):
        found = sound(connection, key)
        return found and SimpleNamespace(**found._asdict() | {"settled": None})

    patch.around(ledger, "find_txn", lambda sound: partial(find, sound))


def listed_counted(patch):
    patch.set(settlement, "_counted", lambda call: batches.unsettled(
        call.connection, call.terminal.terminal_id))


def listed_settled_uncounted(patch):
    """What is left out of the totals is closed with them."""

    def mark(sound, connection, number, rows):
        sound(connection, number, batches.unsettled(connection, samples.TERMINAL))

    patch.around(batches, "mark", lambda sound: partial(mark, sound))


def repeat_decided_anew(patch):
    def settle(sound, call):
        known = batches.find(call.connection, call.key(""))
        if known is None:
            return sound(call)
        own = settlement._sums(settlement._counted(call))
        told = f48.split_totals(call.request.fields[48])[:4]
        result = f48.EQUAL if own == told else f48.NOT_EQUAL
        return settlement.Answer("00", {48: f48.totals(*own, result)})

    patch.row(server.HANDLERS, "settlement", partial(settle, settlement.settle))


def batch_stays_open(patch):
    def end(sound, connection, found, key, merchant_id, at):
        sound(connection, found, key._replace(batch=0), merchant_id, at)

    patch.around(batches, "end", lambda sound: partial(end, sound))


def marked_in_another_commit(patch):
    def mark(sound, connection, *given):
        if isinstance(connection, _Crashing):
            commit_early(connection)
        sound(connection, *given)

    patch.around(batches, "mark", lambda sound: partial(mark, sound))
