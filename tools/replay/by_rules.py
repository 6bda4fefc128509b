"""A replay by rules, against the acquirer: the requests of a file in a session of our own, and the
replies held against the file's.

What cannot be sent again is left out and told; an answer that the file lacks is compared with
nothing.
"""
from datetime import timedelta

from host_sim.show.mask import free_text
from protocol.errors import LocalMisuse, WireFault
from protocol.framing import frame
from protocol.iso8583 import decode
from protocol.keys import unwrap_working_keys
from tools.capture.recording import EPOCH
from tools.replay import conversation, implied
from tools.replay.compare import MOST, Difference
from tools.replay.fields import parts_of
from tools.replay.session import CIPHERS, CannotSend, Session
from tools.replay.stages import NotExact

MAC = "unionpay-ecb"
OPENED = "sign_on"
CODE = "39"


class Found:
    """Differences of a replay by rules, as they come."""

    def __init__(self, against, rules):
        self.against = against
        self.rules = rules
        self.differences = []
        self.more = 0
        self.packets = 0

    def compare(self, side, name, theirs, ours, asked=None):
        """Hold a packet of ours against a Said of the file; `name` is the transaction's, `asked`
        our request's packet. Where the codes differ, so do the fields that go with them: the code
        is told."""
        self.packets += 1
        mti = theirs.message.mti
        expected, actual = (parts_of(frame(packet)) for packet in (theirs.packet, ours))
        request = parts_of(frame(asked)) if asked else {}
        wrong = {}
        for field in dict.fromkeys((*expected, *actual)):
            pair = expected.get(field), actual.get(field)
            masked = field.isdigit() and int(field) in theirs.masked
            if not self.rules.holds(side, mti, field, *pair, request.get(field), masked):
                wrong[field] = pair
        for field, pair in {CODE: wrong[CODE]}.items() if CODE in wrong else wrong.items():
            there = pair[0] or pair[1]
            self.note(name, theirs, field, there.name, there.at,
                      *(piece and piece.shown for piece in pair),
                      *(piece and piece.bytes for piece in pair))

    def lost(self, at_us, words):
        """The replay could not go on."""
        self.differences.append(Difference(at_us, self.against, "replay", None, "the run", "end",
                                           "", None, "goes on", free_text(words)))

    def note(self, transaction, said, field, name, at, *sides):
        """Any difference, at a Said of the file."""
        if len(self.differences) == MOST:
            self.more += 1
            return
        who = "host" if self.against == "acquirer" else "terminal"
        plain = transaction.replace("_", " ")
        words = f"{said.message.mti} " + (
            f"reply to {plain}" if self.against == "acquirer" else f"{plain} request")
        self.differences.append(Difference(said.at_us, self.against, who, said.number, words,
                                           field, name, at, *sides))


def replay(packets, run, rules):
    """Replay (number, Packet)s against an acquirer -> (Found, [what was left out and why]).
    `run` is the head's, empty for a file of another program."""
    exchanges, left_out = conversation.read(packets)
    found = Found("acquirer", rules)
    if not exchanges:
        return found, [*left_out, "there is no request in it that the table knows"]
    books, told = host_of(exchanges, run)
    left_out += told
    session = Session(books.acquirer.answer, books.secrets, run.get("mac", MAC), rules,
                      books.tokens)
    for exchange in exchanges:
        _again(exchange, session, found, left_out, books)
    return found, left_out


def host_of(exchanges, run):
    """(Books, what was assumed) for these exchanges: the host of a simulated run as its head tells
    it, else one that knows what they imply."""
    try:
        return implied.host_of_run(run), []
    except NotExact:
        ...
    today = moment(exchanges[0].request).date()
    known = implied.read(exchanges, today)
    return implied.open_host(known, exchanges, today, run.get("mac", MAC)), known.told


def moment(said):
    """When something was said, as a datetime without a zone."""
    return (EPOCH + timedelta(microseconds=said.at_us)).replace(tzinfo=None)


def _again(exchange, session, found, left_out, books):
    request, reply = exchange.request, exchange.reply
    try:
        asked, answer = session.send(exchange.name, request, moment(request),
                                     request.mac == "invalid")
    except CannotSend as reason:
        left_out.append(f"packet {request.number}, {exchange.name.replace('_', ' ')}: {reason}")
        return
    if exchange.name == OPENED and reply is not None:
        session.theirs = _pin_key(reply, books)
    if reply is None:
        left_out.append(f"packet {request.number}, {exchange.name.replace('_', ' ')}: sent, but "
                        "the file has no reply to compare with")
    elif answer is None:
        found.packets += 1
        found.note(exchange.name, reply, "message", "is missing", None, reply.message.mti, None)
    else:
        found.compare("reply", exchange.name, reply, answer, asked)
        _check(session, exchange, asked, answer, found)


def _check(session, exchange, asked, answer, found):
    """What must hold whatever the file says: the reply is one to our request, with a right MAC."""
    try:
        session.check(asked, answer)
    except WireFault as fault:
        if decode(answer).fields.get(39) == exchange.reply.message.fields.get(39):
            found.note(exchange.name, exchange.reply, fault.field, "of our own session", fault.at,
                       "fits its request", str(fault))


def _pin_key(reply, books):
    """The PinKey of the file, if its 0810 opens under the sample master key of its terminal."""
    fields = reply.message.fields
    tmk = books.secrets.tmk_of(fields.get(41, ""))
    try:
        keys = tmk and unwrap_working_keys(fields.get(62, b""), tmk, CIPHERS)
        return keys and keys.pin_key(CIPHERS)
    except (WireFault, LocalMisuse):
        return None
