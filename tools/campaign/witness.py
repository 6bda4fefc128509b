"""Sees a run from outside and keeps what the invariants judge: wire, ledger, flash image, screen,
paper.

It never touches the firmware's objects. What must hold at a moment is looked at in that moment, the
rest when the run is over.
"""

import re
import sqlite3
from collections import Counter
from typing import Any, NamedTuple

from host_sim import agreement
from host_sim.acquirer import samples
from protocol import tlv
from protocol.errors import WireFault
from protocol.keys import unwrap_working_keys
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import in_bytes
from protocol.subfields import split_f60
from tools.campaign import leaving, shopfront, situations
from tools.campaign.image import VERSIONS, Image
from tools.campaign.leaving import FINANCIAL, UNDER_WAY

CLOSED_BY = {"0430": ("00",), "0410": ("00", "25")}
_MTI_AT, _STX = 11, 0x02
_CIPHERS = Ciphers()
_CHECKED = re.compile(r"(?:Second check|再次核对).*? (?:Refund|Void|Sale|退货|消费撤销|消费)"
                      r" (\d+)\.(\d\d) ?元? (?:Order |单号)(\d+)")


class Told(NamedTuple):
    """A packet on the line: `way` as in host_sim.world.Event, `message` None if it is none."""

    at_ms: int
    way: str
    packet: bytes
    message: Any


class Answered(NamedTuple):
    """What the host did with a request: rows changed, and its newest posting before and behind."""

    request: Any
    reply: Any
    changed: int
    before: int
    behind: int


