"""Carries packets between protocol.framing.Link and the link's UART, as one kernel task.

The framing rules live in protocol/framing.py; this file only moves bytes and wakes waiters.
"""

from machine import UART

from firmware.kernel import Flag, Queue


class _Ticket:
    """One packet under way: ready once the other end acknowledged it or the link gave up."""

    def __init__(self):
        self.ready = False
        self.delivered = False


class LinkDriver:
    """`framing` is a protocol.framing.Link. Packets arrive in `inbox`; run() moves the bytes."""

    def __init__(self, kernel, uart, framing, bound=4):
        self.inbox = Queue(bound)
        self.overruns = 0  # packets dropped because nobody emptied the inbox
        self._kernel = kernel
        self._uart = uart
        self._framing = framing
        self._wake = Flag()
        self._ticket = None

    @property
    def counters(self):
        """The framing layer's counters: noise, bad_lrc, duplicates, retransmissions, ..."""
        return self._framing.counters

    @property
    def ready(self):
        """As a waitable: true while a packet may be sent."""
        return not self._framing.busy

    async def send(self, packet, *stop):
        """True once the other end acknowledged the packet, False when the link gave up or the
        waitable `stop` came first."""
        while self._framing.busy:
            if await self._kernel.first(self, *stop) == 1:
                return False
        self._framing.send(packet, self._kernel.now())
        ticket = self._ticket = _Ticket()
        self._wake.set()
        await self._kernel.first(ticket, *stop)
        return ticket.delivered

    async def run(self):
        """Pump the UART for ever."""
        self._uart.irq(self._wake.set, UART.IRQ_RXIDLE)
        while True:
            await self._kernel.first(self._wake, timeout_ms=self._patience())
            self._wake.clear()
            now = self._kernel.now()
            data = self._uart.read()
            if data:
                self._framing.receive(data, now)
            self._framing.poll(now)
            self._deliver()
            self._write()

    def _patience(self):
        deadline = self._framing.deadline()
        return None if deadline is None else self._kernel.until(deadline)

    def _write(self):
        data = self._framing.outgoing()
        if data:
            self._uart.write(data)

    def _deliver(self):
        for kind, value in self._framing.events():
            if kind == "packet":
                if not self.inbox.put(value):
                    self.overruns += 1
            elif self._ticket is not None:  # "sent" or "failed"
                self._ticket.delivered = kind == "sent"
                self._ticket.ready = True
                self._ticket = None
