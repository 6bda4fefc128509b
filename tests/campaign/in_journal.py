"""Planted bugs of what the terminal keeps and sends: keys, files, what comes before what, and the
boot. Each is something that somebody could have written.

No file of the firmware knows of them.
"""

from functools import partial

from firmware import journal, messages, owing, sending, slots, volumes
from firmware import refund_state as states
from firmware import storage as files
from firmware.flows import complete, send
from firmware.journal import Journal
from firmware.params import Counters
from firmware.record import pack
from firmware.storage import Storage
from firmware.transaction import PRINTING
from firmware.working_keys import WorkingKeys
from protocol.keys import unwrap_working_keys
from protocol.reference.keys import in_bytes

REFUND = states.REFUND


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
    async def first(terminal, record, _state):
        record.tries, record.state = 1, states.SENT
        await (sending.refund(terminal, record, "0220") if record.type == REFUND
               else sending._once(terminal, record))
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
        return max((copy[0] for copy in found if copy), default=0), 0

    patch.set(volumes, "_repair_file", keep)


def clear_key_kept(patch):
    def install(sound, keys, wrapped, mac):
        sound(keys, wrapped, mac)
        clear = unwrap_working_keys(wrapped, keys.tmk, keys.ciphers)
        keys._storage.write("mak", in_bytes(clear)[1])

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


def taken_for(state, other, code="", of=(states.REFUND, states.VOID, states.SALE)):
    def change(record):
        if record.state == state and record.type in of:
            record.state, record.code = other, code or record.code
            return True

    return _found_at_boot(change)


sent_declined = taken_for(states.SENT, states.DECLINED, "98")
held_approved = taken_for(states.PENDING_REVIEW, states.APPROVED)
cancelling_annulled = taken_for(states.CANCELLING, states.ANNULLED)
reversing_annulled = taken_for(states.REVERSING, states.ANNULLED)


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
