"""The planted bugs of the campaign, and the hunt: how many seeds until each is found.

A campaign that lets one of them live is blind, whatever it says about the sound code. What cannot
be found is not in the table: a link without LRC, or one that acknowledges damaged frames or
delivers a frame twice, costs time and no money (MAC and key see to that), a file without its
CRC still has littlefs's own, and a host that forgets old keys is asked for new ones.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from statistics import median_low
from typing import NamedTuple

SEEDS = 5000  # at most for each of them


# A run that ends so was ended by the planting itself, which fits the code no longer.
_STALE = tuple(f"crash: {where}{error}(" for where in ("", "outside of the firmware, ")
               for error in ("AttributeError", "ImportError", "KeyError", "NameError",
                             "NotImplementedError", "TypeError"))


class Stale(Exception):
    """A planted bug that found nothing but its own mistake."""


class Fate(NamedTuple):
    """`seeds` were played until one failed, None if none did; `by` is what was violated first."""

    name: str
    seeds: int | None
    by: str


class Mutant(NamedTuple):
    """`plant` names the function beside this file that makes the bug, given a planting.Patch;
    `wrong` says what is wrong."""

    plant: str
    wrong: str


MUTANTS = {
    "forgets the rule at a repeat": Mutant(
        "in_journal.rules_forgotten", "what held a refund at the till is told once only"),
    "refunds in nobody's name": Mutant(
        "in_journal.nobodys_refund", "the host is told the supervisor for the operator"),
    "retries with a new STAN": Mutant(
        "in_journal.new_stan", "a refund without an answer goes out again under another key"),
    "recomputes the date at resend": Mutant(
        "in_journal.date_of_today", "the date of a key is today's, not the stored one"),
    "cancels under a STAN of its own": Mutant(
        "in_journal.cancel_with_its_own_stan",
        "the 0420 names a key that the refund does not have"),
    "makes the amount anew at resend": Mutant(
        "in_journal.amount_made_anew",
        "the repeat asks for the order's amount, not the journal's"),
    "sends the whole where a part was confirmed": Mutant(
        "in_journal.whole_for_a_part",
        "the second check shows one amount, the request has another"),
    "STAN not durable before use": Mutant(
        "in_journal.stan_not_kept", "the counter is not written when a STAN is taken"),
    "STAN counter starts anew at boot": Mutant(
        "in_journal.stan_from_nought", "the counter is not read at boot"),
    "takes the host's last STAN for its own": Mutant(
        "in_journal.stan_of_the_host",
        "a sign-on sets the counter back to what the host has seen"),
    "sends before it syncs": Mutant(
        "in_journal.sent_before_synced", "SENT is written when the answer is there, or none"),
    "cancels before it syncs": Mutant(
        "in_journal.closed_before_synced", "CANCELLING and REVERSING are in memory only"),
    "outcome shown before durable": Mutant(
        "in_journal.shown_before_durable", "APPROVED is in memory only when it is shown"),
    "slot freed before it is archived": Mutant(
        "in_journal.freed_before_archived", "a power cut between the two loses a finished refund"),
    "journal in one volume only": Mutant(
        "in_journal.one_volume", "the second copy is not written"),
    "repair picks the older copy": Mutant(
        "in_journal.older_copy", "at boot the copy with the lower sequence wins"),
    "copies not made alike at boot": Mutant(
        "in_journal.nothing_repaired", "what a power cut left on one volume only stays there"),
    "keeps a clear key in flash": Mutant(
        "in_journal.clear_key_kept", "the MAK is written as it is"),
    "PREPARED forgotten at boot": Mutant(
        "in_journal.prepared_forgotten", "a slot that is PREPARED is neither open nor free"),
    "SENT treated as declined at boot": Mutant(
        "in_journal.sent_declined", "nobody asks what became of it"),
    "SENT treated as free at boot": Mutant(
        "in_journal.new_try_under_an_old_stan",
        "the operator is told that nothing is in progress"),
    "PENDING_REVIEW treated as approved at boot": Mutant(
        "in_journal.held_approved", "no reviewer is waited for"),
    "CANCELLING treated as annulled at boot": Mutant(
        "in_journal.cancelling_annulled", "nobody tells the host"),
    "REVERSING treated as annulled at boot": Mutant(
        "in_journal.reversing_annulled", "nobody tells the host"),
    "no answer means declined": Mutant(
        "in_terminal.silence_declines", "silence ends a refund"),
    "a bad MAC means declined": Mutant(
        "in_terminal.bad_mac_declines", "an answer that cannot be trusted ends a refund"),
    "09 treated as approved": Mutant(
        "in_terminal.held_is_approved", "a refund held for review is printed as approved"),
    "09 re-sent as credit": Mutant(
        "in_terminal.held_is_sent_again",
        "a refund held for review is sent again instead of asked about"),
    "77 on a repeat taken as declined": Mutant(
        "in_terminal.sign_on_declines", "the first request may have posted"),
    "non-final codes taken as declined": Mutant(
        "in_terminal.open_codes_decline", "a code that asks for a repeat ends the refund"),
    "unknown code taken as final": Mutant(
        "in_terminal.unknown_codes_decline", "a code that is in no table ends the refund"),
    "not found means declined": Mutant(
        "in_terminal.not_found_declines",
        "a request that the host has not seen yet may still arrive"),
    "reply to another request accepted": Mutant(
        "in_terminal.any_reply", "only the MTI of a reply is looked at"),
    "reply MAC not checked": Mutant(
        "in_terminal.reply_mac_unchecked", "whoever is on the line may answer"),
    "0810 taken without its MAC": Mutant(
        "in_terminal.keys_without_mac", "keys, batch and clock come from whoever is on the line"),
    "cancel believed without an answer": Mutant(
        "in_terminal.cancelled_unanswered", "a 0421 that nobody answered ends the refund"),
    "reversal dropped after one try": Mutant(
        "in_terminal.reversed_unanswered", "a 0400 that nobody answered ends the void"),
    "void without an answer not reversed": Mutant(
        "in_terminal.void_not_reversed", "silence ends a void"),
    "background task gives up": Mutant(
        "in_terminal.gives_up", "after three tries nobody asks any more"),
    "reversal not sent before the next transaction": Mutant(
        "in_terminal.reversal_waits", "a new refund begins while a void is not settled"),
    "CANCEL while waiting ends the refund": Mutant(
        "in_terminal.cancel_key_ends_it", "the operator's key is taken for the host's answer"),
    "two tasks work on one record": Mutant(
        "in_terminal.no_turns", "the background sends what the operator is busy with"),
    "print state not durable": Mutant(
        "in_terminal.print_state_in_memory",
        "what was printed before a power cut is printed again without a mark"),
    "reprint without a mark": Mutant(
        "in_terminal.no_mark_on_reprints", "a second copy looks like the first"),
    "reprint asked for is without a mark": Mutant(
        "in_terminal.reprint_without_a_mark", "a copy from the records looks like the first"),
    "enters anew before the cancel is certain": Mutant(
        "in_terminal.anew_before_annulled",
        "of a refund that is corrected two may be paid at a time"),
    "voucher has the order's amount": Mutant(
        "in_terminal.paper_has_the_order", "what is printed is not what is stored"),
    "open intents are not listed": Mutant(
        "in_settlement.open_not_listed", "what may still come to something is nobody's"),
    "open refund is counted, and carried over": Mutant(
        "in_settlement.open_counted", "it is counted twice"),
    "refund in review is counted": Mutant(
        "in_settlement.held_counted", "the reviewer has not decided yet"),
    "what was taken back is counted": Mutant(
        "in_settlement.annulled_counted", "an annulled refund stands in the totals"),
    "what was left out is forgotten": Mutant(
        "in_settlement.carried_forgotten", "the next settlement does not count it"),
    "what was left out is carried over for ever": Mutant(
        "in_settlement.carried_for_ever", "every settlement after it counts it again"),
    "totals sent before they are durable": Mutant(
        "in_settlement.totals_before_durable", "a settlement is begun in memory only"),
    "settlement repeated under a new STAN": Mutant(
        "in_settlement.new_stan_for_each_try", "the host takes a repeat for another settlement"),
    "silence settles": Mutant(
        "in_settlement.silence_settles", "the batch is closed though nobody answered"),
    "upload begins anew after a power cut": Mutant(
        "in_settlement.upload_from_the_start", "entries come to the host twice"),
    "batch number not raised": Mutant(
        "in_settlement.batch_not_raised", "the next refund is in the batch that was closed"),
    "transactions do not wait for a settlement": Mutant(
        "in_settlement.transactions_do_not_wait", "a refund begins while the totals are compared"),
    "archive dropped too early": Mutant(
        "in_settlement.trims_what_was_just_closed", "no voucher of the closed batch is left"),
    "settled refund can be cancelled": Mutant(
        "in_settlement.settled_is_taken_back", "what a settlement has counted is undone"),
    "host counts what the terminal left out": Mutant(
        "in_settlement.listed_counted", "DF0E is not read"),
    "what was left out is settled uncounted": Mutant(
        "in_settlement.listed_settled_uncounted", "no later settlement counts it"),
    "repeated settlement is decided anew": Mutant(
        "in_settlement.repeat_decided_anew", "the verdict is not stored"),
    "host's batch stays open": Mutant(
        "in_settlement.batch_stays_open", "the terminal's next batch is not the host's"),
    "settled and marked in two commits": Mutant(
        "in_settlement.marked_in_another_commit",
        "a crash between the two leaves a settlement that counted nothing"),
    "silence ends a sale": Mutant(
        "in_sale.never_reversed", "a sale without an answer is not reversed, and may be charged"),
    "sells again where no answer came": Mutant(
        "in_sale.sold_again", "the same sale goes out under another STAN, the first is forgotten"),
    "sale found SENT at boot is taken for declined": Mutant(
        "in_sale.sent_declined", "nobody reverses it"),
    "reversal of a sale forgotten in a power cut": Mutant(
        "in_sale.reversal_forgotten", "a sale that is REVERSING at boot is taken for reversed"),
    "12 to the reversal of a sale taken for reversed": Mutant(
        "in_sale.twelve_is_reversed", "the sale stands, the terminal says not charged"),
    "sale that stands has no reference": Mutant(
        "in_sale.stands_without_a_reference", "its voucher and record name no payment"),
    "sale not archived": Mutant(
        "in_sale.not_archived", "its record is lost when its slot is free"),
    "sale counted as a credit": Mutant(
        "in_sale.counted_as_given", "a settlement takes what came in for what went out"),
    "sale cut to what needs no PIN": Mutant(
        "in_sale.amount_of_the_limit", "the second check shows one amount, the request another"),
    "PIN block under the MAK": Mutant(
        "in_sale.pin_under_the_mak", "one key does another's work"),
    "PIN never asked for": Mutant(
        "in_sale.pin_never_asked", "who finds a card pays with it, whatever the amount"),
    "damaged track taken": Mutant(
        "in_sale.damaged_track_taken", "neither LRC nor check digit is looked at"),
    "wrong PIN tried again under the same STAN": Mutant(
        "in_sale.wrong_pin_under_the_same_stan", "two requests have one key"),
    "whole card number in the record": Mutant(
        "in_sale.whole_number_kept", "it stands in the flash, and on paper"),
    "card data goes along with a reversal": Mutant(
        "in_sale.track_in_the_reversal", "what is sent again has a track"),
    "sale reversed without a tombstone": Mutant(
        "in_sale.no_tombstone", "a sale that comes after its reversal is charged"),
    "an order number is sold twice": Mutant(
        "in_sale.number_sold_twice", "one order is charged two times"),
    "sale undone although something of it went back": Mutant(
        "in_sale.undone_though_refunded", "the customer gets it twice"),
    "order of a reversed sale can be refunded": Mutant(
        "in_sale.reversed_and_refundable", "money goes back that never came in"),
    "what went back is voided again": Mutant(
        "in_sale.voided_again", "a void looks at its original alone"),
    "refund against another card's order": Mutant(
        "in_sale.any_card", "whose card confirms it is not looked at"),
    "any PIN is right": Mutant(
        "in_sale.any_pin", "the host does not look at it"),
    "reversal undoes twice": Mutant(
        "in_sale.undone_twice", "the counter-entry is posted two times"),
    "reverses without a tombstone": Mutant(
        "in_host.no_void_tombstone", "a void that comes after its reversal is posted"),
    "0420 of an unknown key not fenced": Mutant(
        "in_host.no_refund_tombstone", "a refund that comes after its cancelling is posted"),
    "dedup key and posting in two commits": Mutant(
        "in_host.two_commits", "a crash between the two leaves an approval without its posting"),
    "host stores no reply": Mutant(
        "in_host.decides_again", "a repeat is decided anew"),
    "host posts again on 0221": Mutant(
        "in_host.posts_again", "a repeat is a new refund to it"),
    "host forgets its keys in a crash": Mutant(
        "in_host.keys_in_memory", "what was committed before the restart is posted again"),
    "cancel allowed to resurrect": Mutant(
        "in_host.resurrects", "a repeat opens a cancelled key again"),
    "host answers C9 but posts": Mutant(
        "in_host.answers_c9_but_posts", "a cancelled key posts, whatever it says"),
    "cancel does not undo the posting": Mutant(
        "in_host.undoes_nothing", "an approved refund is closed and stays paid"),
    "cancelled refund stays on the reviewer's desk": Mutant(
        "in_host.held_stays_on_the_desk", "the 0430 says 00, the reviewer may still approve"),
    "fingerprint not compared": Mutant(
        "in_host.no_fingerprint", "another refund under the same key gets the first one's answer"),
    "fingerprint covers the MAC": Mutant(
        "in_host.fingerprint_of_the_mac", "a repeat under new keys is a conflict"),
    "conflict not audited": Mutant(
        "in_host.conflict_not_audited", "94 is said and nobody hears of it"),
    "repeat gets another reference number": Mutant(
        "in_host.another_reference", "terminal and ledger name one refund differently"),
    "host does not check MAC": Mutant(
        "in_host.any_mac", "whoever is on the line may refund"),
    "host refunds above the order": Mutant(
        "in_host.above_the_order", "what others were given back in the meantime is not looked at"),
    "a review decides what is decided": Mutant(
        "in_host.decides_what_is_decided", "a second reviewer, or a late one, overrules"),
    "review posts twice": Mutant(
        "in_host.review_posts_twice", "approving makes two postings"),
}


def hunt(first=0, seeds=SEEDS, workers=1, names=None):
    """Yield the Fate of each, in the table's order, whoever is done first."""
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(fate, names or MUTANTS, repeat(first), repeat(seeds))


def fate(name, first, seeds):
    """Of one of them, from a seed on; to be called in a process of its own kind."""
    from host_sim.roomy import spread_out

    spread_out()  # before anything is planted: it would keep what a mutant answers
    from tests.campaign.planting import planted
    from tools.campaign.run import play

    with planted(MUTANTS[name].plant):
        for seed in range(first, first + seeds):
            wrong = play(seed).wrong
            if wrong and wrong[0].startswith(_STALE):
                raise Stale(f"{name}: {wrong[0]}")
            if wrong:
                return Fate(name, seed - first + 1, wrong[0])
    return Fate(name, None, "")


def median(fates):
    """Seeds that half of those found took at most."""
    return median_low([one.seeds for one in fates if one.seeds is not None])
