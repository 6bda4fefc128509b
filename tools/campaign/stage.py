"""The world of a campaign: one till, its line, its host and the clock, and the faults of a plan.

Everything happens in virtual time and by the plan alone. What a fault does to the line is told in
line.py.
"""

from functools import partial
from random import Random
from typing import Any

from host_sim.acquirer import ledger, review, rules, samples
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.keys import Keyring
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.link import LinkServer
from host_sim.acquirer.schema import APPROVED, REVIEW
from host_sim.acquirer.server import Acquirer
from host_sim.bench.flash import TEARS
from host_sim.core import InProcess
from host_sim.device import PICO
from host_sim.world import START, World, boot_firmware, pico_board
from protocol.errors import WireFault
from protocol.reference import codec, incoming
from tools.campaign import shopfront
from tools.campaign.image import BLOCK, FIRST_BLOCK, VOLUME_BLOCKS
from tools.campaign.line import FaultyWire

REVIEW_MS = (5_000, 240_000)  # a reviewer decides so long after a refund was held
LEAST_OFF_MS = 200
IN_THIS_PROCESS = partial(InProcess, boot_firmware, pico_board)


class Host:
    """The acquirer behind the line, as LinkServer has it: it crashes, rotates keys, has rivals."""

    def __init__(self, stage, plan, book, witness):
        self._stage = stage
        self._book = book
        self._witness = witness
        self._rng = Random(f"{plan.seed} host keys")
        self.engine = shopfront.open_ledger()
        self.points = CrashPoints(self.engine)
        self._acquirer = self._started()
        self._armed = None
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
        for fault in self._book.due("request"):
            early = _REQUEST_FAULTS[fault.kind](self, packet, now, fault)
            if early is not None:
                return early
        seen = self._witness.before_answer(packet)
        reply = self._acquirer.answer(packet, now)
        if self._witness.after_answer(packet, reply, seen):
            self._plan_review()
        return reply

    def _sign_on_again(self, packet, now, fault):
        """77, without a MAC, as wire.md allows it; the request is not looked at."""
        try:
            message = codec.decode(packet)
        except WireFault:
            return None
        if 64 not in message.fields or message.mti in ("0800", "0820"):
            return None
        self._book.note(fault)
        fields = {n: message.fields[n] for n in (11, 41, 42, 60) if n in message.fields}
        fields |= {12: f"{now:%H%M%S}", 13: f"{now:%m%d}", 39: "77"}
        return codec.encode(incoming.reply_to(message, fields))

    def _rotate(self, packet, now, fault):
        """A set of keys whose 0810 nobody hears."""
        with self.engine.begin() as connection:
            terminal = ledger.find_terminal(connection, samples.TERMINAL)[0]
            Keyring(self._rng, samples.SECRETS).issue(connection, terminal, "003")
        self._book.note(fault)

    def _rival(self, packet, now, fault):
        """Somebody at another till refunds of the order that is in hand, as far as it goes."""
        order_no = self._witness.last_order
        if order_no is None:
            return
        with self.engine.begin() as connection:
            order = ledger.find_order(connection, order_no, samples.TEST_SHOP)
            left = 0 if order is None else order.amount_fen - rules.taken_fen(order)
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


_REQUEST_FAULTS = {
    "sign on again": Host._sign_on_again, "rotate": Host._rotate, "rival": Host._rival,
}


