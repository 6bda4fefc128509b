"""The acquirer: one request packet in, one reply packet out, or none.

Whatever comes in is answered or counted, never raised; only a request whose MAC verifies, or a
sign-on, changes anything, and its change is committed before the reply exists.
"""

from datetime import datetime
from functools import cache

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import activation, ledger, samples
from host_sim.acquirer import faults as fault_kinds
from host_sim.acquirer.call import Answer, Call, Request
from host_sim.acquirer.crash import CrashPoints
from host_sim.acquirer.faults import Faults
from host_sim.acquirer.handlers import inquiry, network, refund, sale, settlement, void
from host_sim.acquirer.keys import Keyring
from host_sim.acquirer.terms import USUAL, Terms
from protocol import session, tlv
from protocol.dialect.messages import ONLY_ECHOED
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message
from protocol.reference import codec, incoming
from protocol.reference.tables import MESSAGES
from protocol.subfields import split_f60, split_f61

ACQUIRER = "09000000"  # F32, and the second half of F44
CURRENCY = "156"
SIGN_ON_AGAIN = "3"  # processing request, the header's sixth digit
NO_PIN = "06" + "0" * 14  # F53 of a reply: no PIN, double-length key

HANDLERS = {
    "echo": network.echo,
    "sign_on": network.sign_on,
    "sign_off": network.sign_off,
    "order_inquiry": inquiry.order,
    "refund_status": inquiry.status,
    "open_intents": inquiry.open_intents,
    "refund": refund.refund,
    "refund_repeat": refund.refund,
    "cancel": refund.cancel,
    "cancel_repeat": refund.cancel,
    "void": void.void,
    "sale": sale.sale,
    "void_reversal": void.reversal,
    "sale_reversal": void.reversal,
    "settlement": settlement.settle,
    "batch_upload": settlement.upload,
    "batch_end": settlement.end,
}

# What F62 must bring where it is TLV.
REQUIRED_TAGS = {
    "order_inquiry": ("DF01",),
    "refund": ("DF01", "DF0C", "DF0D"),
    "refund_repeat": ("DF01", "DF0C", "DF0D"),
    "activate": ("DF1A", "DF16", "DF17"),
    "cancel": ("DF0C",),
    "sale": ("DF01",),
    "cancel_repeat": ("DF0C",),
}
_REQUEST_MTIS = frozenset(row[0] for row in MESSAGES.values())
_KEYS_IN_F62 = "sign_on"
ACTIVATE = "activate"
_WITHOUT_FORM = (11, 41, 42, 60)  # what a reply to a request of the wrong form can give back

COUNTERS = ("answered", "malformed", "unrequested", "format", "not_enrolled", "bad_mac", "faults")


