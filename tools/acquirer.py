"""`tuidan acquirer`: the acquirer at a serial port, in real time, until Ctrl-C.

For a terminal that runs apart: on a board, or on MicroPython (`tuidan terminal`). Card data is
masked in what it prints.
"""
import os
import pty
import select
import sys
import time
import tty
from datetime import datetime
from random import Random

import serial
from sqlalchemy import func
from sqlalchemy import select as query
from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import samples, schema
from host_sim.acquirer.link import LinkServer
from host_sim.acquirer.server import Acquirer
from host_sim.acquirer.witness import PutBack
from protocol.errors import WireFault
from protocol.reference.codec import decode
from tools import story
from tools.explain import title, yuan

OWN_PTY = "pty"
BAUD = 115200
_PIECE = 4096


class TellingAcquirer(Acquirer):
    """An Acquirer that prints a line for each packet it got."""

    def answer(self, packet, now):
        reply = super().answer(packet, now)
        print(line(packet, reply, now), flush=True)
        return reply


def line(packet, reply, now):
    """A request and what became of it, card masked: '09:30:05 0220 refund request, ... -> 00'."""
    try:
        request = decode(packet)
    except WireFault as fault:
        return f"{now:%H:%M:%S} {len(packet)} bytes that are no packet: {fault}"
    told = story.fields(request)
    parts = [f"{request.mti} {title(request)}", f"terminal {told.get('41', '?')}"]
    if "11" in told:
        parts.append(f"STAN {told['11']}")
    if "2" in told:
        parts.append(f"card {told['2']}")
    if "4" in told:
        parts.append(f"{yuan(int(told['4']))} yuan")
    answered = "no answer" if reply is None else decode(reply).fields.get(39, "no code")
    return f"{now:%H:%M:%S} {', '.join(parts)} -> {answered}"


def open_ledger(path, now, accept_older=False):
    """An engine on the ledger at `path` (None: in memory), with the samples if it is new. Raises
    PutBack for one that is older than its witness, unless that is accepted."""
    engine = schema.open_engine(path, now if accept_older else None)
    with engine.begin() as connection:
        if not connection.execute(query(func.count()).select_from(schema.merchant)).scalar():
            samples.load(connection, now.date())
    return engine


def serve(descriptor, server):
    """Carry bytes between a line and a LinkServer for ever. OSError when the line is gone."""
    began = time.monotonic()
    while True:
        now_ms = int((time.monotonic() - began) * 1000)
        due_ms = server.deadline()
        patience = None if due_ms is None else max(0, due_ms - now_ms) / 1000
        readable, _, _ = select.select([descriptor], [], [], patience)
        now_ms = int((time.monotonic() - began) * 1000)
        if readable:
            data = os.read(descriptor, _PIECE)
            if not data:
                raise OSError("the line is gone")
            server.receive(data, now_ms, datetime.now())
        else:
            server.poll(now_ms, datetime.now())
        answer = server.outgoing()
        if answer:
            os.write(descriptor, answer)


def configure(parser):
    """Arguments of `tuidan acquirer`."""
    parser.epilog = "host_sim/acquirer/README.md lists the sample terminals and orders."
    parser.add_argument("--port", required=True,
                        help="serial port, or `pty` to make one and print its name")
    parser.add_argument("--ledger", metavar="FILE",
                        help="SQLite file to go on with (default: one that ends with the command)")
    parser.add_argument("--accept-older-ledger", action="store_true",
                        help="go on with a ledger that was put back from an older copy, though "
                             "refunds made since are not in it; the audit has it")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of working keys")


def run(args):
    """Exit code 1 if port or ledger cannot be used; otherwise it ends by Ctrl-C."""
    try:
        engine = open_ledger(args.ledger, datetime.now(), args.accept_older_ledger)
        server = LinkServer(TellingAcquirer(engine, Random(f"{args.seed} {_used(engine)}")))
        if args.port == OWN_PTY:
            descriptor, held = pty.openpty()  # held open: without a terminal the line stays
            tty.setraw(held)
            return _serve(descriptor, os.ttyname(held), server)
        with serial.Serial(args.port, BAUD, timeout=0, exclusive=True) as port:
            return _serve(port.fileno(), args.port, server)
    except PutBack as reason:
        print(f"tuidan acquirer: {args.ledger} was {reason}; refunds made since are not in it "
              "(--accept-older-ledger goes on with it)", file=sys.stderr)
        return 1
    except (OSError, SQLAlchemyError) as reason:
        print(f"tuidan acquirer: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1


def _used(engine):
    """How far the ledger has come: with the seed alone its keys would be made a second time."""
    with engine.begin() as connection:
        return connection.execute(query(schema.rrn_counter.c.last)).scalar_one()


def _serve(descriptor, name, server):
    try:
        print(f"acquirer at {name}", flush=True)
        serve(descriptor, server)
    except KeyboardInterrupt:
        return 0
