"""The acquirer in real time: serial lines and TCP connections, any number of both, on one loop.

Every request is answered whole before the next one is looked at, whoever sent it: the ledger has
one writer. What one peer does, or fails to do, never holds up another.
"""

import asyncio
import os
import pty
import socket
import termios
import time
import tty
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple

import serial

from host_sim.acquirer.link import LinkServer
from protocol.tcp import LengthPrefixed, wrap

BAUD = 115200
OWN_PTY = "pty"
MOST_CONNECTIONS = 2_000
IDLE_S = 600  # a connection without a packet for so long is closed
HALF_S = 10  # ... so long after the first half of a packet
SLOW_S = 10  # ... with an answer that nobody takes for so long
POLL_S = 0.01  # for serial ports that the system cannot wait for
_PIECE = 2048
_UNSENT = 64 * 1024  # bytes that a slow peer may leave with us
_MTI = slice(11, 13)


class Tcp(NamedTuple):
    """To listen there; port 0 is any that is free."""

    address: str
    number: int


class SerialLine(NamedTuple):
    """A device, a pyserial URL, or OWN_PTY."""

    url: str


def port(text: str, listen: str) -> Tcp | SerialLine:
    """What `--port` names. ValueError for a TCP port that is none."""
    host, number = listen, ""
    if text.startswith("tcp:"):
        number = text.removeprefix("tcp:")
    elif text.startswith("socket://"):
        host, _, number = text.removeprefix("socket://").rpartition(":")
    else:
        return SerialLine(text)
    if not (number.isascii() and number.isdigit() and int(number) < 65536 and host):
        raise ValueError(f"{text!r} is no port to listen at; tcp:8583 is one, and socket://"
                         "127.0.0.1:8583")
    return Tcp(host, int(number))


class Desk:
    """Serves `host` (host.Host, or alike) at the ports that it is told to open. `tell(name,
    **values)` is told what happens, `tell.answered(peer, packet, reply, ms)` of each request."""

    def __init__(self, host, tell):
        self.faults = host.faults
        self._host = host
        self._tell = tell
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task] = set()
        self._lines: set[asyncio.Task] = set()
        self._connected = 0
        self.closed: dict[str, int] = {}  # connections, by why
        self._requests = 0
        self._busy_ms = self._longest_ms = 0.0
        self._began = time.monotonic()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for server in self._servers:
            server.close()
        for task in [*self._tasks, *self._lines]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._lines, return_exceptions=True)

    def answer(self, packet: bytes, now: datetime, peer: str = "line") -> bytes | None:
        """As the host's own, measured and told."""
        began = time.perf_counter()
        reply = self._host.answer(packet, now)
        took_ms = (time.perf_counter() - began) * 1000
        self._requests += 1
        self._busy_ms += took_ms
        self._longest_ms = max(self._longest_ms, took_ms)
        self._tell.answered(peer, packet, reply, took_ms)
        return reply

    def figures(self) -> dict:
        """What was served, and how long the one writer took for a request, in ms."""
        return {
            "connections": self._connected,
            "requests": self._requests,
            **{name: count for name, count in self._host.counters.items() if count},
            "mean_ms": round(self._busy_ms / max(1, self._requests), 3),
            "longest_ms": round(self._longest_ms, 3),
            "busy_percent": round(self._busy_ms / 10 / (time.monotonic() - self._began), 1),
            **{f"closed, {why}": count for why, count in self.closed.items()},
        }

    async def open(self, where: Tcp | SerialLine) -> str:
        """Begin to serve a port; how it is called. OSError."""
        if isinstance(where, Tcp):
            server = await asyncio.start_server(self._connected_by, where.address, where.number,
                                                limit=_PIECE)
            self._servers.append(server)
            return "tcp:{}:{}".format(*server.sockets[0].getsockname()[:2])
        line = _Line(self, where.url)
        task = asyncio.create_task(self._carry(line))
        self._lines.add(task)
        return line.name

    async def all_gone(self) -> None:
        """Until no serial line is left, where there is nothing else; for ever otherwise."""
        if self._servers or not self._lines:
            await asyncio.Event().wait()
        await asyncio.wait(self._lines)

    # serial

    async def _carry(self, line):
        try:
            await line.serve()
        except (OSError, termios.error) as reason:
            self._tell("line is gone", at=line.name, reason=str(reason))
        finally:
            line.close()

    # TCP

    async def _connected_by(self, reader, writer):
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = "{}:{}".format(*writer.get_extra_info("peername")[:2])
        why = "by us"
        self._connected += 1
        try:
            if self._connected > MOST_CONNECTIONS:
                why = "too many"
                return
            _prepare(writer)
            why = await self._converse(reader, writer, peer)
        except asyncio.CancelledError:
            ...  # we are closing down
        except OSError:
            why = "by the peer"
        finally:
            self._connected -= 1
            self._tasks.discard(task)
            self.closed[why] = self.closed.get(why, 0) + 1
            if why not in ("by the peer", "by us"):
                self._tell("connection closed", peer=peer, reason=why)
            writer.transport.abort()

    async def _converse(self, reader, writer, peer):
        """Answer one peer until it is over; why it is."""
        cut = LengthPrefixed()
        while True:
            try:
                async with asyncio.timeout(HALF_S if cut.partial else IDLE_S):
                    data = await reader.read(_PIECE)
            except TimeoutError:
                return "half a packet" if cut.partial else "idle"
            if not data:
                return "by the peer"
            for packet in cut.receive(data):
                reply = self.answer(packet, datetime.now(), peer)
                if reply is None:
                    continue
                delay_ms = self.faults.delay_ms(packet[_MTI].hex())
                if delay_ms:
                    await asyncio.sleep(delay_ms / 1000)
                writer.write(wrap(reply))
                try:
                    async with asyncio.timeout(SLOW_S):
                        await writer.drain()
                except TimeoutError:
                    return "takes no answers"
                await asyncio.sleep(0)  # the others' turn
            if cut.fault is not None:
                return str(cut.fault)