class Witness:
    """One for each run; `watch(stage)` comes first."""

    terminal = samples.TERMINAL
    tmk = samples.tmk(samples.TERMINAL)

    def __init__(self, plan):
        self.plan = plan
        self.told: list[Told] = []
        self.answers: list[Answered] = []
        self.screens: list[tuple[int, str]] = []
        self.wrong: list[str] = []  # violations seen in the moment: "7: ..."
        self.happened: Counter = Counter()  # of situations.SOMETIMES
        self.durable: dict = {}  # key: state, as last seen in the image
        self.last_order = None
        self.secrets: set[bytes] = set()
        self.pin_keys: list[bytes] = []
        self._read: dict = {}
        self._wrapped: set = {None}
        self._left: set[bytes] = set()  # frames of requests whose intent was seen to be durable
        self._before = None
        self.checked_fen = None  # what the second check showed last
        self.checked: Counter = Counter()  # how often it was shown for an order
        self._up = False
        self._mended_at = 0  # flash operations; nothing was ever torn before the first
        self.ledger: dict = {}
        self.new_txns: set[int] = set()
        self.image = None
        self.records: dict = {}

    def watch(self, stage):
        self.stage = stage
        self._engine = stage.host.engine
        self._db = shopfront.driver(self._engine)
        self._posted = self.last_posting()
        self._txns_before = self._db.execute("select max(id) from txn").fetchone()[0]

    def sometimes(self, what):
        self.happened[what] += 1

    # the line

    def packet(self, packet):
        """A packet entered the line; the two codecs must read it alike."""
        event = self.stage.trace[-1]
        message = self.read(packet)
        self.told.append(Told(event.at_ms, event.kind, packet, message))
        if message is None:
            return
        if event.kind == "in" and message.mti == "0810":
            self._keys_in(message)
        elif event.kind == "out" and message.mti in ("0600", "0200"):
            self.last_order = self.tags(message).get("DF01", self.last_order)

    def read(self, packet):
        """The Message in a packet, or None."""
        if packet not in self._read:
            message = agreement.read(packet)
            self._read[packet] = None if isinstance(message, WireFault) else message
        return self._read[packet]

    def leaving(self, data):
        """These bytes are about to leave the terminal."""
        at = data.find(_STX)
        message = None if at < 0 else self.read(bytes(data[at + 3 : -2]))
        if message is not None and data[at:] not in self._left:
            if message.mti in FINANCIAL:
                self._left.add(data[at:])
            leaving.judge(self, message)

    def _keys_in(self, message):
        wrapped = message.fields.get(62)
        if message.fields.get(39) == "00" and wrapped not in self._wrapped:
            self._wrapped.add(wrapped)
            try:
                keys = unwrap_working_keys(wrapped, self.tmk, _CIPHERS)
            except WireFault:
                return
            pik, *others = in_bytes(keys)
            self.pin_keys.append(pik)
            self.secrets.update(key for key in (pik, *others) if key)
            if any(state == "SENT" for state in self.durable.values()):
                self.sometimes("keys were renewed under an open refund")

    # the host

    def before_answer(self, packet):
        if self.stage.host.may_crash():
            self._before = self._books()
        return self._db.total_changes

    def posted_elsewhere(self):
        """Somebody else than the request in hand may have posted."""
        self._posted = self.last_posting()

    def after_answer(self, packet, reply, seen):
        """Whether the books are others than before."""
        changed = self._db.total_changes - seen
        request = self.read(packet)
        answer = None if reply is None else self.read(reply)
        before = self._posted
        if changed:
            self._posted = self.last_posting()
        self.answers.append(Answered(request, answer, changed, before, self._posted))
        if packet in self.stage.wire.to_host.forged:
            self._judge_forged(packet, request, answer)
        return changed > 0

    def _judge_forged(self, packet, request, answer):
        """TPDU and header stand outside the MAC, and an 08xx has none: all else must be refused."""
        if self.stage.wire.to_host.forged[packet] < _MTI_AT:
            return
        if request is not None and 64 not in request.fields:
            return
        self.sometimes("a packet under a wrong MAC reached the host")
        if answer is not None and answer.fields[39] not in ("A0", "97"):
            self.wrong.append(f"12: a forged {request.mti} was answered {answer.fields[39]}")

    def open_batch(self):
        """The till's, as the host has it."""
        return self._db.execute(
            "select batch from terminal where terminal_id = ?", (self.terminal,)).fetchone()[0]

    def counted_request(self):
        """The Message that asked for something which a settlement has counted, or None."""
        keys = set(self._db.execute(
            "select batch, stan from txn where settled is not null and id > ?",
            (self._txns_before,)))
        for one in self.told:
            if one.way == "out" and one.message and one.message.mti in ("0200", "0220", "0221"):
                _, batch, stan, _ = self.key(one.message)
                if (batch, stan) in keys:
                    return one.message
        return None

    def late_cancel(self, reply):
        """What a settlement counted was asked to be undone; this packet was the answer."""
        answer = None if reply is None else self.read(reply)
        code = None if answer is None else answer.fields[39]
        if code != "12":
            self.wrong.append(f"19: a cancel of what a settlement counted was answered {code}")
        self.sometimes("what a settlement had counted was to be taken back")

    def last_posting(self):
        return self._db.execute("select coalesce(max(id), 0) from posting").fetchone()[0]

    def postings_after(self, number):
        """(number, kind, fen, order, STAN) of the postings behind this one."""
        return self._db.execute(
            "select p.id, p.kind, p.amount_fen, p.order_no, coalesce(t.stan, 0) from posting p"
            " left join txn t on t.id = p.txn_id where p.id > ? order by p.id", (number,),
        ).fetchall()

    def host_crashed(self):
        """What it had in hand was committed if the books are others than before."""
        self.sometimes("the host crashed before its commit" if self._books() == self._before
                       else "the host crashed between commit and reply")
        self.posted_elsewhere()

    def _books(self):
        return self._db.execute("select (select count(*) from posting), count(*), sum(state),"
                                " sum(tries) from txn").fetchone()

    def conflict(self, reply):
        """Another refund under a key that is taken was answered with this packet."""
        answer = None if reply is None else self.read(reply)
        code = None if answer is None else answer.fields[39]
        if code is not None and code != "94":
            self.wrong.append(f"9: a second fingerprint under one key was answered {code}")
        self.sometimes("a key came with two fingerprints")

    # the terminal

    def screen(self, shown):
        self.screens.append((self.stage.now_ms, shown))
        if "log in" in shown:
            self._up = True
        if "is locked" in shown or "Locked " in shown:
            who = "an operator" if "01" in shown else "the supervisor"
            self.sometimes(who + " was locked")
        checked = _CHECKED.search(shown)
        if checked:
            self.checked_fen = int(checked[1]) * 100 + int(checked[2])
            self.checked[checked[3]] += 1
        if ("Approved" in shown or "Sale approved" in shown) and "RMB" in shown:
            self._approval_is_durable(shown)

    def _approval_is_durable(self, shown):
        words = shown.split()
        rrn = next((word for word in words if word.isdigit() and len(word) == 12), None)
        if rrn is None:
            return
        records = Image(self.stage.device.flash.blocks).journal().values()
        states = [r.state_name for r in records if r is not None and r.rrn == rrn]
        if "APPROVED" not in states:
            self.wrong.append(f"13: {shown!r} was shown while the journal said "
                              f"{' and '.join(states) or 'nothing of it'}")

    def power_cut(self, flash):
        """In the middle of a flash operation: what the journal held before must still be there."""
        self.sometimes("power was cut in a flash operation")
        if Image(flash.blocks).lines("settlement").get("step", "0") in UNDER_WAY:
            self.sometimes("power was cut in a settlement")
        if not self._up:
            self.sometimes("power was cut before the terminal was up")
        before, after = _files(flash.blocks_before_cut()), _files(flash.blocks)
        other = [path for path, copy in before.items() if after.get(path) != copy]
        for path in other:
            newer = after.get(path)
            if newer is None and not _is_free(before[path]):
                self.wrong.append(f"8: {path} was lost in a power cut")
            elif newer is not None and newer.sequence < before[path].sequence:
                self.wrong.append(f"8: {path} went back in a power cut")
        if len([path for path in other if not _is_free(before[path])]) > 1:
            self.wrong.append(f"8: one power cut changed {' and '.join(other)}")

    def switched_on(self, flash):
        """Before the firmware runs."""
        self._up = False
        if flash.operations == self._mended_at:
            return
        self._mended_at = flash.operations
        image = Image(flash.blocks)
        for path in _paths(image):
            copies = image.copies(path)
            if len(copies) == 1 or len({copy.sequence for copy in copies}) > 1:
                self.sometimes("a copy was bad or older at boot, and mended")
                return

    # the end

    def close(self):
        """Take down the ledger and the image as they are now."""
        cursor = self._db.cursor()
        cursor.row_factory = sqlite3.Row
        for table in ("txn", "posting", "sold_order", "audit", "settlement", "upload", "terminal"):
            self.ledger[table] = cursor.execute(self._rows_of(table)).fetchall()
        self.new_txns = {row["id"] for row in self.ledger["txn"] if row["id"] > self._txns_before}
        self.image = Image(self.stage.device.flash.blocks)
        self.records = {record.key: record for record in self.image.known().values()}
        # Of these batches the till may have dropped what was settled.
        self.dropped_before = int(self.image.lines("counters").get("batch", "1")) - 1
        situations.count(self)

    def _rows_of(self, table):
        """The statement for the rows of a table that this run is judged by."""
        return f"select * from {table} order by rowid"

    def ledger_file(self):
        """The bytes of the ledger as they would lie on a disk."""
        return self._db.serialize()

    def tags(self, message):
        try:
            return tlv.unpack(message.fields[62])
        except (WireFault, KeyError):
            return {}

    def key(self, message):
        """(terminal, batch, STAN, date or nothing) of a request."""
        return (message.fields[41], split_f60(message.fields[60])[1], int(message.fields[11]),
                self.tags(message).get("DF0C", ""))


def _files(blocks):
    """{path: newest Copy} of the journal and the counters."""
    image = Image(blocks)
    return {path: copy for path in _paths(image) if (copy := image.newest(path)) is not None}


def _paths(image):
    """The files that say something of money: slots that were used, and the counters."""
    used = [name for name in image.names("journal") if not name.startswith("slot")]
    return [f"journal/{name}" for name in used] + ["counters"]


def _is_free(copy):
    return len(copy.data) > 2 and copy.data[0] in VERSIONS and copy.data[2] == 0
