"""The invariants, each a program: what a run left on the wire, in the ledger, in the flash image,
on screen and paper, judged. A violation is a sentence.

They read what the witness saw, never the firmware's own objects.
"""

from collections import Counter, defaultdict

from host_sim.acquirer import samples
from tools.campaign.card_data import card_data
from tools.campaign.clerk import GIVES_BACK
from tools.campaign.image import OPEN
from tools.campaign.leaving import FINANCIAL, SETTLING
from tools.campaign.paper import facts_of, slips
from tools.campaign.settled import at_the_end, counted_once, slips_are_the_settlements, stands
from tools.campaign.witness import CLOSED_BY

APPROVED, CANCELLED = 3, 5  # states of the ledger
SEARCHED = 4  # of so many seeds the files of one are searched for secrets
CREDITS = ("refund", "void")
_CARDS = (samples.UNIONPAY_CREDIT, samples.UNIONPAY_DEBIT, samples.UNIONPAY_19, samples.VISA)


def judge(run) -> list[str]:
    """Every violation, with the number of its invariant first."""
    wrong = list(run.witness.wrong)
    for number, _, check in INVARIANTS:
        wrong += [f"{number}: {violation}" for violation in check(run.witness, run)]
    return wrong


def one_credit(w, run):
    net = Counter()
    of = {row["id"]: row for row in w.ledger["txn"]}
    for posting in w.ledger["posting"]:
        row = of.get(posting["txn_id"])
        if row is None or row["kind"] not in CREDITS:
            continue
        net[row["id"]] += 1 if posting["kind"] in CREDITS else -1
        if not 0 <= net[row["id"]] <= 1:
            yield f"{_name(row)} stands at {net[row['id']]} credits after posting {posting['id']}"
    wished = Counter(one.wish.order for one in run.clerk.progress if one.wish.kind in GIVES_BACK)
    given = Counter(of[at]["order_no"] for at, count in net.items()
                    if count and of[at]["terminal_id"] == w.terminal and at in w.new_txns)
    for order, count in given.items():
        most = wished[order]
        if run.clerk.slipped:  # he may have asked for another order than he was to
            most = max(most, w.checked[order])
        if count > most:
            yield f"order {order} was credited {count} times, wished for {most} times"


def one_charge(w, run):
    """What a customer pays for one sale of the operator's."""
    net, sold = Counter(), defaultdict(set)
    of = {row["id"]: row for row in w.ledger["txn"] if row["id"] in w.new_txns}
    for posting in w.ledger["posting"]:
        row = of.get(posting["txn_id"])
        if row is None or row["kind"] != "sale":
            continue
        net[row["id"]] += 1 if posting["kind"] == "sale" else -1
        if not 0 <= net[row["id"]] <= 1:
            yield f"{_name(row)} stands at {net[row['id']]} charges after {posting['id']}"
        order = posting["order_no"]
        (sold[order].add if net[row["id"]] else sold[order].discard)(row["id"])
        if len(sold[order]) > 1:
            yield f"order {order} is charged {len(sold[order])} times"
    wished = {one.wish.order for one in run.clerk.progress if one.wish.kind == "sale"}
    for order, standing in sold.items():
        if standing and order not in wished and not run.clerk.slipped:
            yield f"order {order} was charged, and nobody wished for it"


def sold_as_charged(w, run):
    """An order is there if and only if its sale stands, and says what the journal does."""
    net = _net(w)
    standing = {}
    for row in _own(w):
        if row["kind"] == "sale" and net[row["id"]]:
            standing[row["order_no"]] = row
    own = {row["order_no"] for row in _own(w) if row["kind"] == "sale" and row["order_no"]}
    for order in w.ledger["sold_order"]:
        number = order["order_no"]
        if number not in own:
            continue
        row = standing.get(number)
        if row is None:
            back = [one for one in w.ledger["txn"] if one["order_no"] == number
                    and one["kind"] in CREDITS and net[one["id"]]]  # fmt: skip
            if back:
                yield f"order {number} gave money back, and its sale does not stand"
            continue
        if (order["amount_fen"], order["rrn"]) != (row["amount_fen"], row["rrn"]):
            yield f"order {number} is not as its sale"
        record = w.records.get(_key(row))
        if record is not None and record.amount_fen and record.order != number:
            yield f"{_name(row)}: the host has order {number}, flash {record.order}"
    for row in _own(w):
        if row["kind"] == "sale" and row["state"] == 4 and row["order_no"]:
            yield f"{_name(row)} was refused and has an order"