def _prepare(writer):
    writer.transport.set_write_buffer_limits(high=_UNSENT)
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # peers that are gone
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Line:
    """One serial line with the link's frames on it."""

    def __init__(self, desk, url):
        self._descriptor: int | None = None  # None: a URL that the system has no file for
        if url == OWN_PTY:
            ours, held = pty.openpty()  # the far end is held open, so that the line stays
            tty.setraw(held)
            os.set_blocking(ours, False)
            self.name = os.ttyname(held)
            self._descriptor = ours
            self._take = partial(os.read, ours)
            self.close = partial(_close, ours, held)
        else:
            own = {} if "://" in url else {"exclusive": True}
            port = serial.serial_for_url(url, BAUD, timeout=0, write_timeout=0, **own)
            with suppress(AttributeError, OSError):
                self._descriptor = port.fileno()
            self.name = url
            self._take = port.read
            self.close = port.close
            self._give = port.write
        if self._descriptor is not None:
            self._give = partial(os.write, self._descriptor)
        self._server = LinkServer(_Named(desk, self.name))
        self._began = time.monotonic()
        self._unsent = b""

    async def serve(self):
        """For ever. OSError when the line is gone."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        if self._descriptor is not None:
            loop.add_reader(self._descriptor, ready.set)
        try:
            while True:
                self._work()
                due_ms = self._server.deadline()
                waits = [] if due_ms is None else [max(0, due_ms - self._now_ms()) / 1000]
                if self._descriptor is None or self._unsent:
                    waits.append(POLL_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(waits, default=None)):
                        await ready.wait()
                ready.clear()
        finally:
            if self._descriptor is not None:
                loop.remove_reader(self._descriptor)

    def _work(self):
        data = b""
        with suppress(BlockingIOError):
            data = self._take(_PIECE)
        if data:
            self._server.receive(data, self._now_ms(), datetime.now())
        else:
            self._server.poll(self._now_ms(), datetime.now())
        # A line that takes nothing loses what comes: the link sends it again.
        self._unsent = (self._unsent + self._server.outgoing())[-_UNSENT:]
        with suppress(BlockingIOError):
            if self._unsent:
                self._unsent = self._unsent[self._give(self._unsent) :]

    def _now_ms(self):
        return int((time.monotonic() - self._began) * 1000)


def _close(*descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


class _Named:
    """The desk as one line sees it."""

    def __init__(self, desk, name):
        self.faults = desk.faults
        self._desk = desk
        self._name = name

    def answer(self, packet, now):
        return self._desk.answer(packet, now, self._name)
