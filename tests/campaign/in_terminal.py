"""Planted bugs of the terminal: each is something that somebody could have written.

No file of the firmware knows of them.
"""

from functools import partial

from firmware import (
    host,
    journal,
    messages,
    obstacles,
    owing,
    sending,
    slots,
    unfinished,
    volumes,
    voucher,
)
from firmware import refund_state as states
from firmware import storage as files
from firmware.flows import complete, order, send, take_back
from firmware.journal import Journal
from firmware.params import Counters
from firmware.record import pack
from firmware.storage import Storage
from firmware.transaction import PRINTED, PRINTING
from firmware.working_keys import WorkingKeys
from protocol import ending, session
from protocol.errors import WireFault
from protocol.keys import unwrap_working_keys

REFUND, VOID = states.REFUND, states.VOID


# who did it, and why it was held


def rules_forgotten(patch):
    def refund(sound, params, record, mti="0220"):
        if mti != "0220":
            record.rules = ""
        return sound(params, record, mti)

    patch.around(messages, "refund", lambda sound: partial(refund, sound))


def nobodys_refund(patch):
    def refund(sound, params, record, mti="0220"):
        kept, record.operator = record.operator, "00"
        try:
            return sound(params, record, mti)
        finally:
            record.operator = kept

    patch.around(messages, "refund", lambda sound: partial(refund, sound))


# the key of a refund


def new_stan(patch):
    async def again(terminal, record):
        book, old = terminal.journal, record.key()
        record.stan = terminal.counters.take_stan()
        terminal.storage.rename(journal.path(old), journal.path(record.key()))
        book._open[record.key()] = book._open.pop(old)
        book.save(record)
        await sending.refund(terminal, record, "0221")

    patch.row(owing._OWED, (REFUND, states.SENT), again)


def date_of_today(patch):
    today = []

    async def again(terminal, record):
        today[:] = [terminal.date_and_time()[0]]
        await sending.refund(terminal, record, "0221")

    def refund(sound, params, record, mti="0220"):
        kept = record.date
        if mti == "0221" and today:
            record.date = today[0]
        try:
            return sound(params, record, mti)
        finally:
            record.date = kept

    patch.row(owing._OWED, (REFUND, states.SENT), again)
    patch.around(messages, "refund", lambda sound: partial(refund, sound))


def cancel_with_its_own_stan(patch):
    def refund(sound, params, record, mti="0220"):
        mti, fields = sound(params, record, mti)
        if mti in ("0420", "0421"):
            fields[11] = messages.stan_digits(record.stan + 1)
        return mti, fields

    patch.around(messages, "refund", lambda sound: partial(refund, sound))


def amount_made_anew(patch):
    def refund(sound, params, record, mti="0220"):
        mti, fields = sound(params, record, mti)
        if mti == "0221":
            fields[4] = f"{record.order_amount_fen:012d}"
        return mti, fields

    patch.around(messages, "refund", lambda sound: partial(refund, sound))


def whole_for_a_part(patch):
    def begin(sound, terminal, record):
        record.amount_fen = record.order_amount_fen
        sound(terminal, record)

    patch.around(send, "_begin", lambda sound: partial(begin, sound))


def stan_not_kept(patch):
    def take_stan(counters, transaction=0):
        counters._stan += 1
        return counters._stan

    patch.set(Counters, "take_stan", take_stan)


def stan_from_nought(patch):
    def init(sound, counters, storage):
        sound(counters, storage)
        counters._stan = 0

    patch.around(Counters, "__init__", lambda sound: lambda *given: init(sound, *given))


def stan_of_the_host(patch):
    def adopt(counters, batch, host_stan):
        counters._stan = host_stan or counters._stan
        counters.open(batch)

    patch.set(Counters, "adopt", adopt)


# what comes before what


def sent_before_synced(patch):
    async def first(terminal, record):
        record.tries, record.state = 1, states.SENT
        void = record.type == VOID
        await (sending._void(terminal, record) if void
               else sending.refund(terminal, record, "0220"))
        terminal.journal.save(record)

    patch.set(sending, "first", first)


def closed_before_synced(patch):
    def move(sound, book, record, event):
        if event not in (states.CANCEL, states.REVERSE):
            return sound(book, record, event)
        book.save, save = (lambda record: None), book.save
        try:
            sound(book, record, event)
        finally:
            del book.save
            assert book.save == save

    patch.around(Journal, "move", lambda sound: lambda *given: move(sound, *given))


def shown_before_durable(patch):
    def move(sound, book, record, event):
        if event != states.APPROVE:
            return sound(book, record, event)
        record.state = states.APPROVED  # the printer's second mark will save it

    def mark(sound, terminal, record, print_state):
        if print_state == PRINTING:
            record.print_state = print_state
        else:
            sound(terminal, record, print_state)

    patch.around(Journal, "move", lambda sound: lambda *given: move(sound, *given))
    patch.around(complete, "_mark", lambda sound: partial(mark, sound))


