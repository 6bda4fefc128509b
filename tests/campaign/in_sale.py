"""Planted bugs of sales, at the terminal and at the host: each is something that somebody could
have written.

No file of either knows of them.
"""

from types import SimpleNamespace

from firmware import cards, messages, owing, sending, totals, unwrapping
from firmware import refund_state as states
from firmware.flows import sale, send
from firmware.journal import Journal
from host_sim.acquirer import cards as issuers
from host_sim.acquirer import ledger, rules
from host_sim.acquirer.handlers import inquiry, outcome, void
from protocol.keys import unwrap_working_keys
from protocol.pin import PinKey
from protocol.reference.keys import in_bytes
from tests.campaign import in_host, in_journal, in_terminal

SALE = states.SALE


# the terminal: what becomes of a sale without an answer


def never_reversed(patch):
    in_terminal.never_reversed(patch, SALE, "sale")


def sold_again(patch):
    """Where no answer came it is sold once more, as if nothing had been sent."""

    async def once(sound, terminal, record):
        await sound(terminal, record)
        if record.state == states.REVERSING and record.type == SALE and not record.tries:
            old = record.key()
            record.state, record.earlier = states.SENT, states.PREPARED
            record.stan = terminal.counters.take_stan()
            book = terminal.journal
            book._storage.rename("journal/" + old, "journal/" + record.key())
            book._open[record.key()] = book._open.pop(old)
            book.save(record)
            await sound(terminal, record)

    patch.around(sending, "_once", lambda sound: lambda *given: once(sound, *given))


sent_declined = in_journal.taken_for(states.SENT, states.DECLINED, "98", of=(SALE,))
reversal_forgotten = in_journal.taken_for(states.REVERSING, states.ANNULLED, of=(SALE,))


def twelve_is_reversed(patch):
    patch.set(owing, "_stands", lambda record: False)


def stands_without_a_reference(patch):
    async def learn(terminal, record):
        return True

    patch.set(owing, "_learn", learn)


def not_archived(patch):
    def finish(sound, book, record):
        if record.type == SALE:
            book._storage.append, append = (lambda path, data: None), book._storage.append
            try:
                sound(book, record)
            finally:
                del book._storage.append
                assert book._storage.append == append
        else:
            sound(book, record)

    patch.around(Journal, "finish", lambda sound: lambda *given: finish(sound, *given))


def counted_as_given(patch):
    """A settlement takes it for a refund."""

    def entries(sound, *given):
        keys, values = sound(*given)
        for at, value in enumerate(values):
            if value // totals._FEN == SALE:
                values[at] = states.REFUND * totals._FEN + value % totals._FEN
        return keys, values

    patch.around(totals, "entries", lambda sound: lambda *given: entries(sound, *given))


def amount_of_the_limit(patch):
    """What is asked for is cut to what needs no PIN, the slip and the check say the whole."""

    def begin(sound, terminal, record):
        if record.type == SALE:
            record.amount_fen = min(record.amount_fen, sale._no_pin_fen(terminal))
        sound(terminal, record)

    patch.around(send, "_begin", lambda sound: lambda *given: begin(sound, *given))


# the terminal: cards and PINs


def pin_under_the_mak(patch):
    def block(wrapped, tmk, ciphers, pin, number):
        _, mak, _ = in_bytes(unwrap_working_keys(wrapped, tmk, ciphers))
        return PinKey(mak[:8], ciphers).block(pin, number)

    patch.set(unwrapping, "pin_block", block)


def pin_never_asked(patch):
    patch.set(sale, "_no_pin_fen", lambda terminal: 1 << 40)


def damaged_track_taken(patch):
    def read(line):
        text = bytes(line).decode("latin-1").strip(";\r\n")[:37].rstrip("?")
        number, _, rest = text.split("?")[0].partition("=")
        good = number.isdigit() and rest.isdigit()
        return cards.Track(number, rest[:4], text.split("?")[0]) if good else None

    patch.set(cards, "read_track", read)


def wrong_pin_under_the_same_stan(patch):
    """The second try of a PIN is the same request once more."""

    def begin(sound, terminal, record):
        before = [one for one in terminal.journal.finished()
                  if one.type == SALE and one.order == record.order and one.code == "55"]
        if record.type != SALE or not before:
            sound(terminal, record)
            return
        record.stan, record.date, record.time = before[-1].stan, before[-1].date, before[-1].time
        terminal.journal.prepare(record)

    patch.around(send, "_begin", lambda sound: lambda *given: begin(sound, *given))


def whole_number_kept(patch):
    def check(sound):
        async def checked(terminal, amount_fen, number, payment, asks_pin):
            record = await sound(terminal, amount_fen, number, payment, asks_pin)
            record.card = payment.pan
            return record

        return checked

    patch.around(sale, "_check", check)


def track_in_the_reversal(patch):
    """What the sale had of the card goes along with its 0400."""
    known = {}

    def sold(sound, params, record):
        known[record.key()] = dict(record.secret[0])
        return sound(params, record)

    def reversal(sound, params, record, reason):
        mti, fields = sound(params, record, reason)
        return mti, fields | known.get(record.key(), {})

    patch.around(messages, "sale", lambda sound: lambda *given: sold(sound, *given))
    patch.around(messages, "reversal", lambda sound: lambda *given: reversal(sound, *given))


# the host


no_tombstone = in_host._no_tombstone("sale")


def number_sold_twice(patch):
    patch.set(rules, "SALE_CHECKS", tuple(row for row in rules.SALE_CHECKS if row[0] != "94"))


def undone_though_refunded(patch):
    patch.set(void, "_is_built_upon", lambda call, known: False)


def reversed_and_refundable(patch):
    """The order of a sale that was reversed is an order like others."""
    checks = {"C9": lambda attempt: attempt.order.voided_fen > 0}
    for name in ("REFUND_CHECKS", "VOID_CHECKS"):
        patch.set(rules, name, tuple(
            (code, checks.get(code, check)) for code, check in getattr(rules, name)))

    def find_order(*given):
        found = ledger.find_order(*given)
        return found and SimpleNamespace(**found._asdict() | {"sold_fen": found.amount_fen})

    patch.set(inquiry, "ledger", SimpleNamespace(**vars(ledger) | {"find_order": find_order}))


def voided_again(patch):
    """A void of what was voided, or given back in the meantime."""
    patch.set(rules, "VOID_CHECKS", tuple(
        row for row in rules.VOID_CHECKS if row[1] not in (rules._is_voided, rules._is_begun)))
    patch.without_trigger("posting_never_above_the_order")


def any_card(patch):
    """Of a refund or void; a sale's is looked at."""
    patch.set(outcome, "cards", SimpleNamespace(numbers=lambda call: set()))


def any_pin(patch):
    patch.set(issuers, "check_pin", lambda call, who: "00")


def undone_twice(patch):
    """The counter-entry of a reversal is posted two times."""

    def undo(sound, *given):
        sound(*given)
        sound(*given)

    patch.without(ledger.posting, "txn_id", "kind")
    patch.around(ledger, "undo", lambda sound: lambda *given: undo(sound, *given))
