"""What must hold of settlements, judged from the wire, the postings, the flash image and the paper.

What a settlement should have counted is worked out here a second time, from the postings that there
were when the host answered and the open intents that the request listed.
"""

from collections import Counter
from typing import Any, NamedTuple

from protocol import batch as f48
from protocol.subfields import split_open_intent
from tools.campaign.leaving import UNDER_WAY
from tools.campaign.paper import facts_of, slips

_NO_DATE = "0" * 8
_CREDITS = ("refund", "void")


class Settled(NamedTuple):
    """One settlement that the host took: its key (batch, STAN), the result, F48 as the till told
    it, the rows of txn that it should have counted, keys that it left out, and the newest posting
    when it was answered."""

    key: tuple[int, int]
    result: int
    told: tuple
    rows: list[Any]
    left_open: set
    behind: int


def settlements(w) -> list[Settled]:
    """Each settlement once, in their order, as it was answered first."""
    rows = [row for row in w.ledger["txn"]
            if row["terminal_id"] == w.terminal and row["id"] in w.new_txns]
    found: list[Settled] = []
    seen, counted = set(), set()
    for one in w.answers:
        if one.request is None or one.request.mti != "0500" or one.reply is None:
            continue
        if one.reply.fields[39] != "00":
            continue
        key = int(one.request.fields[60][2:8]), int(one.request.fields[11])
        result = f48.split_totals(one.reply.fields[48])[4]
        if key in seen or result == f48.ERROR:
            w.sometimes("a settlement was asked for again and got the stored verdict")
            continue
        seen.add(key)
        left_open = _left_open(w.tags(one.request).get("DF0E", ()))
        net = _net(w, one.behind)
        fresh = [row for row in rows if net[row["id"]] and row["id"] not in counted
                 and (row["batch"], row["stan"], row["dated"]) not in left_open]
        counted |= {row["id"] for row in fresh}
        told = f48.split_totals(one.request.fields[48])[:4]
        found.append(Settled(key, result, told, fresh, left_open, one.behind))
    return found


def counted_once(w, run):
    miscounted = sum(fault.kind == "miscount" for fault in run.book.happened)
    own = {(row["batch"], row["stan"]): row for row in w.ledger["settlement"]
           if row["terminal_id"] == w.terminal and row["stan"]}
    counted, differed, last = set(), 0, None
    for last in settlements(w):
        _note_situations(w, last, own)
        due = _sums(last.rows)
        name = f"settlement STAN {last.key[1]:06d} of batch {last.key[0]}"
        if last.told != due:
            yield f"{name}: the terminal told {last.told}, the postings say {due}"
        row = own.get(last.key)
        if row is None:
            yield f"{name}: answered, and in no ledger"
            continue
        kept = row["debit_fen"], row["debit_count"], row["credit_fen"], row["credit_count"]
        if kept != due:
            yield f"{name}: the ledger has {kept}, the postings say {due}"
        marked = {txn["id"] for txn in w.ledger["txn"] if txn["settled"] == row["id"]}
        if marked != {txn["id"] for txn in last.rows}:
            yield f"{name}: marked {sorted(marked)} in the ledger"
        differed += last.result != f48.EQUAL
        if last.result != f48.EQUAL and row["ended_at"]:
            yield from _uploaded(w, row, last, name)
        counted |= {txn["id"] for txn in last.rows}
    if differed > miscounted:
        yield f"totals differed {differed} times, {miscounted} times by a fault of the host"
    if last is not None:
        net = _net(w, None)
        for row in w.ledger["txn"]:
            key = row["batch"], row["stan"], row["dated"]
            if (row["id"] in w.new_txns and row["terminal_id"] == w.terminal
                    and net[row["id"]] and row["id"] not in counted
                    and row["batch"] <= last.key[0] and key not in last.left_open):
                yield f"{row['kind']} STAN {row['stan']:06d} posted, and no settlement counted it"


