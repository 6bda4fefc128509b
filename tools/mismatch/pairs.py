"""Two packets that should match: a request and its reply, or the same packet by two encoders.
What differs is named by field, and by the mistake that makes one out of the other.
"""
from host_sim.show.explain import title
from host_sim.show.mask import field_texts, masked
from protocol.errors import WireFault
from protocol.reference import codec, tables
from protocol.session import MUST_EQUAL, reply_fields, reply_mti, transaction, wrong
from tools.mismatch import envelope, head, reasons
from tools.mismatch.mistake import Fit, Reason, fit

TPDU_CURE = "The reply's TPDU is the request's with its two addresses swapped."
# name, words, what was made of the request's 10 digits
TPDU_TURNS = (
    ("tpdu-not-swapped", "The TPDU was sent back as it came.", lambda t: t),
    ("tpdu-bytes-swapped", "The TPDU's 4 bytes of address were turned round byte by byte.",
     lambda t: t[:2] + t[8:10] + t[6:8] + t[4:6] + t[2:4]),
    ("tpdu-each-swapped", "The bytes of each address were swapped, not the addresses.",
     lambda t: t[:2] + t[4:6] + t[2:4] + t[8:10] + t[6:8]),
    ("tpdu-swapped-twice", "The addresses were swapped, and the bytes of each as well.",
     lambda t: t[:2] + t[8:10] + t[6:8] + t[4:6] + t[2:4]),
    ("tpdu-digits-swapped", "The digits of the addresses were turned round one by one.",
     lambda t: t[:2] + t[2:][::-1]),
    ("tpdu-source-zero", "The source was not filled in.", lambda t: t[:2] + t[6:10] + "0000"),
    ("tpdu-destination-zero", "The destination was not filled in.",
     lambda t: t[:2] + "0000" + t[2:6]),
    ("tpdu-source-kept", "Only the destination was changed.", lambda t: t[:2] + t[6:10] + t[6:10]),
)


def _number(change):
    """A twist of a number of fixed width."""
    def make(value):
        return f"{change(int(value)):0{len(value)}}" if value.isdigit() else None
    return make


