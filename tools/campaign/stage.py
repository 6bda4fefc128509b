"""The world of a campaign: one till, its line, its host and the clock, and the faults of a plan.

Everything happens in virtual time and by the plan alone. What a fault does to the line is told in
line.py, what it does to the host in host.py.
"""

from functools import partial
from random import Random
from typing import Any

from host_sim.acquirer.crash import HostCrash
from host_sim.acquirer.link import LinkServer
from host_sim.bench.flash import TEARS
from host_sim.core import InProcess
from host_sim.device import PICO
from host_sim.world import START, World, boot_firmware, pico_board
from tools.campaign import shopfront
from tools.campaign.host import Host
from tools.campaign.image import BLOCK, FIRST_BLOCK, VOLUME_BLOCKS, Image
from tools.campaign.line import FaultyWire

LEAST_OFF_MS = 200
LEAST_ROOM = 2  # blocks
IN_THIS_PROCESS = partial(InProcess, boot_firmware, pico_board)


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
            line.cut_power = self.cut_power
        self.device.flash = self._flash(plan)
        self.host = self._host(plan)
        self.serve_by(LinkServer(self.host))
        self.on_packet = [witness.packet]
        self._rng = Random(f"{plan.seed} tears")
        witness.watch(self)

    def _flash(self, plan):
        """The till's, before it is switched on."""
        return shopfront.open_flash(plan.seed)

    def _host(self, plan):
        """What answers at the other end of the line."""
        return Host(self, plan, self.book, self.witness)

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

    def cut_power(self, ms):
        """The plug is pulled, whatever happens at the moment."""
        if self.device.core is not None and not self.book.healed:
            self.power_off()
            self.off_ms += ms

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
        """By somebody else's file, of a till that was in use: of its own accord a terminal keeps
        room for what it has begun."""
        flash = self.device.flash
        flash.cut_never()
        if len(Image(flash.blocks).names("journal")) == shopfront.SLOTS:
            shopfront.fill(flash, max(LEAST_ROOM, fault.a))
            self.book.note(fault)

    # time

    def _settle(self):
        super()._settle()
        if self.device.flash.operations != self._writes_seen:
            self._writes_seen = self.device.flash.operations
            for fault in self.book.due("write"):
                self.wire.to_terminal.deafen(self.now_ms + fault.a)
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
        elif kind == "paper":
            for fault in self.book.due("paper"):
                self.device.printer.paper_out = True
                self.book.note(fault)


_OFF_FAULTS = {"bit": Stage._flip_bit, "clock stops": Stage._stop_clock, "full": Stage._fill}