class Stage(World):
    """A World on the campaign's shop front; `witness` sees what can be seen from outside."""

    def __init__(self, plan, book, witness, make_core=IN_THIS_PROCESS):
        self.book = book
        self.witness = witness
        self.looks = 0  # how often the screen changed
        self.shown = ""  # its text, in one line
        self.on_screen = [witness.screen]  # who reads along, each a function of the text
        self.notebook = None  # somebody who writes the story down
        self._armed: Any = None  # the power cut that the flash is to make next
        self._cuts_seen = 0
        self._writes_seen = 0
        self.off_ms = LEAST_OFF_MS
        wire = FaultyWire(book)
        # A finger without bounce: that is tried elsewhere, and would take half of a run's time.
        super().__init__(None, plan.seed, START, wire=wire, clean_contacts=True,
                         make_core=lambda start: self._watched(make_core(start)))
        for line in wire.lines:
            line.agenda = self.agenda
        self.device.flash = shopfront.open_flash(plan.seed)
        self.host = Host(self, plan, book, witness)
        self.serve_by(LinkServer(self.host))
        self.on_packet = [witness.packet]
        self._rng = Random(f"{plan.seed} tears")
        witness.watch(self)

    def _watched(self, core):
        """What leaves for the host is looked at before it leaves."""
        core.watch(PICO.link_uart, self.witness.leaving)
        return core

    # power

    def power_on(self):
        """Switch on, with the next power cut of the plan waiting in the flash."""
        self._arm()
        self.witness.switched_on(self.device.flash)
        super().power_on()

    def _arm(self):
        flash = self.device.flash
        cuts = [(fault.at - flash.operations, fault) for fault in self.book.of("flash")]
        if self.power_cuts:
            cuts += [(fault.at, fault) for fault in self.book.of("recovery")[:1]]
        cuts = sorted(cut for cut in cuts if cut[0] >= 0)
        if cuts:
            left, self._armed = cuts[0]
            flash.cut_at(left, TEARS[self._armed.a], self._rng)

    def _lose_power(self):
        on = self.device.core is not None or self.power_cuts > self._cuts_seen
        super()._lose_power()
        if not on:
            return
        self.off_ms = LEAST_OFF_MS
        if self.power_cuts > self._cuts_seen:
            self._cuts_seen = self.power_cuts
            self.book.note(self._armed)
            self.off_ms += self._armed.b
            self.witness.power_cut(self.device.flash)
        for fault in self.book.due("off"):
            _OFF_FAULTS[fault.kind](self, fault)

    def _flip_bit(self, fault):
        """One bit of what the volumes hold; of erased space nobody would know."""
        blocks = [at for at in sorted(self.device.flash.blocks)
                  if FIRST_BLOCK <= at < FIRST_BLOCK + 2 * VOLUME_BLOCKS]
        block = blocks[fault.a % len(blocks)]
        at = fault.a // len(blocks) % BLOCK
        self.device.flash.flip(block * BLOCK + at, fault.b)
        self.book.note(fault)

    def _stop_clock(self, fault):
        self.device.shift_clock(-self.off_ms)
        self.book.note(fault)

    def _fill(self, fault):
        self.device.flash.cut_never()
        shopfront.fill(self.device.flash, fault.a)
        self.book.note(fault)

    # time

    def _settle(self):
        super()._settle()
        if self.device.flash.operations != self._writes_seen:
            self._writes_seen = self.device.flash.operations
            for fault in self.book.due("write"):
                self.wire.to_terminal.deafen(self.now_ms + fault.a)
                self.book.note(fault)
        printed = len(self.device.printer.lines)
        while self.book.counts["paper"] < printed:
            for fault in self.book.due("paper"):
                self.device.printer.paper_out = True
                self.book.note(fault)
        if self.notebook is not None:
            self.notebook.look()

    def _serve(self, data):
        try:
            super()._serve(data)
        except HostCrash:
            self.host_down(self.host.crashed())

    def host_down(self, fault):
        """The host is gone, and back after a while."""
        self.serve_by(None)
        self.witness.host_crashed()
        self.agenda.at(self.now_ms + LEAST_OFF_MS + fault.b, self._host_up)

    def _host_up(self):
        self.host.restart()
        self.serve_by(LinkServer(self.host))

    def heal(self):
        """The faults stop: the line is sound, the paper is in, nothing is cut any more."""
        self.book.heal()
        self.host.heal()
        self.device.flash.cut_never()
        self.device.printer.paper_out = False

    def _record(self, kind, value):
        super()._record(kind, value)
        if kind == "screen":
            self.looks += 1
            self.shown = " ".join(" ".join(value.rows).split())
            for read in self.on_screen:
                read(self.shown)


_OFF_FAULTS = {"bit": Stage._flip_bit, "clock stops": Stage._stop_clock, "full": Stage._fill}