class Acquirer:
    """`engine`: from schema.open_engine, or CrashPoints on one; `rng`: random.Random or alike, for
    keys only; `secrets`: master keys and token key, the samples' own unless given; `terms`: what a
    scenario sets."""

    def __init__(
        self,
        engine: Engine | CrashPoints,
        rng,
        faults: Faults | None = None,
        secrets=samples.SECRETS,
        terms: Terms = USUAL,
    ):
        self.faults = Faults() if faults is None else faults
        self._terms = terms
        self.counters = dict.fromkeys(COUNTERS, 0)
        self._connection = engine.connect()
        self._keyring = Keyring(rng, secrets)

    def answer(self, packet: bytes, now: datetime) -> bytes | None:
        """The reply to a packet (both from the TPDU on), or None: to what cannot be read, to what
        is no request, and where a fault is scripted or the database fails."""
        try:
            message = codec.decode(packet)
        except WireFault:
            self.counters["malformed"] += 1
            return None
        if message.mti not in _REQUEST_MTIS:
            self.counters["unrequested"] += 1
            return None
        self.faults.at = now.time()
        if self.faults.take(fault_kinds.DEAF, message.mti):
            return None
        try:
            with self._connection.begin():
                reply, mac = self._reply(self._connection, message, packet, now)
        except (SQLAlchemyError, LocalMisuse):  # or holds what no reply can tell
            self.counters["faults"] += 1
            return None
        if self.faults.take(fault_kinds.MUTE, message.mti):
            return None
        self.counters["answered"] += 1
        return self._sealed(message.mti, reply, mac)

    def _reply(self, connection, message, packet, now):
        """(reply Message, Mac to seal it with or None)."""
        if session.transaction(message) == ACTIVATE:
            return self._activated(connection, message, now), None
        rows = ledger.find_terminal(connection, message.fields.get(41, ""))
        terminal = rows[0] if rows else None
        if terminal is None or not self._keyring.has_master_key(terminal.terminal_id):
            self.counters["not_enrolled"] += 1
            return _refusal(message, "97", now), None
        mac = None
        if 64 in message.fields:
            mac = self._keyring.verify(connection, rows, packet)
            if mac is None:
                self.counters["bad_mac"] += 1
                return _refusal(message, "A0", now), None
        try:
            request = _read(message)
        except WireFault:
            self.counters["format"] += 1
            return _refusal(message, "30", now), mac
        if message.fields[42] != terminal.merchant_id:
            return _refusal(message, "03", now), mac
        if mac is not None and request.batch > terminal.batch:
            # Only the host opens batches: it has forgotten one.
            detail = f"batch {request.batch:06d} after {terminal.batch:06d}"
            ledger.note(connection, now, terminal.terminal_id, "batch not opened yet", detail)
        handler = HANDLERS.get(request.name, _not_supported)
        terms = self._terms
        call = Call(request, terminal, connection, now, self._keyring, self.faults, terms, mac)
        refused = self.faults.take(fault_kinds.REFUSE, message.mti)
        answer = Answer(refused.code) if refused else handler(call)
        reply = incoming.reply_to(message, _fields(request, answer, now))
        return reply, answer.mac or mac

    def _activated(self, connection, message, now):
        """The reply to a device that has no number yet."""
        try:
            request = _read(message)
        except WireFault:
            self.counters["format"] += 1
            return _refusal(message, "30", now)
        refused = self.faults.take(fault_kinds.REFUSE, message.mti)
        if refused:
            code, enrolled, f62 = refused.code, None, b""
        else:
            code, enrolled, f62 = activation.answer(connection, self._keyring, request.tags, now)
        answer = Answer(code)
        if enrolled is not None:
            if self.faults.take(fault_kinds.WRONG_KCV, message.mti):
                f62 = _with_last_byte_turned(f62, "DF18")
            numbers = {41: enrolled.terminal_id, 42: enrolled.merchant_id}
            answer = Answer(code, numbers | {62: f62})
        return incoming.reply_to(message, _fields(request, answer, now))

    def _sealed(self, mti, reply, mac):
        if mti == "0800" and 62 in reply.fields and self.faults.take(fault_kinds.WRONG_KCV, mti):
            reply.fields[62] = _with_wrong_kcv(reply.fields[62])
        if self.faults.take(fault_kinds.ASK_SIGN_ON, mti):
            reply.header = reply.header[:5] + SIGN_ON_AGAIN + reply.header[6:]
        if mac is None:
            reply.fields.pop(64, None)
            return codec.encode(reply)
        reply.fields[64] = bytes(8)
        packet = codec.encode(reply)
        f64 = mac.compute(packet[11:-8])
        if self.faults.take(fault_kinds.BAD_MAC, mti):
            f64 = bytes([f64[0] ^ 1]) + f64[1:]
        return packet[:-8] + f64


def _read(message: Message) -> Request:
    """The request in a message, its subfields and tags taken apart. WireFault on a wrong form."""
    name = incoming.check_request(message)
    fields = message.fields
    _, batch, network_code = split_f60(fields[60])
    original = split_f61(fields[61]) if 61 in fields else None
    tags = {}
    if 62 in fields and name != _KEYS_IN_F62:
        tags = tlv.unpack(fields[62])
    for tag in REQUIRED_TAGS.get(name, ()):
        if tag not in tags:
            raise WireFault("62." + tag, 0, "is missing")
    if fields.get(49, CURRENCY) != CURRENCY:
        raise WireFault("49", 0, "is another currency")
    return Request(name, fields, tags, batch, network_code, original)


def _fields(request: Request, answer: Answer, now: datetime) -> dict:
    """The reply's fields: exactly those of the book for this code."""
    issuer = answer.fields.get(44, "")
    values = {
        **request.fields,
        12: f"{now:%H%M%S}",
        13: f"{now:%m%d}",
        32: ACQUIRER,
        39: answer.code,
        53: request.fields.get(53, NO_PIN),
        **answer.fields,
        44: f"{issuer:<11}{ACQUIRER:<11}",
    }
    echoed = tuple(number for number in ONLY_ECHOED if number in request.fields)
    return {number: values[number] for number in _wanted(request.name, answer.code, echoed)}


@cache  # transactions, codes and fields of the table: few
def _wanted(name, code, echoed):
    return [number for number in session.reply_fields(name, code, echoed) if number != 64]


def _refusal(message: Message, code: str, now: datetime) -> Message:
    """A reply to a request that was not read: what can be given back of it, and the code."""
    fields = {n: message.fields[n] for n in _WITHOUT_FORM if n in message.fields}
    fields |= {12: f"{now:%H%M%S}", 13: f"{now:%m%d}", 39: code}
    return incoming.reply_to(message, fields)


def _not_supported(_call: Call) -> Answer:
    return Answer("40")


def _with_last_byte_turned(f62, tag):
    told = tlv.unpack(f62)
    told[tag] = told[tag][:-1] + bytes([told[tag][-1] ^ 1])
    return tlv.pack(list(told.items()))


def _with_wrong_kcv(f62):
    """Turn one bit of the MAK's check value."""
    return f62[:36] + bytes([f62[36] ^ 1]) + f62[37:]
