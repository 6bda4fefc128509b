"""A person at the sample shop's till, for tests: presses keys, and waits for what is to be read.

What is waited for stands on the screen, never for a time; what does not come fails the test.
"""

from copy import deepcopy

import machine

from firmware.board.pico import Board
from firmware.journal import Journal
from firmware.storage import Storage
from host_sim.acquirer.faults import Faults
from host_sim.acquirer.link import LinkServer
from host_sim.chip import Chip
from host_sim.play.shop import given_back_fen, open_shop, wrong_in_ledger
from protocol.reference.codec import decode

WAIT_MS = 600_000


class Till:
    """A terminal, its power off, with English texts; `shop` (tools/shop.py) and `world`
    (host_sim/world.py) are at hand for faults. `shop`: one that is there; else a new one is opened,
    with `arguments` as open_shop has them."""

    def __init__(self, shop=None, **arguments):
        self.settings = {"language": "en"} | arguments
        self.shop = shop or open_shop(**self.settings)
        self.world = self.shop.world
        self.faults = self.shop.acquirer.faults

    def serve_by(self, host):
        """From now on another host is at the end of the line: an object with answer(packet, now),
        which gives a reply from the TPDU on, or None."""
        self.world.serve_by(LinkServer(host if hasattr(host, "faults") else _Host(host)))

    def wait(self, text):
        """Until it is on the screen."""
        seen = self.world.run_until(lambda: text in " ".join(self.world.screen()), WAIT_MS)
        assert seen, f"waited for {text!r}, saw {self.world.screen()}"

    def press(self, *keys):
        """Keys by their names, one after the other."""
        self.world.press(*keys)

    def menu(self, *entries):
        """From idle through the menus: what is chosen, one after the other."""
        self.press("MENU")
        self.wait("Menu")
        for entry in entries:
            assert self.world.choose(entry), f"no {entry!r}, saw {self.world.screen()}"

    def log_in(self):
        """From the power switch to idle, as operator 01."""
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

    def to_second_check(self, order, part_fen=None, reason="1"):
        """From idle to the question whether to send; `reason` is its number in the list."""
        self.press("1")
        self.wait("Reason")
        self.press(reason)
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

    def send(self, order, part_fen=None, reason="1"):
        """From idle to the moment when the refund is sent; None: the whole amount."""
        self.to_second_check(order, part_fen, reason)
        self.press("ENTER")

    def sign_and_finish(self):
        """From the voucher for the customer's signature to idle."""
        self.wait("Signature")
        self.press("ENTER")
        self.wait("Vouchers printed")
        self.press("ENTER")
        self.idle()

    def sent(self, mti):
        """The terminal's messages of this MTI so far, decoded."""
        return [m for m in map(decode, self.world.packets("out")) if m.mti == mti]

    def given_back_fen(self, order):
        """What of an order went back by the acquirer's books, which must be right."""
        wrong = wrong_in_ledger(self.shop)
        assert not wrong, f"the books are wrong: {wrong}"
        return given_back_fen(self.shop, order)

    def journal(self):
        """The journal as a restart would find it: read from a copy of the flash."""
        return journal_of(self.world.device.flash)


class _Host:
    """A host that knows nothing of scripted faults."""

    def __init__(self, host):
        self.answer = host.answer
        self.faults = Faults()


def journal_of(flash):
    """A Journal on a copy of this flash, so that looking changes nothing."""
    kept, machine.board = machine.board, Chip(deepcopy(flash))
    try:
        return Journal(Storage(Board().data_flash()))
    finally:
        machine.board = kept

