"""The acquirer of a campaign: it crashes, queues, misleads, has rivals and reviewers.

Nothing here decides about money: every request that is answered is answered by the acquirer's own
code, on the ledger that is judged in the end.
"""

from random import Random

from host_sim.acquirer import ledger, review, rules, samples
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.faults import MISCOUNT
from host_sim.acquirer.keys import Keyring
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.schema import APPROVED, REVIEW
from host_sim.acquirer.server import Acquirer
from host_sim.show.mask import CARD_FIELDS
from protocol import sealing
from protocol.errors import WireFault
from protocol.iso8583 import Message
from protocol.reference import codec, incoming
from tools.campaign import shopfront
from tools.campaign.straight import Straight

REVIEW_MS = (5_000, 240_000)  # a reviewer decides so long after a refund was held
SILENCE = b""
STRANGE = "87"  # a code (F39) that is in no table


class Host:
    """The acquirer behind the line, as LinkServer has it: it crashes, rotates keys, has rivals."""

    def __init__(self, stage, plan, book, witness):
        self._stage = stage
        self._book = book
        self._witness = witness
        self._rng = Random(f"{plan.seed} host keys")
        self.engine = shopfront.open_ledger()
        self._books = Straight(self.engine)
        self.points = CrashPoints(self._books)
        self._keyring = Keyring(self._rng, samples.SECRETS)
        self._acquirer = self._started()
        self._armed = None
        self._miscounts = []  # faults that the next settlement told meets
        self._held = set()  # keys that a reviewer has on his desk
        self.faults = self._acquirer.faults
        self.arm()

    def _started(self):
        return Acquirer(self.points, Random(self._rng.random()))

    def restart(self):
        """After a crash: nothing is left but the database."""
        self._acquirer = self._started()
        self.arm()
        self._plan_review()

    def arm(self):
        """Let the next crash of the plan come."""
        self._armed = None
        for fault in self._book.of("database"):
            if fault.at >= self.points.count:
                self._armed = fault
                self.points.at(fault.at - self.points.count + 1)
                return

    def crashed(self):
        """The fault that has just struck."""
        self._book.note(self._armed)
        return self._armed

    def may_crash(self):
        """Whether a crash of the plan is still to come."""
        return self._armed is not None

    def heal(self):
        self.points.disarm()

    def answer(self, packet, now):
        """As Acquirer.answer. A fault may answer first; SILENCE is no answer at all."""
        for fault in self._book.due("request"):
            early = _REQUEST_FAULTS[fault.kind](self, packet, now, fault)
            if early is not None:
                return early or None
        request = self._witness.read(packet)
        if request is not None and request.mti == "0500":
            return self._settling(packet, now, self._book.due("settlement"))
        counter = request and _OWN_COUNTERS.get((request.mti, request.fields.get(3)))
        for fault in self._book.due(counter) if counter else ():
            if _REQUEST_FAULTS[fault.kind](self, packet, now, fault) is SILENCE:
                return None
        return self._answered(packet, now)

    def _settling(self, packet, now, faults):
        """A 0500, with what befalls it."""
        for fault in faults:
            if fault.kind == "miscount":
                self._miscounts.append(fault)
                self._acquirer.faults.script(MISCOUNT, "0500")
        reply = self._answered(packet, now)
        for fault in faults:
            if fault.kind == "late cancel" and self._cancel_counted(packet, now):
                self._book.note(fault)
        return reply

    def _cancel_counted(self, packet, now):
        """Somebody takes back what the settlement counted, under a right MAC: it must stand."""
        mac = self._mac_of(packet)
        message = mac and self._witness.counted_request()
        if not message:
            return False
        fields = {n: value for n, value in message.fields.items() if n not in CARD_FIELDS}
        mti = "0420" if message.mti[1:3] == "22" else "0400"
        if mti == "0400":
            kept = (3, 4, 11, 22, 25, 41, 42, 49, 60, 61)  # a sale has no 61
            fields = {n: fields[n] for n in kept if n in fields} | {39: "06"}
        cancel = Message(message.tpdu, message.header, mti, fields | {64: bytes(8)})
        self._witness.late_cancel(self._answered(sealing.seal(cancel, mac), now))
        return True

    def _answered(self, packet, now):
        seen = self._witness.before_answer(packet)
        happened = self._acquirer.faults.happened
        try:
            reply = self._acquirer.answer(packet, now)
        finally:
            if happened[MISCOUNT]:  # of a 0500 that was heard late, too
                happened[MISCOUNT] = 0
                self._book.note(self._miscounts.pop())
        if self._witness.after_answer(packet, reply, seen):
            self._plan_review()
        return reply

    # what befalls a request: the reply where it is answered here, SILENCE, or None: it goes on

    def _queued(self, packet, now, fault):
        """The line was acknowledged, the acquirer hears of it later; who asked hears nothing."""
        self._book.note(fault)
        stage = self._stage
        stage.agenda.at(stage.now_ms + fault.a, lambda: self._late(packet))
        return SILENCE

    def _late(self, packet):
        if self._stage.server is None:
            return
        try:
            self._answered(packet, self._stage.now())
        except HostCrash:
            self._stage.host_down(self.crashed())

    def _sign_on_again(self, packet, now, fault):
        """77, without a MAC, as the dialect allows it; the request is not looked at."""
        request = self._signed(packet)
        if request is None:
            return None
        self._book.note(fault)
        return codec.encode(incoming.reply_to(request, _told(request, now, "77")))

    def _strange_code(self, packet, now, fault):
        """A code that no table has, under a right MAC; the request is not looked at."""
        request = self._signed(packet)
        mac = request and self._mac_of(packet)
        if mac is None:
            return None
        self._book.note(fault)
        return sealing.seal(incoming.reply_to(request, _told(request, now, STRANGE)), mac)

    def _other_amount(self, packet, now, fault):
        """Behind a refund comes another one under its key, the MAC right: a conflict."""
        request = self._signed(packet)
        if request is None or request.mti not in ("0220", "0221"):
            return None
        mac = self._mac_of(packet)
        if mac is None:
            return None
        reply = self._answered(packet, now)
        fields = request.fields | {4: f"{int(request.fields[4]) + 1:012d}", 64: bytes(8)}
        other = sealing.seal(Message(request.tpdu, request.header, request.mti, fields), mac)
        self._witness.conflict(self._answered(other, now))
        self._book.note(fault)
        return reply or SILENCE

    def _signed(self, packet):
        """The Message in a packet that carries a MAC; None where it is another."""
        try:
            message = codec.decode(packet)
        except WireFault:
            return None
        return message if 64 in message.fields and message.mti[:2] != "08" else None

    def _mac_of(self, packet):
        """The Mac under which a packet verifies, or None."""
        with self._books.begin() as connection:
            rows = ledger.find_terminal(connection, samples.TERMINAL)
            return self._keyring.verify(connection, rows, packet)

    def _rotate(self, packet, now, fault):
        """A set of keys whose 0810 nobody hears."""
        with self._books.begin() as connection:
            terminal = ledger.find_terminal(connection, samples.TERMINAL)[0]
            self._keyring.issue(connection, terminal, "003")
        self._book.note(fault)

    def _rival(self, packet, now, fault):
        """Somebody at another till refunds of the order that is in hand, as far as it goes."""
        order_no = self._witness.last_order
        if order_no is None:
            return
        with self._books.begin() as connection:
            order = ledger.find_order(connection, order_no, samples.TEST_SHOP)
            left = 0 if order is None else min(order.sold_fen, order.amount_fen)
            left -= 0 if order is None else rules.taken_fen(order)
            amount = min(left, fault.b + 1)
            if amount <= 0:
                return
            key = Key(samples.OTHER_TERMINAL, samples.OPEN_BATCH, 1000 + fault.at, f"{now:%Y%m%d}")
            if ledger.find_txn(connection, key):
                return
            row = ledger.record(
                connection, key, kind="refund", state=APPROVED, fingerprint="rival",
                order_no=order_no, amount_fen=amount, code="00",
                rrn=ledger.next_rrn(connection, now), answered_at=now)
            ledger.post(connection, row, "refund", order, amount, now)
        self._witness.posted_elsewhere()
        self._book.note(fault)

    # reviewers

    def _plan_review(self):
        """Put what was held since the last look on a reviewer's desk."""
        for key, _ in self._held_keys():
            if key in self._held:
                continue
            self._held.add(key)
            after = self._rng.randint(*REVIEW_MS)
            verdict = self._rng.random() < 0.6
            self._review_in(after, key, verdict)
            for fault in self._book.due("hold"):
                self._review_in(after + fault.a % 1000, key, not verdict)
                self._book.note(fault)

    def _review_in(self, ms, key, verdict):
        stage = self._stage
        stage.agenda.at(stage.now_ms + ms, lambda: self._decide(key, verdict, stage.now()))

    def _decide(self, key, verdict, now):
        """A verdict; again later while the host is down or the balance does not allow it."""
        if self._stage.server is None:
            self._review_in(10_000, key, verdict)
            return
        try:
            with self.points.begin() as connection:
                review.decide(connection, key, samples.TEST_SHOP, verdict, "", now)
            self._witness.posted_elsewhere()
            self._witness.sometimes("a reviewer approved" if verdict else "a reviewer declined")
        except review.NotDecidable:
            self._witness.sometimes("a review came too late")
        except HostCrash:
            self._stage.host_down(self.crashed())
            self._review_in(120_000, key, verdict)

    def _held_keys(self):
        driver = shopfront.driver(self.engine)
        rows = driver.execute(
            "select terminal_id, batch, stan, dated, id from txn where state = ?", (REVIEW,))
        return [(Key(*row[:4]), row[4]) for row in rows]


def _told(request, now, code):
    """The fields of a reply that decides nothing."""
    fields = {n: request.fields[n] for n in (3, 4, 11, 41, 42, 49, 60) if n in request.fields}
    return fields | {12: f"{now:%H%M%S}", 13: f"{now:%m%d}", 39: code}


_REQUEST_FAULTS = {
    "queued": Host._queued, "sign on again": Host._sign_on_again,
    "strange code": Host._strange_code, "other amount": Host._other_amount,
    "rotate": Host._rotate, "rival": Host._rival, "built upon": Host._rival,
    "refunded before": Host._rival, "sale queued": Host._queued,
}
# What is counted apart from other requests, by MTI and F3.
_OWN_COUNTERS = {
    ("0200", "000000"): "sale", ("0200", "200000"): "void", ("0400", "000000"): "reversal",
}  # fmt: skip