def posted_as_journaled(w, run):
    orders = {row["order_no"]: row for row in w.ledger["sold_order"]}
    for row in _own(w):
        record = w.records.get(_key(row))
        if record is None or row["amount_fen"] in (0, None) or record.amount_fen == 0:
            continue
        if record.amount_fen != row["amount_fen"]:
            yield f"{_name(row)}: {row['amount_fen']} fen at the host, {record.amount_fen} in flash"
        if row["order_no"] is not None and row["state"] == APPROVED:
            order = orders[row["order_no"]]
            original = row["rrn"] if row["kind"] == "sale" else record.original_rrn
            if record.order != row["order_no"] or original != order["rrn"]:
                yield f"{_name(row)}: the host has order {row['order_no']}, flash {record.order}"
            if record.state_name == "APPROVED" and record.rrn != row["rrn"]:
                yield f"{_name(row)}: reference {row['rrn']} at the host, {record.rrn} in flash"
            if record.currency != "156":
                yield f"{_name(row)}: currency {record.currency}"
            if row["kind"] == "refund" and row["operator"] != record.operator:
                yield f"{_name(row)}: by {row['operator']} at the host, {record.operator} in flash"


def both_ends_agree(w, run):
    net = _net(w)
    for row in _own(w):
        record = w.records.get(_key(row))
        posted = net[row["id"]]
        if record is None:
            if posted and not (row["settled"] and row["batch"] < w.dropped_before):
                yield f"{_name(row)} posted {posted} fen, the terminal knows nothing of it"
            continue
        state = record.state_name
        if state == "APPROVED" and posted != record.amount_fen:
            yield f"{_name(row)}: the terminal says APPROVED, the ledger posted {posted} fen"
        if state in ("DECLINED", "ANNULLED") and posted:
            yield f"{_name(row)}: the terminal says {state}, the ledger posted {posted} fen"
    known = {_key(row) for row in _own(w)}
    for key, record in w.records.items():
        if record.state_name == "APPROVED" and key not in known:
            yield f"STAN {key[2]:06d}: the terminal says APPROVED, the ledger knows nothing of it"


def nothing_open(w, run):
    for name, record in w.image.journal().items():
        if record is None:
            yield f"slot {name} cannot be read"
        elif record.state_name in OPEN:
            yield f"{name} is {record.state_name} still"
        else:
            yield f"{name} is {record.state_name} and owes the operator something still"
    for row in _own(w):
        if row["state"] not in (APPROVED, 4, CANCELLED):
            yield f"{_name(row)} is in state {row['state']} at the host still"
    if not run.at_rest:
        yield f"the terminal did not come to rest: {run.stage.shown!r}"


def never_above_the_order(w, run):
    amounts = {row["order_no"]: row["amount_fen"] for row in w.ledger["sold_order"]}
    given = Counter()
    of = {row["id"]: row for row in w.ledger["txn"]}
    for posting in w.ledger["posting"]:
        row = of.get(posting["txn_id"])
        if row is None or row["kind"] not in CREDITS:
            continue
        sign = 1 if posting["kind"] in CREDITS else -1
        given[posting["order_no"]] += sign * posting["amount_fen"]
        if given[posting["order_no"]] > amounts[posting["order_no"]]:
            yield f"order {posting['order_no']} gave back {given[posting['order_no']]} fen"


def double_entry(w, run):
    balances = Counter()
    of = {row["id"]: row for row in w.ledger["txn"]}
    for posting in w.ledger["posting"]:
        balances[posting["debit"]] -= posting["amount_fen"]
        balances[posting["credit"]] += posting["amount_fen"]
        row = of.get(posting["txn_id"])
        if posting["kind"] in CREDITS and not (
                posting["debit"].startswith("merchant:")
                and posting["credit"] == f"customer:{posting['order_no']}"):
            yield f"posting {posting['id']} moves money from {posting['debit']}"
        if posting["kind"] == "sale" and not (
                posting["credit"].startswith("merchant:")
                and posting["debit"] == f"customer:{posting['order_no']}"):
            yield f"posting {posting['id']} takes money from {posting['debit']}"
        if row is not None and posting["amount_fen"] != row["amount_fen"]:
            yield f"posting {posting['id']}: {posting['amount_fen']} fen, not {row['amount_fen']}"
    if sum(balances.values()):
        yield f"accounts sum to {sum(balances.values())} fen"


def what_was_durable_stays(w, run):
    for key in w.durable:
        if key not in w.records and key[1] >= w.dropped_before:
            yield f"STAN {key[2]:06d} was in the journal and is in no file any more"


