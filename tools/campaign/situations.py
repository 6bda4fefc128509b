"""The situations that a campaign must have met, and those that are counted when a run is over.

The others are counted in the moment, by who makes or sees them: `witness.sometimes(WHAT)`.
"""

from tools.campaign.leaving import FINANCIAL

# What a closing request undoes, by MTI and F3.
_UNDOES = {
    ("0400", "200000"): "void was reversed", ("0400", "000000"): "sale was reversed",
    ("0420", "200000"): "refund was cancelled", ("0421", "200000"): "refund was cancelled",
}  # fmt: skip

# A campaign that has not met one of them proves nothing about it.
SOMETIMES = (
    "a repeat got the stored answer",
    "a refund arrived after it was cancelled",
    "a refund was cancelled that the host had never seen",
    "an approved refund was cancelled",
    "an approved void was reversed",
    "an approved sale was reversed",
    "a sale stood though it was to be reversed",
    "a sale was reversed that the host had never seen",
    "a sale arrived after it was reversed",
    "a card confirmed a refund",
    "another card was shown for a refund",
    "a sale was refunded",
    "a sale was voided",
    "a wrong PIN was answered",
    "a swipe was not read",
    "a void was reversed that the host had never seen",
    "a refund was held for review",
    "a reviewer approved",
    "a reviewer declined",
    "a review came too late",
    "keys were renewed under an open refund",
    "power was cut in a flash operation",
    "power was cut before the terminal was up",
    "a copy was bad or older at boot, and mended",
    "the host crashed before its commit",
    "the host crashed between commit and reply",
    "a packet under a wrong MAC reached the host",
    "a packet under a wrong MAC reached the terminal",
    "a voucher was printed again, marked",
    "the refund was above what was left",
    "nobody acknowledged a request",
    "an outcome came behind the operator's back",
    "a refund was refused for want of room",
    "a key came with two fingerprints",
    "an operator was locked",
    "the supervisor was locked",
    "a refund was entered anew",
    "nothing was entered anew, for the cancel had no answer",
    "a voucher was printed again by request",
    "a settlement counted something",
    "totals differed, and the batch was uploaded",
    "a settlement left out what was open",
    "what was left out was counted in a later settlement",
    "power was cut in a settlement",
    "a settlement was asked for again and got the stored verdict",
    "what a settlement had counted was to be taken back",
)

_SHOWN = (  # words on the screen, and what they say has come up
    ("Swipe it again", "a swipe was not read"),
    ("line is dead", "nobody acknowledged a request"),
    ("ENTER = result", "an outcome came behind the operator's back"),
    ("Enter nothing new", "nothing was entered anew, for the cancel had no answer"),
    ("Printed again", "a voucher was printed again by request"),
    ("Journal full", "a refund was refused for want of room"),
    ("Batch is full", "a refund was refused for want of room"),
)


def count(witness):
    """The situations that show on the wire, at the host, on the screens and on paper."""
    decided, closed, unseen = set(), set(), set()
    for one in witness.answers:
        request, reply = one.request, one.reply
        if request is None or reply is None or request.mti not in FINANCIAL:
            continue
        code, key = reply.fields[39], witness.key(request)
        posted = one.behind > one.before
        if request.mti in ("0200", "0220", "0221"):
            if key in closed and code in ("C9", "CA"):
                what = "sale" if request.fields[3] == "000000" else "refund"
                ended = "reversed" if what == "sale" else "cancelled"
                witness.sometimes(f"a {what} arrived after it was {ended}")
            elif key in decided and code not in ("A0", "77"):
                witness.sometimes("a repeat got the stored answer")
            if code == "09":
                witness.sometimes("a refund was held for review")
            if 2 in request.fields and request.fields[3] == "200000" and posted:
                witness.sometimes("a card confirmed a refund")
            if 2 in request.fields and request.fields[3] == "200000" and code == "14":
                witness.sometimes("another card was shown for a refund")
            if code in ("55", "75"):
                witness.sometimes("a wrong PIN was answered")
            if code == "00" and posted and key[3]:
                _given_back(witness, request, "refunded")
            elif code == "00" and posted and request.fields[3] == "200000":
                _given_back(witness, request, "voided")
            if code in ("64", "13"):
                witness.sometimes("the refund was above what was left")
            if code not in ("A0", "77", "97"):
                decided.add(key)
        elif code == "12" and request.fields[3] == "000000":
            witness.sometimes("a sale stood though it was to be reversed")
        elif code in ("00", "25") and key not in closed:
            closed.add(key)
            kind = _UNDOES[request.mti, request.fields[3]]
            if posted:
                witness.sometimes(f"an approved {kind}")
            if key not in decided and key not in unseen:
                unseen.add(key)
                witness.sometimes(f"a {kind} that the host had never seen")
    for _, shown in witness.screens:
        for words, what in _SHOWN:
            if words in shown:
                witness.sometimes(what)
    if witness.stage.wire.to_terminal.forged:
        witness.sometimes("a packet under a wrong MAC reached the terminal")
    if any("DUPLICATED" in line for line in witness.stage.paper):
        witness.sometimes("a voucher was printed again, marked")


def _given_back(witness, request, how):
    """A refund or void that was posted: of an order that the till has sold itself?"""
    if request.fields[37] in {record.rrn for record in witness.records.values() if record.is_sale}:
        witness.sometimes(f"a sale was {how}")
