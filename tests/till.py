"""A person at the sample shop's till, for tests: presses keys, and waits for what is to be read."""

from copy import deepcopy

import machine

from firmware.board.pico import Board
from firmware.journal import Journal
from firmware.storage import Storage
from host_sim.chip import Chip
from host_sim.play.shop import given_back_fen, open_shop, wrong_in_ledger
from protocol.reference.codec import decode

WAIT_MS = 600_000


class Till:
    """English texts; `shop` and `world` are at hand for faults."""

    def __init__(self, **shop):
        self.shop = open_shop(language="en", **shop)
        self.world = self.shop.world
        self.faults = self.shop.acquirer.faults

    def wait(self, text):
        seen = self.world.run_until(lambda: text in " ".join(self.world.screen()), WAIT_MS)
        assert seen, f"waited for {text!r}, saw {self.world.screen()}"

    def press(self, *keys):
        self.world.press(*keys)

    def menu(self, *entries):
        """From idle through the menus: what is chosen, one after the other."""
        self.press("MENU")
        self.wait("Menu")
        for entry in entries:
            assert self.world.choose(entry), f"no {entry!r}, saw {self.world.screen()}"

    def log_in(self):
        self.world.power_on()
        self.wait("log in")
        self.press("ENTER")
        self.wait("Operator number")
        self.press("0", "1", "ENTER")
        self.wait("Password")
        self.press(*"0000", "ENTER")
        self.idle()

    def idle(self):
        """Wait until the terminal is ready for the next customer."""
        self.wait("Ready")

    def to_second_check(self, order, part_fen=None):
        """From idle to the question whether to send."""
        self.press("1")
        self.wait("Reason")
        self.press("1")
        self.wait("Order number")
        self.press(*order, "ENTER")
        self.wait("Check order")
        self.press("ENTER", "ENTER")
        self.wait("Full amount")
        if part_fen is None:
            self.press("1")
        else:
            self.press("2")
            self.wait("Amount:")
            self.press(*str(part_fen), "ENTER")
        self.wait("Supervisor")
        self.press(*"123456", "ENTER")
        self.wait("Second check")
        self.press("ENTER")
        self.wait("ENTER sends")

    def send(self, order, part_fen=None):
        self.to_second_check(order, part_fen)
        self.press("ENTER")

    def sign_and_finish(self):
        self.wait("Signature")
        self.press("ENTER")
        self.wait("Vouchers printed")
        self.press("ENTER")
        self.idle()

    def sent(self, mti):
        """The terminal's messages of this MTI so far, decoded."""
        return [m for m in map(decode, self.world.packets("out")) if m.mti == mti]

    def given_back_fen(self, order):
        assert wrong_in_ledger(self.shop) == []
        return given_back_fen(self.shop, order)

    def journal(self):
        """The journal as a restart would find it: read from a copy of the flash."""
        return journal_of(self.world.device.flash)


def journal_of(flash):
    """A Journal on a copy of this flash, so that looking changes nothing."""
    kept, machine.board = machine.board, Chip(deepcopy(flash))
    try:
        return Journal(Storage(Board().data_flash()))
    finally:
        machine.board = kept