def one_fingerprint(w, run):
    seen = {}
    for one in w.told:
        if one.way != "out" or one.message is None or one.message.mti not in FINANCIAL:
            continue
        fields, tags = one.message.fields, w.tags(one.message)
        if not int(fields[4]):
            continue  # a lost record is matched by its key alone
        business = [fields[4], fields[49], fields[3]]
        if one.message.mti != "0400":
            business += [fields.get(37), fields.get(61)]
            business += [tags.get(tag) for tag in ("DF01", "DF07", "DF0D", "DF13")]
        key = w.key(one.message), one.message.mti == "0400"
        if seen.setdefault(key, business) != business:
            yield f"STAN {key[0][2]:06d} was sent with two fingerprints"
    told = sum(1 for one in w.answers if _code(one) == "94" and not _decided(w, one))
    noted = sum(1 for row in w.ledger["audit"] if "two fingerprints" in row["event"])
    if noted < told:
        yield f"{told} conflicts answered 94, {noted} in the audit"


def closed_stays_closed(w, run):
    closed = {}
    for one in w.answers:
        if one.reply is None or one.request is None or one.request.mti not in FINANCIAL:
            continue
        if one.reply.fields[39] in CLOSED_BY.get(one.reply.mti, ()):
            closed.setdefault(w.key(one.request), one.behind)
    rows = {_key(row): row["id"] for row in w.ledger["txn"]}
    for key, behind in closed.items():
        for posting in w.ledger["posting"]:
            if posting["txn_id"] == rows.get(key) and posting["id"] > behind:
                yield f"STAN {key[2]:06d} posted after it was closed"


def stans_once(w, run):
    used, sent = defaultdict(set), defaultdict(set)
    for one in w.told:
        if one.way != "out" or one.message is None or 11 not in one.message.fields:
            continue
        message = one.message
        batch = int(message.fields[60][2:8])
        if message.mti in FINANCIAL:
            use = w.key(message)[3] or "void"
            if message.mti == "0200":  # which is never sent again but by the link
                sent[batch, int(message.fields[11])].add(one.packet)
        elif message.mti in SETTLING:  # the same again, under whatever keys
            use = message.mti, message.fields[48], message.fields.get(62)
        else:
            use = one.packet
        used[batch, int(message.fields[11])].add(use)
    for (batch, stan), uses in used.items():
        if len(uses) > 1:
            yield f"STAN {stan:06d} of batch {batch} was used {len(uses)} times"
    for (batch, stan), packets in sent.items():
        if len(packets) > 1:
            yield f"the 0200 with STAN {stan:06d} of batch {batch} was sent {len(packets)} times"


def bad_macs_change_nothing(w, run):
    for one in w.answers:
        if _code(one) in ("A0", "97", "30", "03") and one.changed and not _decided(w, one):
            yield f"a request that was answered {_code(one)} changed {one.changed} rows"
    closed = set()
    for one in w.answers:  # a final answer given again moves nothing
        if one.reply is None or one.request is None or one.request.mti not in FINANCIAL:
            continue
        key, code = (w.key(one.request), one.request.mti[1] == "4"), one.reply.fields[39]
        if key in closed and one.behind > one.before:
            yield f"STAN {key[0][2]:06d} posted again when its request came again"
        if code in ("00", "05", "25", "51", "64", "C9", "CA"):
            closed.add(key)


def paper_is_the_journal(w, run):
    seen = Counter()
    for slip in slips(run.stage.device.printer.lines):
        facts = facts_of(slip)
        if not {"copy", "batch", "stan", "rrn", "amount"} <= facts.keys():
            continue  # cut off by the power or the end of the paper
        record = next((r for r in w.records.values() if r.stan == facts["stan"]), None)
        if record is None:
            if facts["batch"] >= w.dropped_before:
                yield f"a slip for STAN {facts['stan']:06d}, of which no record is left"
            continue
        told = (facts["rrn"], facts["amount"])
        due = (record.rrn, f"{record.amount_fen // 100}.{record.amount_fen % 100:02d}")
        if told != due:
            yield f"the slip of STAN {record.stan:06d} says {told}, the journal {due}"
        if record.code not in ("00", "C9", "06", "98"):
            yield f"a slip was printed for STAN {record.stan:06d}, which ended with {record.code}"
        copy = record.key, facts["copy"]
        seen[copy] += 1
        if seen[copy] > 1 and not facts["duplicate"]:
            yield f"STAN {record.stan:06d}: {facts['copy']} printed again without saying so"


