"""The host's side of a file for a terminal of now: a request gets the reply that the file has for
the next one of its kind, under this session's STAN, time and MAC.

Sign-ons, and what the file does not have, are answered by a host that knows what the file implies.
"""
from collections import Counter, deque

from host_sim.acquirer.faults import Faults
from protocol import sealing, session
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message, decode
from protocol.keys import unwrap_working_keys
from tools.capture.recording import microseconds
from tools.replay.conversation import Said
from tools.replay.session import CIPHERS

OWN = ("sign_on", "activate")       # answered by our host: the keys are this session's
READS = ("echo", "sign_off", "order_inquiry", "refund_status", "open_intents")
USUAL_MS = 100          # what the line and the host of the replay take by themselves
SILENT = "refund_status"        # what became of a refund only the file's host could tell
ECHOED = (11, 41, 42, 60)


class Held(Faults):
    """Holds each reply back as long as the file's host did."""

    def __init__(self):
        super().__init__()
        self.next_ms = 0

    def delay_ms(self, mti):
        """Of the reply in hand; LinkServer asks."""
        delay_ms, self.next_ms = self.next_ms, 0
        return delay_ms


class FileHost:
    """answer(packet, now) as an Acquirer has it. `books` (implied.Books) is the host behind,
    `found` takes the differences."""

    def __init__(self, exchanges, books, mac, found):
        self._held = Held()
        self.faults: Faults = self._held
        self._left = deque(exchanges)
        self._books = books
        self._mac_name = mac
        self._macs = deque(maxlen=4)
        self._found = found
        self.behind = Counter()     # how often our own host answered what the file does not have

    def answer(self, packet, now):
        """The reply's packet, or None."""
        try:
            message = decode(packet)
        except WireFault:
            return None
        name = session.transaction(message)
        exchange = self._take(name)
        if exchange is not None:
            self._found.compare("request", name, exchange.request, packet)
        if name in OWN:
            return self._own(message, packet, now)
        if exchange is None:
            return self._unknown(name, message, packet, now)
        mac = self._mac_of(packet)
        if exchange.reply is None:
            return None
        took_ms = (exchange.reply.at_us - exchange.request.at_us) // 1000
        self._held.next_ms = max(0, took_ms - USUAL_MS)
        return self._restamped(exchange.reply, message, mac, now)

    def skip(self, exchange):
        """Nobody will ask for this one."""
        if exchange in self._left:
            self._left.remove(exchange)

    def end(self):
        """What the file has left was not asked for."""
        for exchange in self._left:
            self._missing(exchange)
        self._left.clear()

    def _take(self, name):
        """The next exchange of this kind; what stands before it was not asked for."""
        names = [exchange.name for exchange in self._left]
        if name not in names:
            return None
        for _ in range(names.index(name)):
            self._missing(self._left.popleft())
        return self._left.popleft()

    def _missing(self, exchange):
        if exchange.name not in (*OWN, *READS):
            said = exchange.request
            self._found.packets += 1
            self._found.note(exchange.name, said, "message", "is missing", None,
                             said.message.mti, None)

    def _own(self, message, packet, now):
        reply = self._books.acquirer.answer(packet, now)
        tmk = self._books.secrets.tmk_of(message.fields.get(41, ""))
        if reply is not None and tmk is not None:
            try:
                keys = unwrap_working_keys(decode(reply).fields.get(62, b""), tmk, CIPHERS)
                self._macs.appendleft(keys.mac(self._mac_name, CIPHERS))
            except WireFault:
                ...     # a refusal brings no keys
        return reply

    def _unknown(self, name, message, packet, now):
        if name in READS:
            self.behind[name] += 1
        else:
            said = Said(None, microseconds(now), packet, message, frozenset(), None)
            self._found.note(name or "unknown", said, "message", "is new", None, None, message.mti)
        return None if name == SILENT else self._books.acquirer.answer(packet, now)

    def _mac_of(self, packet):
        """The Mac that a request was sealed with; None where it has none."""
        for mac in self._macs:
            try:
                session.check_mac(packet, mac)
                return mac
            except WireFault:
                continue
        return None

    def _restamped(self, reply, asked, mac, now):
        theirs = reply.message
        fields = dict(theirs.fields)
        for number in ECHOED:
            if number in fields and number in asked.fields:
                fields[number] = asked.fields[number]
        fields |= {number: text for number, text in ((12, f"{now:%H%M%S}"), (13, f"{now:%m%d}"))
                   if number in fields}
        message = Message(f"60{asked.tpdu[6:]}{asked.tpdu[2:6]}", theirs.header, theirs.mti, fields)
        try:
            packet = sealing.seal(message, mac if 64 in fields else None)
        except LocalMisuse:
            return None
        if reply.mac == "invalid":
            packet = packet[:-1] + bytes([packet[-1] ^ 1])
        return packet
