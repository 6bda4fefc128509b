"""How each transaction of a capture ended, by what passed on the wire alone.

A transaction is named by terminal, batch and STAN; what repeats, cancels or reverses it is part of
it. Only so many are kept one by one; the others are counted.
"""
from collections import Counter, OrderedDict

from protocol import HELD_FOR_REVIEW, ending
from protocol.reference import tables
from tools.reading import wording

KEPT = 2_000
MONEY = ("0200", "0220", "0221", "0400", "0420", "0421")
LISTED = ("sale", "void", "refund", "sign on", "settlement", "activate")
REPEATS = {"refund repeat": "refund", "cancel": "refund", "cancel repeat": "refund",
           "sale reversal": "sale", "void reversal": "void"}


class Outcomes:
    """Hand over requests and replies; rows() tells what became of them."""

    def __init__(self):
        self._rows = OrderedDict()      # (terminal, batch, STAN): row
        self._passed = Counter()        # (kind, outcome) of those no longer kept

    def request(self, number, at_us, message):
        """A request went out, for the first time or again."""
        known = wording.name(message)
        kind = REPEATS.get(known, known)
        if kind not in LISTED:
            return
        key = _key(message)
        if key in self._rows:
            return
        fields, held = message.fields, wording.tags_of(message)
        order = held.get("DF01")
        self._rows[key] = {
            "number": number, "at_us": at_us, "kind": kind, "terminal": key[0], "batch": key[1],
            "stan": key[2], "order": wording.shown(order) if order else None,
            "amount_fen": int(fields[4]) if message.mti in MONEY and 4 in fields else None,
            "outcome": "no final answer"}
        if len(self._rows) > KEPT:
            _, row = self._rows.popitem(last=False)
            self._passed[row["kind"], row["outcome"]] += 1

    def reply(self, request, reply):
        """The request was answered."""
        key, code = _key(request), reply.fields.get(39, "")
        row = self._rows.get(key)
        if row is not None:
            row["outcome"] = _after(wording.name(request), code, row["outcome"])
            if 37 in reply.fields and "rrn" not in row:
                row["rrn"] = reply.fields[37].strip()
        elif wording.name(request) == "refund status":
            self._status(request, reply)

    def _status(self, request, reply):
        """A status tells how a refund ended that was held for review."""
        original = request.fields.get(61, "")
        row = self._rows.get((request.fields.get(41, ""), original[:6], original[6:12]))
        state = wording.tags_of(reply).get("DF08", b"").hex()
        if row is not None and row["outcome"].startswith("held") and state in tables.REFUND_STATES:
            row["outcome"] = f"held for review, then {tables.REFUND_STATES[state]}"

    def rows(self):
        """A list of dicts, in the order of the file."""
        return list(self._rows.values())

    def passed(self):
        """{"refund approved 00": how many} of those that rows() no longer has."""
        return {f"{kind} {outcome}": count for (kind, outcome), count in self._passed.items()}


def _key(message):
    fields = message.fields
    return fields.get(41, ""), fields.get(60, "")[2:8], fields.get(11, "")


def _after(known, code, before):
    """The outcome once `known` was answered with `code`."""
    table = known.replace(" ", "_")
    if known in ("cancel", "cancel repeat"):
        return "cancelled" if code == "00" else before
    if known in ("sale reversal", "void reversal"):
        return "reversed" if ending.is_final(table, code) else before
    if known not in LISTED and known != "refund repeat":
        return before
    if code == HELD_FOR_REVIEW:
        return "held for review"
    words = wording.outcome(code)
    if code == "00" or known in ("sign on", "settlement", "activate"):
        return words
    if code in tables.CODES and ending.is_final(table, code):
        return f"declined: {words}"
    return f"no final answer ({words})"
