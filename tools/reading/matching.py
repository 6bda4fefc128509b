"""Which reply belongs to which request, and what does not fit: as both ends should have seen it.

Knows the messages of a capture only, keeps a bounded number of them, and never stops on one.
"""
from collections import OrderedDict
from typing import Any, NamedTuple

from protocol.reference import tables
from protocol.session import MUST_EQUAL, reply_mti
from tools.reading import wording
from tools.reading.mandatory import lacks, reply_fields, request_fields
from tools.reading.told import clock, span

REPLY_WAIT_US = 60_000_000
OPEN = 256          # requests whose replies may still come
STANS = 20_000      # remembered, to see one used again
NEW = ("0200", "0220", "0320", "0500", "0600", "0800")  # each takes a STAN of its own
NOT_COMPARED = (64,)


class Request(NamedTuple):
    """A request that was sent: first at `at_us`, last at `last_us`, and whether it was given up."""
    number: int
    at_us: int
    last_us: int
    message: Any
    missed: bool

    def told(self):
        """'refund request of 09:31:07.412'."""
        known = wording.name(self.message) or self.message.mti
        return f"{known} request of {clock(self.at_us)}"


class Finding(NamedTuple):
    """`wrong` as of Told; `about` is the number of the packet it is about."""
    wrong: list
    about: int | None = None
    words: str = ""


class Matching:
    """request() and reply() say what is to be told of a message; silent() what never came."""

    def __init__(self):
        self._open = OrderedDict()      # (reply MTI, terminal, STAN): Request
        self._stans = OrderedDict()     # (terminal, batch, STAN): (MTI, fingerprint, at_us)

    def request(self, number, at_us, message):
        """A Finding on a request; `words` tells what it repeats."""
        fields = message.fields
        key = (reply_mti(message.mti), fields.get(41, ""), fields.get(11, ""))
        wrong = lacks(message, request_fields(message))
        before = self._open.pop(key, None)
        self._open[key] = Request(number, at_us, at_us, message, False)
        if len(self._open) > OPEN:
            self._open.popitem(last=False)
        reused = self._reused(at_us, message)
        if reused:
            return Finding([*wrong, reused])
        if before is not None and _same(before.message, message):
            waited = span(at_us - before.last_us)
            if not before.missed:
                wrong.append(("no reply", f"no reply to the {before.told()} in {waited}"))
            return Finding(wrong, before.number,
                           f"repeat of {clock(before.at_us)} after {waited} of silence")
        return Finding(wrong)

    def again(self, at_us, message):
        """The same frame went out once more: its reply is awaited from now on."""
        key = (reply_mti(message.mti), message.fields.get(41, ""), message.fields.get(11, ""))
        if key in self._open:
            self._open[key] = self._open[key]._replace(last_us=at_us)

    def silent(self, terminal=None, but=None):
        """Findings on requests that got no reply: of a terminal that went on to packet `but`, or
        (None) at the end of the file."""
        for key, one in list(self._open.items()):
            if one.missed or one.number == but or terminal not in (None, key[1]):
                continue
            self._open[key] = one._replace(missed=True)
            yield one

    def reply(self, at_us, message):
        """(Request or None, Finding) of a reply."""
        key = self._find(message)
        if key is None:
            return self._stranger(message)
        request = self._open.pop(key)
        wrong = []
        if at_us - request.last_us > REPLY_WAIT_US:
            wrong.append(("late", f"late: {span(at_us - request.last_us)} behind the "
                                  f"{request.told()}"))
        elif request.missed:
            wrong.append(("late", f"late: the terminal had given up the {request.told()}"))
        wrong += _unlike(request.message, message)
        wrong += lacks(message, reply_fields(request.message, message))
        return request, Finding(wrong, request.number)

    def _find(self, message):
        fields = message.fields
        exact = (message.mti, fields.get(41, ""), fields.get(11, ""))
        if exact in self._open:
            return exact
        for key in reversed(self._open):  # a reply may lack either number
            if key[0] == message.mti and all(number not in fields or not own
                                             or fields[number] == own
                                             for number, own in ((41, key[1]), (11, key[2]))):
                return key
        return None

    def _stranger(self, message):
        for key in reversed(self._open):
            if key[0] == message.mti:
                request = self._open[key]
                return None, Finding(_unlike(request.message, message), request.number)
        return None, Finding([("no request", "a reply to no request of this capture")])

    def _reused(self, at_us, message):
        """(key, words) if the STAN was another message's in the same batch."""
        fields = message.fields
        if message.mti not in NEW or 11 not in fields or 60 not in fields:
            return None
        key = (fields.get(41, ""), fields[60][2:8], fields[11])
        mark = hash(frozenset(item for item in fields.items() if item[0] not in NOT_COMPARED))
        before = self._stans.get(key)
        self._stans[key] = (message.mti, mark, at_us)
        if len(self._stans) > STANS:
            self._stans.popitem(last=False)
        if before is None or before[:2] == (message.mti, mark):
            return None
        return "stan", f"STAN {fields[11]} was used at {clock(before[2])} for another message"


def _same(one, other):
    """Whether a request asks for the same as one before: 0221 repeats 0220, a STAN is one's own."""
    return (one.mti[:3] == other.mti[:3] and 11 in one.fields
            and all(one.fields.get(number) == other.fields.get(number) for number in (3, 4, 11)))


def _unlike(request, reply):
    """What a reply has otherwise than its request, though it must not."""
    wrong = []
    for number in MUST_EQUAL:
        one, other = request.fields.get(number), reply.fields.get(number)
        if one is not None and other is not None and one != other:
            wrong.append(("differs", f"F{number} ({tables.FIELDS[number][0]}) is {other}, "
                                     f"the request has {one}"))
    turned = request.tpdu[:2] + request.tpdu[6:] + request.tpdu[2:6]
    if reply.tpdu != turned:
        wrong.append(("differs", f"TPDU {reply.tpdu} is not the request's turned round, {turned}"))
    return wrong
