"""The two ends of the host's sweep: an acquirer on a file that dies and is started again, and a
till that talks to it by packets alone and asks again as a terminal does.

What a procedure does is data; where the host dies, the terminal's side of that step is asked again,
and the rest follows.
"""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event

from host_sim.acquirer import ledger, review, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.keys import token
from host_sim.acquirer.server import Acquirer
from host_sim.play.shop import sample_ledger
from host_sim.world import START
from protocol import batch, sealing, session, tlv
from protocol.iso8583 import Message
from protocol.keys import unwrap_working_keys
from protocol.pin import security_control
from protocol.reference import codec
from protocol.reference.ciphers import Ciphers
from protocol.subfields import f60, f61

PART, QR, SAME_DAY, HELD = "20260004", "20260005", "20260001", "20260011"
PART_FEN, HELD_FEN = 1_000, 5_000
_NOW = START + timedelta(minutes=1)
_DATED = f"{START:%Y%m%d}"
_CIPHERS = Ciphers()
_GOOD = {"refund": ("00", "09"), "void": ("00",), "cancel": ("00",), "reversal": ("00", "25"),
         "sale": ("00", "55")}
_TYPES = {"refund": "25", "cancel": "25", "void": "23", "sale": "22"}  # F60.1
FENCED = 900  # the STAN of a refund that is cancelled before it arrives

OWN, OWN_FEN = "70000001", 100_100  # an order that the till sells itself, and needs a PIN for
CARD, WRONG_PIN = samples.UNIONPAY_CREDIT, "000000"
_TOKEN = token(samples.TOKEN_KEY, CARD)
PIN = next(row[2] for row in samples.CARDS if row[0] == CARD)

# procedure: what is done, in order: (method of Till, its arguments). Where the host dies, the
# terminal's side of that step is asked again, and the rest follows.
PROCEDURES = {
    "part refund": (("refund", PART, PART_FEN),),
    "QR refund": (("refund", QR, 100_000),),
    "void": (("void", SAME_DAY),),
    "held refund": (("refund", HELD, HELD_FEN), ("decide",), ("status",)),
    "cancel": (("refund", PART, PART_FEN), ("cancel",)),
    "fence": (("fence", PART, PART_FEN), ("refund", PART, PART_FEN)),
    "void reversal": (("void", SAME_DAY), ("reverse",)),
    "sale": (("sale", OWN, OWN_FEN, PIN),),
    "sale with a wrong PIN": (("sale", OWN, OWN_FEN, WRONG_PIN), ("sale", OWN, OWN_FEN, PIN)),
    "sale reversal": (("sale", OWN, OWN_FEN, PIN), ("reverse",)),
    "sale voided": (("sale", OWN, OWN_FEN, PIN), ("void", OWN)),
    "sale refunded": (("sale", OWN, OWN_FEN, PIN), ("refund", OWN, PART_FEN)),
    "settlement": (("sale", OWN, OWN_FEN, PIN), ("void", SAME_DAY), ("settle",)),
    "settlement with upload": (("refund", PART, PART_FEN), ("settle", "differs")),
}


def play_through(till: "Till", procedure: str) -> None:
    """Sign on and do what the procedure says, asking again where the host died."""
    for step in (("sign_on",), *PROCEDURES[procedure]):
        getattr(till, str(step[0]))(*step[1:])


# What an order of the till's own is known by; one of the samples is its row in the ledger.
Sold = namedtuple("Sold", "order_no rrn batch stan sold_on token amount_fen")


class Disagreement(Exception):
    """What the host answers cannot be; the text says why."""


class Host:
    """An acquirer on a file in `folder`, with the samples. Where it dies it is started again.
    `taken_down`: whether `statements` is to have what its SQLite executes."""

    def __init__(self, folder: Path, taken_down: bool = False):
        self.crashes = 0
        self._folder = folder
        self.statements: list[str] = []
        self._taken_down = taken_down
        self.path = folder / "0" / "ledger.db"
        self.path.parent.mkdir()
        self.path.write_bytes(sample_ledger(START.date()))
        self._open()

    def ask(self, what, again):
        """`what(self)`; `again(self)` of the next host where this one dies in it."""
        try:
            return what(self)
        except HostCrash:
            self.crashes += 1
            old = self.path.parent
            self.path = self._folder / str(self.crashes) / "ledger.db"
            # The process is gone: nobody tidies up, and what it wrote is what there is.
            shutil.copytree(old, self.path.parent, ignore=shutil.ignore_patterns("*-shm"))
            self._open()
            return again(self)

    def _open(self):
        self.engine = schema.open_engine(str(self.path))
        if self._taken_down:
            event.listen(self.engine, "checkout", self._take_down)
        self.points = CrashPoints(self.engine)
        self.acquirer = Acquirer(self.points, Random(self.crashes))

    def _take_down(self, connection, *_):
        def note(text):
            if text not in self.statements[-1:]:  # told again for each trigger that it sets off
                self.statements.append(text)

        connection.set_trace_callback(note)