def freed_before_archived(patch):
    def finish(book, record):
        data, kept = pack(record), record.state == states.LOST
        book.move(record, states.ARCHIVE)
        book._free.append(record.key())
        book._open.pop(record.key())
        if not kept:
            book._storage.append(f"archive/{record.batch:06d}", data)

    patch.set(Journal, "finish", finish)


# the files


def one_volume(patch):
    def write(storage, path, data):
        storage._sequence += 1
        files.put(storage.volumes[0], path, "wb", files.frame(storage._sequence, data))

    patch.set(Storage, "write", write)


def older_copy(patch):
    def newest(copies):
        if copies[0] is None or copies[1] is None:
            return 0 if copies[0] else 1 if copies[1] else None
        return 0 if copies[0][0] <= copies[1][0] else 1

    patch.set(volumes, "newest", newest)


def nothing_repaired(patch):
    def keep(volumes_, path):
        found = [files.opened(files.get(volume, path)) for volume in volumes_]
        return max((copy[0] for copy in found if copy), default=0)

    patch.set(volumes, "_repair_file", keep)


def clear_key_kept(patch):
    def install(sound, keys, wrapped, mac):
        sound(keys, wrapped, mac)
        clear = unwrap_working_keys(wrapped, keys.tmk, keys.ciphers)
        keys._storage.write("mak", clear.mak)

    patch.around(WorkingKeys, "install", lambda sound: lambda *given: install(sound, *given))


# at boot


def _found_at_boot(change):
    """A bug in how a slot is taken up at boot: change(record) where there is one."""

    def plant(patch):
        def take(sound, book, name, record):
            if record is not None and change(record):
                book._storage.write(journal.path(name), pack(record))
            sound(book, name, record)

        patch.around(slots, "take", lambda sound: lambda *given: take(sound, *given))

    return plant


def _taken_for(state, other, code=""):
    def change(record):
        if record.state == state:
            record.state, record.code = other, code or record.code
            return True

    return _found_at_boot(change)


sent_declined = _taken_for(states.SENT, states.DECLINED, "98")
held_approved = _taken_for(states.PENDING_REVIEW, states.APPROVED)
cancelling_annulled = _taken_for(states.CANCELLING, states.ANNULLED)
reversing_annulled = _taken_for(states.REVERSING, states.ANNULLED)


def prepared_forgotten(patch):
    def take(sound, book, name, record):
        if record is None or record.state != states.PREPARED:
            sound(book, name, record)

    patch.around(slots, "take", lambda sound: lambda *given: take(sound, *given))


def new_try_under_an_old_stan(patch):
    def take(sound, book, name, record):
        if record is not None and record.state == states.SENT:
            record.state = states.FREE
            book._storage.write(journal.path(name), pack(record))
        sound(book, name, record)

    patch.around(slots, "take", lambda sound: lambda *given: take(sound, *given))


# what an answer means


def _refund_answered(change):
    """A bug in what the answer to a refund means: change(outcome, record) gives an event, None
    where it does what the sound code does."""

    def plant(patch):
        async def refund(terminal, record, mti):
            outcome = await terminal.host.exchange("refund", record, mti)
            event = change(outcome, record, mti)
            if event is not None:
                sending._keep_reply(record, outcome)
                record.code = outcome.code or "98"
                terminal.journal.move(record, event)
            elif outcome.code in ("A0", "77"):
                await sending.sign_on(terminal)
            elif outcome.code == "09":
                sending._keep_reply(record, outcome)
                terminal.journal.move(record, states.HOLD)
            elif outcome.final:
                sending._keep_reply(record, outcome)
                approved = outcome.code == "00"
                terminal.journal.move(record, states.APPROVE if approved else states.DECLINE)

        patch.set(sending, "refund", refund)

    return plant


silence_declines = _refund_answered(
    lambda outcome, record, mti: states.DECLINE if outcome.code is None else None)
bad_mac_declines = _refund_answered(
    lambda outcome, record, mti: states.DECLINE if outcome.kind == host.BAD_MAC else None)
held_is_approved = _refund_answered(
    lambda outcome, record, mti: states.APPROVE if outcome.code == "09" else None)
sign_on_declines = _refund_answered(
    lambda outcome, record, mti:
    states.DECLINE if outcome.code in ("77", "A0") and mti == "0221" else None)


def held_is_sent_again(patch):
    """As the sound code does with SENT, from PENDING_REVIEW."""

    async def poll(terminal, record):
        outcome = await terminal.host.exchange("refund", record, "0221")
        if outcome.code == "00" or outcome.final:
            sending._keep_reply(record, outcome)
            approved = outcome.code == "00"
            terminal.journal.move(record, states.APPROVE if approved else states.DECLINE)

    patch.row(owing._OWED, (REFUND, states.PENDING_REVIEW), poll)


def open_codes_decline(patch):
    patch.set(ending, "is_final", lambda name, code: True)


