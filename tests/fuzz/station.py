"""The firmware's way to its host, cut out of the terminal: UART, link driver and Host on a chip.

No screen, keys or flash, so a thrown packet costs a fraction of what it does in a World.
"""

from types import SimpleNamespace

import machine

from firmware.board.pico import Board
from firmware.drivers.link import LinkDriver
from firmware.host import Host
from firmware.kernel import Kernel
from firmware.params import DEFAULTS
from host_sim.bench.flash import Flash
from host_sim.chip import Chip
from host_sim.device import PICO
from protocol.framing import ACK, Link, frame

SILENCE_MS = 600

PARAMS = SimpleNamespace(**DEFAULTS)


class Given(Host):
    """A Host that sends what it is given, not what messages.py makes."""

    def request(self, name, arguments):
        return name, arguments[0]


class Station:
    """`mac`: the Mac under the working keys. Time passes only in `silence`; what the firmware
    raises comes out of whatever made it run."""

    def __init__(self, mac):
        self.chip = machine.board = Chip(Flash())
        self.kernel = Kernel(on_crash=_crashed)
        self.link = LinkDriver(self.kernel, Board().link_uart, Link())
        self.host = Given(self.kernel, self.link, SimpleNamespace(mac=mac), PARAMS)
        self.host.terminal = SimpleNamespace(training=True)  # no flash: nothing is noted
        self.kernel.spawn(self.link.run())

    def ask(self, request):
        """Begin an exchange: the kernel's Task, its result a host.Outcome. Not yet acknowledged."""
        task = self.kernel.spawn(self.host.exchange(request.mti, request.fields))
        self._step()
        return task

    def acknowledge(self):
        self.hear(bytes([ACK]))

    def hear(self, data):
        """Bytes arrive from the line."""
        machine.board = self.chip
        self.chip.receive(PICO.link_uart, data)
        self._step()

    def silence(self, ms=SILENCE_MS):
        """Time passes without a byte."""
        end = self.chip.now_ms + ms
        while self.chip.now_ms < end:
            left = self._step()
            self.chip.now_ms = end if left is None else min(end, self.chip.now_ms + max(left, 1))
        self._step()

    def refusals(self):
        """All that was ever counted as refused, by the link or by the Host."""
        return sum(self.link.counters.values()) + self.link.overruns + self.host.refused

    def works(self, request, reply):
        """Whether an exchange that nobody disturbs ends with its reply."""
        self.silence()
        task = self.ask(request)
        self.acknowledge()
        self.hear(frame(reply))
        return task.done and task.result.packet == reply

    def _step(self):
        machine.board = self.chip
        left = self.kernel.step()
        self.chip.take_outputs()
        return left


def _crashed(_task, error):
    raise error