class Till:
    """The terminal's side, by packets alone. It asks again as a terminal does: a refund as 0221, a
    cancel as 0421; a void without an answer is reversed."""

    def __init__(self, host):
        self._host = host
        self._mac: Any = None
        self._pin_key: Any = None
        self._stan = 0
        self._sent: list[bytes] = []
        self.believed: dict[int, int] = {}  # STAN: fen that went back under it, by its answers
        self.answered: dict[int, Message] = {}  # STAN: its latest reply
        self._closed: set[int] = set()
        self._last: tuple = ()
        self._kinds: dict[int, str] = {}  # STAN: of a refund, void or sale
        self._sales: dict[str, Sold] = {}  # by order number: what this till sold, and was approved
        self._settled = False

    def sign_on(self):
        reply = self._ask("0800", "0800", {11: "000001", 60: _f60("00", "003"), 63: "01 "})
        keys = unwrap_working_keys(reply.fields[62], samples.tmk(samples.TERMINAL), _CIPHERS)
        self._mac = keys.mac("unionpay-ecb", _CIPHERS)
        self._pin_key = keys.pin_key(_CIPHERS)

    def refund(self, order_no, amount_fen):
        if self._last and self._last[1] == FENCED:  # the request that its cancel overtook
            self._financial("refund", self._last[0], FENCED, amount_fen, "0220", "0221")
            return
        order = self._order(order_no)
        if order is not None:
            self._financial("refund", order, self._next(), amount_fen, "0220", "0221")

    def sale(self, order_no, amount_fen, pin):
        stan = self._next()
        order = Sold(order_no, "", samples.OPEN_BATCH, stan, _DATED, _TOKEN, amount_fen)
        paid = {2: CARD, 22: "021", 26: "12", 35: samples.track2(CARD),
                52: self._pin_key.block(pin, CARD), 53: security_control()}  # fmt: skip
        self._financial("sale", order, stan, amount_fen, "0200", None, paid)
        if self.believed[stan]:
            self._sales[order_no] = order._replace(rrn=self.answered[stan].fields[37])

    def fence(self, order_no, amount_fen):
        self._financial("cancel", _sold(order_no), FENCED, amount_fen, "0420", "0421")

    def cancel(self):
        order, stan, amount_fen = self._last
        self._financial("cancel", order, stan, amount_fen, "0420", "0421")

    def void(self, order_no):
        order = self._order(order_no)
        if order is not None:
            self._financial("void", order, self._next(), order.amount_fen, "0200", None)

    def reverse(self):
        order, stan, amount_fen = self._last
        self._financial("reversal", order, stan, amount_fen, "0400", "0400")

    def decide(self):
        key = ledger.Key(samples.TERMINAL, samples.OPEN_BATCH, self._last[1], _DATED)

        def decision(host):
            with host.points.begin() as connection:
                review.decide(connection, key, samples.TEST_SHOP, True, "", _NOW)

        def once_more(host):
            try:
                decision(host)
            except review.NotDecidable:  # it had been committed
                pass

        self._host.ask(decision, once_more)

    def status(self):
        _, stan, amount_fen = self._last
        fields = {
            3: "390000", 11: f"{self._next():06d}", 60: _f60("01"), 64: bytes(8),
            61: f61(samples.OPEN_BATCH, stan, _DATED[4:]), 62: tlv.pack([("DF0C", _DATED)]),
        }  # fmt: skip
        reply = self._ask("0600", "0600", fields)
        if tlv.unpack(reply.fields[62])["DF08"] == f"{schema.APPROVED:02d}":
            self.believed[stan] = amount_fen

    def settle(self, differs=""):
        """Close the batch; where it `differs`, nothing is told, and all of it is uploaded."""
        counted = [(stan, fen, self._kinds[stan]) for stan, fen in self.believed.items() if fen]
        paid = [fen for _, fen, kind in counted if kind == "sale"]
        back = [fen for _, fen, kind in counted if kind != "sale"]
        sums = (0, 0, 0, 0) if differs else (sum(paid), len(paid), sum(back), len(back))
        rest = {49: "156", 62: b"", 63: "01 "}
        reply = self._batch("0500", batch.totals(*sums), "201", rest)
        if batch.split_totals(reply.fields[48])[4] != (batch.NOT_EQUAL if differs else batch.EQUAL):
            raise Disagreement(f"the settlement came to {reply.fields[48]}")
        if differs:
            self._batch("0320", batch.entries([one[:2] for one in counted]), "201", {})
            self._batch("0320", batch.count(len(counted)), "202", {})
        self._settled = True

    def _batch(self, mti, digits, network, rest):
        fields = {11: f"{self._next():06d}", 48: digits, 60: _f60("00", network), 64: bytes(8)}
        reply = self._ask(mti, mti, fields | rest)
        if reply.fields[39] != "00":
            raise Disagreement(f"{mti} was answered {reply.fields[39]}")
        return reply

    def late_copies(self):
        """Every packet comes once more, late: what has happened stays as it is."""
        before = _moved(self._host)
        for packet in tuple(self._sent):

            def arrive(host, packet=packet):
                host.acquirer.answer(packet, _NOW)

            self._host.ask(arrive, arrive)
        if _moved(self._host) != before:
            raise Disagreement("a late copy of a packet changed what was posted")

    def disagreements(self, books: sqlite3.Connection) -> list[str]:
        """What this side's answers say otherwise than the ledger."""
        wrong = []
        rows = books.execute(
            "select stan, txn.kind, state, code, rrn, coalesce((select sum(iif(kind = 'undo', "
            "-amount_fen, amount_fen)) from posting where txn_id = txn.id), 0) from txn "
            "where terminal_id = ? and batch = ? and stan > 99",
            (samples.TERMINAL, samples.OPEN_BATCH),
        ).fetchall()
        posted = {row[0]: row[5] for row in rows}
        if posted != self.believed:
            wrong.append(f"by STAN, {self.believed} fen went back, but {posted} were posted")
        (number,) = books.execute(
            "select batch from terminal where terminal_id = ?", (samples.TERMINAL,)).fetchone()
        if number != samples.OPEN_BATCH + self._settled:
            wrong.append(f"the host's open batch is {number}")
        for stan, kind, state, code, rrn, _ in rows:
            told = self.answered[stan].fields
            if state == schema.DECLINED:
                good = told[39] == code
            elif state == schema.CANCELLED:
                good = told[39] in (("00", "C9") if kind == "refund" else ("00", "25"))
            else:
                good = told.get(37) == rrn and (told[39] == code or told[39] == "09")
            if not good:
                wrong.append(f"STAN {stan} was answered {told[39]}, the ledger has {state} {code}")
        return wrong

    def _next(self):
        self._stan = max(self._stan, 100) + 1
        return self._stan

    def _order(self, order_no):
        """What the order is known by; None of a sale of this till's that was reversed."""
        return self._sales.get(order_no) if order_no == OWN else _sold(order_no)

    def _financial(self, name, order, stan, amount_fen, mti, again, paid=None):
        """One request that moves money. `again` None: where no answer comes, it is reversed.
        `paid`: the card fields of a sale."""
        kind = self._kinds.setdefault(stan, "refund" if name == "cancel" else name)
        self._last = order, stan, amount_fen
        fields = {
            3: "000000" if kind == "sale" else "200000", 4: f"{amount_fen:012d}",
            11: f"{stan:06d}", 22: "012", 25: "00", 49: "156", 60: _f60(_TYPES[kind]), 64: bytes(8),
            **(paid or {}),
        }  # fmt: skip
        if kind != "sale":
            number, of_batch = (order.stan, order.batch) if kind == "void" else (0, 0)
            fields[61] = f61(of_batch, number, order.sold_on[4:])
        if name == "reversal":
            fields[39] = "98"
        elif kind != "sale":
            fields[37] = order.rrn
        if name in ("refund", "cancel"):
            named = [("DF01", order.order_no), ("DF0C", _DATED), ("DF0D", order.token)]
            fields[62] = tlv.pack(named)
        elif name == "sale":
            fields[62] = tlv.pack([("DF01", order.order_no)])
        if 62 in fields:
            fields[63] = "CUP"
        if again is None:
            died = self._host.crashes
            reply = self._ask(mti, None, fields)
            if self._host.crashes > died:
                self.believed[stan] = 0
                self.reverse()
                return
        else:
            reply = self._ask(mti, again, fields)
        self.answered[stan] = reply
        code = reply.fields[39]
        late = stan in self._closed and name == kind
        if code not in (("C9", "CA") if late else _GOOD[name]):
            raise Disagreement(f"the {name} with STAN {stan} was answered {code}")
        if name in ("cancel", "reversal"):
            self._closed.add(stan)
        self.believed[stan] = amount_fen if name == kind and code == "00" else 0

    def _ask(self, mti, again, fields) -> Any:
        """The reply to a request; to its repeat where the host died, None if it has none."""

        def exchange(mti):
            named = {41: samples.TERMINAL, 42: samples.TEST_SHOP, **fields}
            request = Message("6000030000", "603100311001", mti, named)

            def send(host):
                packet = sealing.seal(request, self._mac) if 64 in named else codec.encode(request)
                self._sent.append(packet)
                raw = host.acquirer.answer(packet, _NOW)
                if raw is None:
                    raise Disagreement(f"{mti} was not answered")
                reply = codec.decode(raw)
                if mti != "0800":
                    session.check_reply(request, reply, raw, self._mac)
                return reply

            return send

        return self._host.ask(exchange(mti), exchange(again) if again else lambda host: None)


def _moved(host):
    with closing(sqlite3.connect(host.path)) as books:
        asked = ("select * from posting", "select id, state, code, rrn, settled from txn",
                 "select * from settlement", "select * from upload", "select tries from card")
        return [books.execute(one).fetchall() for one in asked]


@cache
def _sold(order_no):
    engine = schema.open_engine()
    schema.restore(engine, sample_ledger(START.date()))
    with engine.connect() as connection:
        return ledger.find_order(connection, order_no, samples.TEST_SHOP)


def _f60(kind, network="000"):
    return f60(kind, samples.OPEN_BATCH, network)