def unknown_codes_decline(patch):
    def is_final(sound, name, code):
        return sound(name, code) or ending.row(ending.CODES, code, 3) is None

    patch.around(ending, "is_final", lambda sound: partial(is_final, sound))


def not_found_declines(patch):
    async def again(terminal, record):
        _, told = await owing._status(terminal, record)
        if told.get("DF08") == "06":
            record.code = "25"
            terminal.journal.move(record, states.DECLINE)
        else:
            await sending.refund(terminal, record, "0221")

    patch.row(owing._OWED, (REFUND, states.SENT), again)


def any_reply(patch):
    patch.set(session, "MUST_EQUAL", ())


def reply_mac_unchecked(patch):
    patch.set(session, "check_mac", lambda packet, mac: None)


def keys_without_mac(patch):
    def check(sound, request, reply, packet, mac):
        try:
            sound(request, reply, packet, mac)
        except WireFault as fault:
            if reply.mti != "0810" or fault.field != "64":
                raise

    patch.around(session, "check_reply", lambda sound: partial(check, sound))


def cancelled_unanswered(patch):
    async def cancel(sound, terminal, record):
        await sound(terminal, record)
        if record.state == states.CANCELLING and record.tries > 1:
            terminal.journal.move(record, states.ANNUL)

    patch.row(owing._OWED, (REFUND, states.CANCELLING), partial(cancel, owing._cancel))


def reversed_unanswered(patch):
    async def reverse(sound, terminal, record):
        await sound(terminal, record)
        if record.state == states.REVERSING:
            terminal.journal.move(record, states.ANNUL)

    patch.row(owing._OWED, (VOID, states.REVERSING), partial(reverse, owing._reverse))


def void_not_reversed(patch):
    async def void(terminal, record):
        outcome = await terminal.host.exchange("void", record)
        sending._keep_reply(record, outcome)
        approved = outcome.code == "00"
        terminal.journal.move(record, states.APPROVE if approved else states.DECLINE)

    patch.set(sending, "_void", void)


# the tasks


def gives_up(patch):
    async def keep_trying(terminal):
        await terminal.kernel.first(terminal.left_open)
        for wait_ms in unfinished._WAITS_MS[:3]:
            await terminal.kernel.sleep(wait_ms)
            for record in unfinished.work(terminal):
                if record is not terminal.in_hand:
                    await unfinished.attempt(terminal, record)
                    terminal.news.set()

    patch.set(unfinished, "keep_trying", keep_trying)


def reversal_waits(patch):
    async def clear(terminal):
        return None

    patch.set(obstacles, "clear", clear)


def cancel_key_ends_it(patch):
    async def until_answered(sound, terminal, record, waiting):
        await sound(terminal, record, waiting)
        if record.state == states.SENT:
            record.code = "98"
            terminal.journal.move(record, states.DECLINE)

    patch.around(send, "until_answered", lambda sound: partial(until_answered, sound))


def no_turns(patch):
    async def attempt(terminal, record):
        await owing.again(terminal, record, record.state)

    def work(sound, terminal):
        terminal.in_hand = None
        return sound(terminal)

    patch.set(unfinished, "attempt", attempt)
    patch.around(unfinished, "work", lambda sound: partial(work, sound))


# the paper


def print_state_in_memory(patch):
    def mark(terminal, record, print_state):
        record.print_state = print_state

    patch.set(complete, "_mark", mark)
    patch.around(complete, "run",
                 lambda sound: lambda terminal, record, resumed=False: sound(terminal, record))


def no_mark_on_reprints(patch):
    def lines(sound, terminal, record, which, duplicate):
        return sound(terminal, record, which, False)

    patch.around(voucher, "lines", lambda sound: partial(lines, sound))


def reprint_without_a_mark(patch):
    """Where the operator asks for one; what a power cut makes due is marked."""

    def copy(sound, terminal, record, which, again):
        return sound(terminal, record, which, again and record.print_state != PRINTED)

    patch.around(complete, "copy", lambda sound: partial(copy, sound))


def anew_before_annulled(patch):
    """The correction leaves the cancel to the background and goes on, whatever is in progress."""

    async def run(sound, terminal, record=None, correction=""):
        if not correction:
            return await sound(terminal, record)
        await take_back._begin(terminal, record, "correct.title", correction)
        terminal.left_open.set()
        return ("flows.correct.anew", record)

    async def find(sound, terminal, number):
        def nothing_once():
            del terminal.journal.open_records
            return []

        if number:
            terminal.journal.open_records = nothing_once
        return await sound(terminal, number)

    patch.around(take_back, "run", lambda sound: partial(run, sound))
    patch.around(order, "_find", lambda sound: partial(find, sound))


def paper_has_the_order(patch):
    def amount(sound, text, record):
        kept, record.amount_fen = record.amount_fen, record.order_amount_fen
        try:
            return sound(text, record)
        finally:
            record.amount_fen = kept

    patch.around(voucher, "_amount", lambda sound: partial(amount, sound))
