"""A till for the acquirer's tests: builds requests as the book has them and checks every reply.

It shares nothing with the firmware and knows the acquirer only by its packets.
"""

from datetime import date, datetime
from random import Random

from sqlalchemy import func, select

from host_sim.acquirer import ledger, samples, schema
from host_sim.acquirer.server import Acquirer
from protocol import sealing, session, tlv
from protocol.iso8583 import Message
from protocol.keys import unwrap_working_keys
from protocol.pin import security_control
from protocol.reference import codec
from protocol.reference.ciphers import Ciphers
from protocol.reference.tables import MESSAGES
from protocol.subfields import f60, f61

TODAY = date(2026, 1, 15)
NOON = datetime(2026, 1, 15, 12, 0, 0)
DATED = "20260115"
CIPHERS = Ciphers()
NO_MAC_YET = bytes(8)


class Host:
    """An acquirer with the samples in a ledger of its own, and a look into that ledger."""

    def __init__(self, path=None, seed=1, filled=False):
        self.engine = schema.open_engine(path)
        if not filled:
            with self.engine.begin() as connection:
                samples.load(connection, TODAY)
        self.acquirer = Acquirer(self.engine, Random(seed))

    def ask(self, statement, **values):
        with self.engine.begin() as connection:
            return connection.execute(statement, values).all()

    def order(self, order_no, merchant_id=samples.TEST_SHOP):
        with self.engine.begin() as connection:
            return ledger.find_order(connection, order_no, merchant_id)

    def balance_fen(self, account):
        with self.engine.begin() as connection:
            return ledger.balance_fen(connection, account)

    def postings(self):
        return self.ask(select(schema.posting).order_by(schema.posting.c.id))

    def dump(self):
        """Every row of every table: equal dumps, equal states."""
        tables = schema.TABLES
        return {table.name: [tuple(row) for row in self.ask(select(table))] for table in tables}

    def customer_got_fen(self, order_no):
        """What the customer has back of an order: balance plus what the sale took."""
        sale = self.order(order_no).amount_fen
        return self.balance_fen(ledger.customer_account(order_no)) + sale

    def count(self, table):
        return self.ask(select(func.count()).select_from(table))[0][0]


