"""What runs the firmware inside the terminal for one power cycle; this one runs it on CPython.

Device speaks to a core, whichever it is (host_sim/on_micropython.py is the other). Both are given
the same things in the same order, so the firmware cannot tell them apart.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from host_sim import shims
from host_sim.bench.flash import Flash
from host_sim.chip import Chip

shims.install()
import machine  # noqa: E402 - the shim, there since install()

# board -> the terminal: its `kernel`, and `crashes`, a list of (task, error)
Boot = Callable[[Any], Any]
Contacts = Iterable[tuple[int, int]]
Output = tuple[str, int, Any]
See = Callable[[bytes], None]
_NOTHING: list[Output] = []


class FirmwareCrash(Exception):
    """Something in the firmware raised what nothing there expected."""


# What a step came to: what left the chip, in order; how many ms the firmware wants to wait (None:
# for ever); the first fault of its own, if it noted one.
Step = tuple[list[Output], int | None, FirmwareCrash | None]


class Core(Protocol):
    """A power cycle, already booted. `rtc_ms` is the calendar clock, as in Chip."""

    rtc_ms: int

    def set_contacts(self, contacts: Contacts) -> None: ...
    def receive(self, uart: int, data: bytes) -> None: ...
    def step(self, now_ms: int) -> Step: ...
    def power_off(self) -> None: ...

    def watch(self, uart: int, see: See) -> None:
        """see(data) is told what leaves by this port, in the moment when it does."""


def prepare_flash(flash: Flash, work: Callable[[Any], None], make_board: Callable[[], Any]) -> None:
    """The factory's hour: work(board) with the power on and no firmware running."""
    machine.board = Chip(flash)
    work(make_board())


class Start(NamedTuple):
    """What a core is switched on with."""

    flash: Flash
    now_ms: int
    rtc_ms: int
    contacts: Contacts
    noise: int = 0


MakeCore = Callable[[Start], Core]


class InProcess:
    """The firmware on CPython. `boot(board)` starts it and returns its terminal; `make_board()`
    makes the board of firmware/board."""

    def __init__(self, boot: Boot, make_board: Callable[[], Any], start: Start):
        chip = self.chip = machine.board = Chip(
            start.flash, start.now_ms, start.rtc_ms, start.noise
        )
        chip.set_contacts(start.contacts)
        board = make_board()
        board.random = chip.random
        self.terminal = boot(board)

    @property
    def rtc_ms(self) -> int:
        return self.chip.rtc_ms

    @rtc_ms.setter
    def rtc_ms(self, ms: int) -> None:
        self.chip.rtc_ms = ms

    def set_contacts(self, contacts: Contacts) -> None:
        self.chip.set_contacts(contacts)

    def receive(self, uart: int, data: bytes) -> None:
        self.chip.receive(uart, data)

    def step(self, now_ms: int) -> Step:
        chip = machine.board = self.chip
        chip.now_ms = now_ms
        left = self.terminal.kernel.step()
        outputs = chip.take_outputs() if chip.outputs else _NOTHING
        return outputs, left, self._crash() if self.terminal.crashes else None

    def watch(self, uart: int, see: See) -> None:
        ports = self.chip.uarts

        def write(data: bytes) -> int:
            see(bytes(data))
            return machine.UART.write(ports[uart], data)

        ports[uart].write = write

    def power_off(self) -> None:
        """Everything stops between two instructions; nothing that dying tasks do has effect. What
        was in memory is gone: to find that out would cost a garbage collector much time."""
        self.chip.power_off()
        for task in self.terminal.kernel.tasks:
            with suppress(Exception):
                task.cancel()
        self.terminal.__dict__.clear()

    def _crash(self) -> FirmwareCrash:
        _, error = self.terminal.crashes[0]
        crash = FirmwareCrash(repr(error))
        crash.__cause__ = error
        return crash