def one_verdict(w, run):
    approved = Counter(row["detail"] for row in w.ledger["audit"]
                       if row["event"] == "review approved")
    for detail, count in approved.items():
        if count > 1:
            yield f"{detail}: approved {count} times by reviewers"


def corrected_once(w, run):
    """What stands in the place of another, and what that one stood in the place of: one credit."""
    first = {r.name: r.corrects for r in w.records.values() if r.corrects}
    if not first:
        return
    names = {record.key: name for name, record in w.image.known().items()}
    of = {row["id"]: names.get(_key(row)) for row in w.ledger["txn"]}
    net = Counter()
    for posting in w.ledger["posting"]:
        name = of.get(posting["txn_id"])
        while name in first:
            name = first[name]
        if name is None or name not in first.values():
            continue
        net[name] += 1 if posting["kind"] in CREDITS else -1
        if net[name] > 1:
            yield f"{name} and what corrects it stand at {net[name]} credits"


def no_secrets(w, run):
    if run.plan.seed % SEARCHED:
        return
    needles = {card.encode() for card in _CARDS} | {bytes.fromhex(card) for card in _CARDS
                                                    if len(card) % 2 == 0}
    needles |= w.secrets | {w.tmk, samples.TOKEN_KEY}
    places = {
        "flash image": w.image.whole(),
        "ledger": w.ledger_file(),
        "paper": "\n".join(run.stage.paper).encode(),
        "screen": "\n".join(shown for _, shown in w.screens).encode(),
    }
    for place, data in places.items():
        for needle in needles:
            if needle in data:
                yield f"a card number or a key stands in the {place}"


# number in the documentation, what it says, its program
INVARIANTS = (
    (1, "at most one net credit per refund intent", one_credit),
    (2, "what was posted equals the journaled intent", posted_as_journaled),
    (3, "APPROVED at the terminal if and only if posted; else net zero", both_ends_agree),
    (4, "no intent stays open 900 s after the faults stopped", nothing_open),
    (5, "refunds of an order never exceed it", never_above_the_order),
    (6, "double entry sums to zero", double_entry),
    (7, "no byte of a request leaves before its intent is durable", lambda w, run: ()),
    (8, "what the journal acknowledged survives", what_was_durable_stays),
    (9, "one key never has two fingerprints", one_fingerprint),
    (10, "a cancelled or fenced key never posts", closed_stays_closed),
    (11, "a STAN never repeats within terminal and batch", stans_once),
    (12, "a bad MAC or a replay changes no state", bad_macs_change_nothing),
    (13, "what was shown and printed equals the journal", paper_is_the_journal),
    (14, "a review posts once", one_verdict),
    (15, "no card number, no key anywhere", no_secrets),
    (16, "same seed, same trace", lambda w, run: ()),
    (11, "each posting is counted in one settlement, with equal totals at both ends", counted_once),
    (4, "no settlement is under way in the end, and both ends are in one batch", at_the_end),
    (13, "the slip of a settlement has its totals", slips_are_the_settlements),
    (19, "what a settlement has counted stands", stands),
    (17, "nothing new begins before a void without an answer is reversed", lambda w, run: ()),
    (18, "of a refund and what corrects it one credit stands at most", corrected_once),
    (20, "at most one net charge per sale intent", one_charge),
    (21, "an order exists if and only if its sale stands", sold_as_charged),
    (22, "card data is the card's, and a PIN goes under its own key", card_data),
)


def _code(answered):
    return None if answered.reply is None else answered.reply.fields[39]


def _decided(w, answered):
    """Whether the code is the outcome of the key, as the test shop gives any: not a refusal."""
    request = answered.request
    if request is None or request.mti not in FINANCIAL:
        return False
    return any(_key(row) == w.key(request) and row["code"] == _code(answered)
               for row in w.ledger["txn"])


def _own(w):
    """The till's refunds and voids at the host, but those of the samples."""
    return [row for row in w.ledger["txn"]
            if row["terminal_id"] == w.terminal and row["id"] in w.new_txns]


def _net(w):
    net = Counter()
    for posting in w.ledger["posting"]:
        net[posting["txn_id"]] += posting["amount_fen"] * (1 if posting["kind"] != "undo" else -1)
    return net


def _key(row):
    return row["terminal_id"], row["batch"], row["stan"], row["dated"]


def _name(row):
    return f"{row['kind']} STAN {row['stan']:06d}"
