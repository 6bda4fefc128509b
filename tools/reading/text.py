"""What was told, as lines for a terminal: one a thing, its faults marked under it."""
from host_sim.show import story
from host_sim.show.explain import explain
from host_sim.show.mask import free_text
from protocol.errors import WireFault
from tools.reading.told import WAYS, clock, printable

INDENT = " " * 14
MARK = "!!"
LEAD = {"screen": "screen: ", "bench": "around: "}
QUIET = ("ack",)    # told with -v only
LISTED = 40     # transactions and faults of a summary


def lines(told, verbose=False, reveal=False, algorithm="unionpay-ecb"):
    """Lines of one Told; none for what is not worth a line."""
    if told.kind in QUIET and not verbose:
        return
    yield from map(printable, _lines(told, verbose, reveal, algorithm))


def _lines(told, verbose, reveal, algorithm):
    wrong = [words for _, words in told.wrong]
    mark = f"{MARK} " if told.words in wrong else ""
    yield f"{clock(told.at_us)}  {_way(told)}{LEAD.get(told.kind, '')}{mark}{told.words}"
    if told.kind == "paper":
        yield from (f"{INDENT}| {line.text}".rstrip() for line in told.rows)
    yield from (f"{INDENT}{MARK} {words}" for words in wrong if words != told.words)
    if verbose:
        yield from (f"{INDENT}{line}".rstrip() for line in _verbose(told, reveal, algorithm))


def _way(told):
    if told.channel != "wire" or told.kind == "missing":
        return ""
    return f"{WAYS.get(told.way, 'on the wire')}  "


def _verbose(told, reveal, algorithm):
    if told.kind == "message" and told.packet:
        try:
            parts = explain(told.packet, algorithm, reveal and not told.masked)
        except WireFault:
            yield told.packet.hex(" ").upper() if reveal else \
                "its bytes are hidden: without fields nothing says which of them are secret"
            return
        yield from story.dump(told.packet, parts)
        yield ""
    elif told.kind == "screen" and told.rows:
        yield from story.screen(told.rows)


def heading(name, head):
    """Lines about a capture, before its first packet."""
    run = head.run
    yield printable(f"{name}: captured by {head.application or 'an unknown program'}")
    facts = [f"{key} {run[key]}" for key in ("made_by", "script", "scenario", "terminal",
                                             "merchant", "mac", "seed", "start")
             if run.get(key) not in (None, "")]
    if facts:
        yield "  " + printable(free_text(", ".join(facts)))
    yield ""


def summary(counts):
    """Lines of a Telling's summary()."""
    yield ""
    yield (f"{counts['messages']} messages, {counts['retransmissions']} of them sent again, "
           f"{counts['naks']} NAKs, {counts['screens']} screens, {counts['packets']} packets in "
           f"{counts['seconds']:.1f} s")
    rows = counts["transactions"]
    for row in rows[:LISTED]:
        yield printable("  " + transaction(row))
    if len(rows) > LISTED:
        yield f"  and {len(rows) - LISTED} more"
    for words, count in counts["earlier"].items():
        yield printable(f"  earlier: {words}: {count}")
    if counts["wrong"]:
        yield "what looks wrong:"
        for what, count in counts["wrong"].items():
            yield f"  {count} x {what}"
        yield "the first of it:"
        for one in counts["wrong_first"][:LISTED]:
            yield f"  {clock(one['at_us'])}  {printable(one['words'])}"
    else:
        yield "nothing looks wrong"
    for remark in counts["remarks"]:
        yield printable(f"noted at the end: {free_text(remark)}")
    if counts["fault"]:
        yield f"the file is damaged {counts['fault']}; what stands before that was read"


def transaction(row):
    """'refund STAN 000002, order 20260004, 12.50 yuan: approved 00'."""
    parts = [f"{row['kind']} STAN {row['stan']}"]
    if row["order"]:
        parts.append(f"order {row['order']}")
    if row["amount_fen"] is not None:
        parts.append(f"{row['amount_fen'] / 100:.2f} yuan")
    return f"{', '.join(parts)}: {row['outcome']}"
