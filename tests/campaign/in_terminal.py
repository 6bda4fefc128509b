"""Planted bugs of how the terminal goes on: what an answer means to it, its tasks, its paper. Each
is something that somebody could have written.

No file of the firmware knows of them.
"""

from functools import partial

from firmware import host, obstacles, overlay, owing, sending, unfinished, voucher
from firmware import refund_state as states
from firmware.flows import complete, order, send, take_back
from firmware.transaction import PRINTED
from protocol import ending, session
from protocol.errors import WireFault

REFUND, VOID = states.REFUND, states.VOID


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


def never_reversed(patch, type_, name):
    """Silence ends a void or sale."""

    async def once(sound, terminal, record):
        if record.type != type_:
            await sound(terminal, record)
            return
        outcome = await terminal.host.exchange(name, record)
        sending._keep_reply(record, outcome)
        approved = outcome.code == "00"
        terminal.journal.move(record, states.APPROVE if approved else states.DECLINE)

    patch.around(sending, "_once", lambda sound: partial(once, sound))


def void_not_reversed(patch):
    never_reversed(patch, VOID, "void")


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
    async def attempt(terminal, record, path="owing.again"):
        await overlay.run(path, terminal, record, record.state)

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