def stands(w, run):
    """No settled refund or void is undone."""
    for one in settlements(w):
        for posting in w.ledger["posting"]:
            if posting["kind"] == "undo" and posting["id"] > one.behind:
                for row in one.rows:
                    if row["id"] == posting["txn_id"]:
                        yield f"{row['kind']} STAN {row['stan']:06d} was settled and then undone"


def at_the_end(w, run):
    step = w.image.lines("settlement").get("step", "0")
    if step != "0":
        yield f"a settlement is {'under way' if step in UNDER_WAY else 'without its slip'} still"
    here = w.image.lines("counters").get("batch", "1")
    there = next(row["batch"] for row in w.ledger["terminal"]
                 if row["terminal_id"] == w.terminal)
    if here not in ("1", str(there)):  # 1: it never signed on
        yield f"the terminal is in batch {here}, the host in batch {there}"


def slips_are_the_settlements(w, run):
    due = {one.key: one for one in settlements(w)}
    kept = {(row["batch"], row["stan"]) for row in w.ledger["settlement"]
            if row["terminal_id"] == w.terminal}
    seen: Counter = Counter()
    for slip in slips(run.stage.device.printer.lines):
        facts = facts_of(slip)
        if not {"batch", "stan", "Credit", "verdict"} <= facts.keys():
            continue
        one = due.get((facts["batch"], facts["stan"]))
        if one is None and not w.answers and (facts["batch"], facts["stan"]) in kept:
            continue  # a host far away, whose answers nobody saw
        if one is None:
            yield f"a slip of batch {facts['batch']}, which the host never settled"
            continue
        told = facts["Debit"] + facts["Credit"]
        sums = [(str(one.told[at + 1]), f"{one.told[at] // 100}.{one.told[at] % 100:02d}")
                for at in (0, 2)]
        if told != sums[0] + sums[1]:
            yield f"the slip of batch {one.key[0]} says {told}, {sums} were settled"
        if ("NOT" in facts["verdict"]) != (one.result != f48.EQUAL):
            yield f"the slip of batch {one.key[0]} says {facts['verdict']}, result {one.result}"
        seen[one.key] += 1
        if seen[one.key] > 1 and not facts["duplicate"]:
            yield f"the slip of batch {one.key[0]} was printed again without saying so"


def _uploaded(w, row, one, name):
    """What was uploaded is what was counted, each once."""
    came: Counter = Counter()
    for portion in w.ledger["upload"]:
        if portion["settlement_id"] == row["id"]:
            came.update(f48.split_entries(portion["entries"]))
    due = Counter((txn["stan"], txn["amount_fen"]) for txn in one.rows)
    if came != due:
        yield f"{name}: {dict(came)} uploaded, {dict(due)} counted"
    w.sometimes("totals differed, and the batch was uploaded")


def _note_situations(w, one, own):
    if one.rows:
        w.sometimes("a settlement counted something")
    if one.left_open:
        w.sometimes("a settlement left out what was open")
    if any(row["batch"] != one.key[0] for row in one.rows):
        w.sometimes("what was left out was counted in a later settlement")


def _left_open(listed):
    keys = set()
    for digits in listed:
        batch, stan, dated, _, _ = split_open_intent(digits)
        keys.add((batch, stan, "" if dated == _NO_DATE else dated))
    return keys


def _net(w, behind):
    """{number of a txn: its net} of the postings up to `behind`, None for all."""
    net: Counter = Counter()
    for posting in w.ledger["posting"]:
        if behind is None or posting["id"] <= behind:
            sign = -1 if posting["kind"] == "undo" else 1
            net[posting["txn_id"]] += sign * posting["amount_fen"]
    return net


def _sums(rows):
    """As F48 has them: debit fen and count, credit fen and count."""
    sides = [[row["amount_fen"] for row in rows if (row["kind"] in _CREDITS) is credit]
             for credit in (False, True)]
    return sum(sides[0]), len(sides[0]), sum(sides[1]), len(sides[1])