# name, words, what was made of the value that is due
TWISTS = (
    ("justified-left", "It stands on the left, with zeros behind (right, with zeros in front, is "
     "due).", lambda v: v.lstrip("0").ljust(len(v), "0")),
    ("spaces-left", "Its spaces stand in front (behind is due).",
     lambda v: v.strip(" ").rjust(len(v))),
    ("zeros-for-spaces", "It is filled with zeros in front (spaces behind are due).",
     lambda v: v.strip(" ").rjust(len(v), "0")),
    ("byte-order", "Its bytes are in the wrong order.", lambda v: "".join(
        reversed([v[at:at + 2] for at in range(0, len(v), 2)]))),
    ("hundred-times", "It is 100 times as much: fen were taken for yuan.",
     _number(lambda n: n * 100)),
    ("hundredth", "It is a hundredth: yuan were put where fen are due.",
     _number(lambda n: n // 100)),
    ("next", "It is one more: the next number.", _number(lambda n: n + 1)),
    ("previous", "It is one less: the number before.", _number(lambda n: max(0, n - 1))),
    ("nibbles-swapped", "The two digits of each byte are swapped.", lambda v: "".join(
        v[at:at + 2][::-1] for at in range(0, len(v), 2))),
    ("lower-case", "It is in lower case.", str.lower),
    ("zeros", "It is all zeros.", lambda v: "0" * len(v)),
)


def explain(one, other, keyset=None):
    """The two Reports and the Reasons why they do not match: (Report, Report, kind, Reasons).
    kind: "reply" if one is meant as the answer to the other, else "same". bytes as explain() of
    tools.mismatch.reasons takes them."""
    reports = reasons.explain(one, keyset), reasons.explain(other, keyset)
    bare = [envelope.opened(data)[0] or data for data in (one, other)]
    sound = [report.sound for report in reports]
    if None not in sound:
        first, second = (codec.decode(packet) for packet in sound)
        for request, reply in ((first, second), (second, first)):
            if reply_mti(request.mti) == reply.mti != request.mti:
                return *reports, "reply", tuple(_answers(request, reply))
    return *reports, "same", tuple(_same(bare[0], bare[1], reports))


def _answers(request, reply):
    """The Reasons why `reply` is no answer to `request`."""
    due = request.tpdu[:2] + request.tpdu[6:10] + request.tpdu[2:6]
    if reply.tpdu != due:
        told = [Fit(name, "TPDU", words, TPDU_CURE, b"")
                for name, words, make in TPDU_TURNS if make(request.tpdu) == reply.tpdu]
        yield Reason("tpdu", f"The reply's TPDU is {reply.tpdu}, {due} is due.", tuple(told[:1]),
                     tuple("it gives the very bytes" for _ in told[:1]), len(TPDU_TURNS))
    for number in MUST_EQUAL:
        if number in request.fields and number in reply.fields:
            if request.fields[number] != reply.fields[number]:
                yield _differs(number, request, reply, "is not the request's")
    name = transaction(request)
    code = reply.fields.get(39)
    if name is not None and code is not None:
        lacks = [n for n in reply_fields(name, code, request.fields) if n not in reply.fields
                 and n != 64]
        if lacks:
            named = ", ".join(f"F{n} {tables.FIELDS[n][0]}" for n in lacks)
            yield Reason(str(lacks[0]), f"A reply with {code} to a {title(request)} lacks {named}.",
                         (), (), 0)


def _differs(number, due, found, words):
    """The Reason of one field whose value is another."""
    was, now = due.fields[number], found.fields[number]
    told = [Fit(name, f"F{number}", text, "Send the value as it is due.", b"")
            for name, text, make in TWISTS
            if isinstance(was, str) and make(was) == now != was]
    shown = (masked(field_texts(one))[number] for one in (found, due))
    return Reason(str(number), "F{} {} {}: {} at byte {}, {} is due.".format(
        number, tables.FIELDS[number][0], words, next(shown),
        wrong(found, number, "", "").at, next(shown)),
        tuple(told[:1]), tuple("it gives the very value" for _ in told[:1]), len(TWISTS))


def _same(one, other, reports):
    """The Reasons why two packets that should be equal differ."""
    if one == other:
        return
    for sound, spoilt, label in ((one, other, "second"), (other, one, "first")):
        told = [fit(mistake, place, sound) for mistake in (*envelope.MISTAKES, *reasons.MISTAKES)
                for place, made in mistake.plant(sound) if made == spoilt] \
            if head.decodes(sound) else []
        if told:
            yield Reason("packet", f"The {label} packet has a mistake that the other has not.",
                         tuple(told[:reasons.TOLD]),
                         tuple("it gives the very bytes" for _ in told[:reasons.TOLD]),
                         len(envelope.MISTAKES) + len(reasons.MISTAKES))
            return
    try:
        due, found = codec.decode(one), codec.decode(other)
    except WireFault:
        if None in (reports[0].sound, reports[1].sound):
            at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
                      min(len(one), len(other)))
            yield Reason("packet", f"They are equal up to byte {at}.", (), (), 0)
            return
        due, found = codec.decode(reports[0].sound), codec.decode(reports[1].sound)
    for part in ("tpdu", "header", "mti"):
        was, now = getattr(due, part), getattr(found, part)
        if was != now:
            yield Reason(part, f"The {part.upper() if part != 'header' else part} is {now} in the "
                         f"second, {was} in the first.", (), (), 0)
    for number in sorted({*due.fields, *found.fields}):
        name = f"F{number} {tables.FIELDS[number][0]}"
        if number not in found.fields or number not in due.fields:
            where = "first" if number in due.fields else "second"
            yield Reason(str(number), f"Only the {where} has {name}.", (), (), 0)
        elif due.fields[number] != found.fields[number]:
            yield _differs(number, due, found, "differs")