class Till:
    """One terminal. `now` and `batch` may be moved by a test."""

    def __init__(self, acquirer, terminal_id=samples.TERMINAL, now=NOON):
        self.acquirer = acquirer
        self.terminal_id = terminal_id
        merchants = {row[0]: (row[1], row[2]) for row in samples.TERMINALS}
        self.merchant_id, self.algorithm = merchants[terminal_id]
        self.batch = samples.OPEN_BATCH
        self.stan = 100
        self.now = now
        self.mac = self.pin_key = None
        self.tmk = samples.tmk(terminal_id)

    def message(self, mti, fields):
        fields = {41: self.terminal_id, 42: self.merchant_id, **fields}
        return Message("6000030000", "603100311001", mti, fields)

    def packet(self, message, mac=None):
        if 64 in message.fields:
            return sealing.seal(message, mac or self.mac)
        return codec.encode(message)

    def send(self, message, mac=None):
        """The reply, checked as a terminal checks it, or None."""
        packet = self.acquirer.answer(self.packet(message, mac), self.now)
        if packet is None:
            return None
        reply = codec.decode(packet)
        check_with = mac or self.mac
        if message.mti == "0800" and reply.fields[39] == "00":
            check_with = self.keys_in(reply).mac(self.algorithm, CIPHERS)
        session.check_reply(message, reply, packet, check_with)
        return reply

    def keys_in(self, reply):
        return unwrap_working_keys(reply.fields[62], self.tmk, CIPHERS)

    def sign_on(self, mode="003", stan=1):
        message = self.message(
            "0800", {11: f"{stan:06d}", 60: f60("00", self.batch, mode), 63: "01 "}
        )
        reply = self.send(message)
        if reply.fields[39] == "00":
            self.mac = self.keys_in(reply).mac(self.algorithm, CIPHERS)
            self.pin_key = self.keys_in(reply).pin_key(CIPHERS)
        return reply

    def echo(self):
        return self.send(self.message("0820", {60: f60("00", self.batch, "301")}))

    def next_stan(self):
        self.stan += 1
        return self.stan

    def inquire(self, order_no):
        fields = {3: "380000", 62: tlv.pack([("DF01", order_no)])}
        return self._ask(fields)

    def status(self, stan, dated=DATED, batch=None):
        asked = [("DF0C", dated)] if dated else [("DF01", "0")]
        original = f61(batch or self.batch, stan, "0115")
        return self._ask({3: "390000", 61: original, 62: tlv.pack(asked)})

    def open_intents(self):
        return self._ask({3: "390001", 62: tlv.pack([("DF01", "0")])})

    def _ask(self, fields):
        stan = f"{self.next_stan():06d}"
        return self.send(
            self.message("0600", {11: stan, 60: f60("01", self.batch), 64: NO_MAC_YET, **fields})
        )

    def refund_message(self, order, amount_fen, stan, mti="0220", dated=DATED, **changed):
        """A refund of an order (a ledger row). `changed`: f37=..., or tags as DF0D=...."""
        tags = {"DF01": order.order_no, "DF06": "01", "DF07": "01"}
        tags |= {"DF0C": dated, "DF0D": order.token}
        tags |= {name: value for name, value in changed.items() if name.startswith("DF")}
        fields = {
            **self._financial("25", amount_fen, stan),
            37: order.rrn,
            61: f61(0, 0, order.sold_on[4:]),
            62: tlv.pack(sorted(tags.items())),
            63: "CUP",
        }
        fields |= {int(name[1:]): value for name, value in changed.items() if name[0] == "f"}
        return self.message(mti, fields)

    def refund(self, order, amount_fen, stan=None, mti="0220", **changed):
        stan = stan or self.next_stan()
        return self.send(self.refund_message(order, amount_fen, stan, mti, **changed))

    def cancel(self, order, amount_fen, stan, mti="0420", **changed):
        return self.refund(order, amount_fen, stan, mti, **changed)

    def void(self, order, amount_fen=None, stan=None):
        amount_fen = order.amount_fen if amount_fen is None else amount_fen
        fields = self._financial("23", amount_fen, stan or self.next_stan())
        fields[37] = order.rrn
        fields[61] = f61(order.batch, order.stan, order.sold_on[4:])
        return self.send(self.message("0200", fields))

    def sale(self, order_no, amount_fen, stan=None, card=samples.UNIONPAY_CREDIT, pin=None,
             tags=(), **changed):
        """By a card swiped, or with `card` None by what `tags` say. `changed`: f35=... (None takes
        the field away)."""
        fields = self._financial("22", amount_fen, stan or self.next_stan())
        fields[3] = "000000"
        if card:
            fields |= {2: card, 22: "022", 35: f"{card}={samples.EXPIRY}2010000000000"[:37]}
        if pin:
            fields |= {22: "021", 26: "12", 52: self.pin_key.block(pin, card),
                       53: security_control()}
        fields |= {62: tlv.pack([("DF01", order_no), *tags]), 63: "CUP"}
        fields |= {int(name[1:]): value for name, value in changed.items()}
        fields = {number: value for number, value in fields.items() if value is not None}
        return self.send(self.message("0200", fields))

    def reverse(self, amount_fen, stan, reason="98", sale=False):
        fields = self._financial("22" if sale else "23", amount_fen, stan)
        if sale:
            fields[3] = "000000"
        fields[39] = reason
        return self.send(self.message("0400", fields))

    def _financial(self, type_, amount_fen, stan):
        return {
            3: "200000",
            4: f"{amount_fen:012d}",
            11: f"{stan:06d}",
            22: "012",
            25: "00",
            49: "156",
            60: f60(type_, self.batch),
            64: NO_MAC_YET,
        }


def code(reply):
    return reply.fields[39]


def exact_fields(name, reply):
    """Whether a reply carries the fields of the book for its code, and no other."""
    row = MESSAGES[name]
    listed = set(row[7] if code(reply) in ("00", "09") else row[8]) - {2, 14}
    if code(reply) != "00":
        listed.discard(38)
    return set(reply.fields) == listed
