"""`tuidan acquirer`: the acquirer of a scenario in real time, at serial ports and over TCP.

One process answers all terminals, one request after the other: there is one writer of the ledger.
Card data is masked in what it tells. How it listens is told in host_sim/acquirer/serving.py.
"""
import asyncio
import json
import signal
import sys
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from host_sim.acquirer import scenario, schema, serving
from host_sim.acquirer.host import Host, OtherScenario, open_scenario
from host_sim.acquirer.scenario import ScenarioError
from host_sim.acquirer.witness import PutBack
from host_sim.show import story
from host_sim.show.explain import title, yuan
from protocol.errors import WireFault
from protocol.reference.codec import decode
from tools.keys import parts
from tools.ports import unopened

USUAL = "ordinary_day"
STATUS_S = 10
HERE = "127.0.0.1"


def told(packet, reply):
    """A request and what became of it, card masked, as a dict."""
    try:
        request = decode(packet)
    except WireFault as fault:
        return {"bytes": len(packet), "refused": str(fault)}
    fields = story.fields(request)
    known = {"mti": request.mti, "title": title(request), "terminal": fields.get("41", "?"),
             "stan": fields.get("11"), "card": fields.get("2"),
             "amount_fen": int(fields["4"]) if "4" in fields else None,
             "code": None if reply is None else decode(reply).fields.get(39, "no code")}
    return {name: value for name, value in known.items() if value is not None or name == "code"}


def line(event, now):
    """An event for a person: '09:30:05 0220 refund request, terminal ..., 12.00 yuan -> 00'."""
    clock = f"{now:%H:%M:%S}"
    if event["event"] == "answered":
        if "refused" in event:
            return f"{clock} {event['bytes']} bytes that are no packet: {event['refused']}"
        parts = [f"{event['mti']} {event['title']}", f"terminal {event['terminal']}"]
        parts += [f"STAN {event['stan']}"] if "stan" in event else []
        parts += [f"card {event['card']}"] if "card" in event else []
        parts += [f"{yuan(event['amount_fen'])} yuan"] if "amount_fen" in event else []
        return f"{clock} {', '.join(parts)} -> {event['code'] or 'no answer'}"
    if event["event"] == "listening":
        return f"acquirer at {event['at']}"
    rest = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
    return f"{clock} {event['event']}: {rest}"


class Teller:
    """Prints what happens: JSON a line, or for a person; `quiet`: no line a request."""

    def __init__(self, as_json, quiet):
        self._as_json = as_json
        self._quiet = quiet

    def __call__(self, name, **values):
        event = {"event": name, **values}
        if not self._as_json:
            print(line(event, datetime.now()), flush=True)
        else:
            print(json.dumps({"at": datetime.now().isoformat("T", "milliseconds"), **event}),
                  flush=True)

    def answered(self, peer, packet, reply, ms):
        if not self._quiet:
            self("answered", peer=peer, **told(packet, reply), ms=round(ms, 3))


def configure(parser):
    """Arguments of `tuidan acquirer`."""
    parser.epilog = ("host_sim/acquirer/README.md has the language of the scenarios, and the "
                     "sample terminals and orders.")
    parser.add_argument("--scenario", default=USUAL, metavar="FILE",
                        help=f"a shipped scenario or a TOML file (default {USUAL})")
    parser.add_argument("--transport-key", nargs="+", metavar="FILE",
                        help="components of the key under which the scenario has master keys "
                             "(tuidan keys inject)")
    parser.add_argument("--port", action="append", metavar="PORT",
                        help="serial port or pyserial URL; `pty` to make one and print its name; "
                             "tcp:PORT or socket://HOST:PORT to listen (0: any free port); may "
                             "be given several times")
    parser.add_argument("--listen", metavar="ADDRESS", default=HERE,
                        help=f"address for tcp:PORT (default {HERE}: this machine only)")
    parser.add_argument("--ledger", metavar="FILE_OR_URL",
                        help="SQLite file, or postgresql://..., to go on with (default: one that "
                             "ends with the command)")
    parser.add_argument("--accept-older-ledger", action="store_true",
                        help="go on with a ledger that was put back from an older copy, though "
                             "refunds made since are not in it; the audit has it")
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="of working keys, chances and reviewers")
    parser.add_argument("--quiet", action="store_true",
                        help=f"no line a request; the state every {STATUS_S} s")
    parser.add_argument("--json", action="store_true", help="events as JSON, one a line")
    parser.add_argument("--list", action="store_true", help="list the shipped scenarios")
    parser.add_argument("--check", metavar="FILE", help="read a scenario and say what is wrong")


def run(args):
    """Exit code 0 when it ended by Ctrl-C, 1 if a port or the ledger cannot be used, 2 for a
    scenario that cannot be read."""
    try:
        if args.list:
            for name in scenario.shipped():
                print(f"{name:22} {scenario.read(name).about}")
            return 0
        transport = parts.load("kbpk", args.transport_key) if args.transport_key else None
        played = scenario.read(args.check or args.scenario, transport and transport.value)
    except (ScenarioError, parts.Wrong, OSError) as reason:
        print(f"tuidan acquirer: {reason}", file=sys.stderr)
        return 2
    if args.check:
        print(f"{played.name}: good, {len(played.terminals)} terminals, {len(played.orders)} "
              f"orders, {len(played.terms.codes)} code rows, {len(played.faults)} faults")
        return 0
    if not args.port:
        print("tuidan acquirer: --port is missing (see tuidan acquirer --help)", file=sys.stderr)
        return 2
    try:
        ports = [serving.port(one, args.listen) for one in args.port]
    except ValueError as reason:
        print(f"tuidan acquirer: {reason}", file=sys.stderr)
        return 2
    for address in {one.address for one in ports if isinstance(one, serving.Tcp)} - {HERE}:
        print(f"tuidan acquirer: listening at {address}: whoever reaches this machine can talk to "
              "it, and the master keys of a scenario are public", file=sys.stderr)
    try:
        now = datetime.now()
        engine = schema.open_engine(args.ledger, now if args.accept_older_ledger else None)
        open_scenario(engine, played, now.date())
        host = Host(engine, played, f"{args.seed} {_used(engine)}")
        named = list(zip(args.port, ports, strict=True))
        return asyncio.run(_serve(named, host, Teller(args.json, args.quiet), args.quiet))
    except PutBack as reason:
        print(f"tuidan acquirer: {args.ledger} was {reason}; refunds made since are not in it "
              "(--accept-older-ledger goes on with it)", file=sys.stderr)
        return 1
    except (OSError, OtherScenario, SQLAlchemyError) as reason:
        print(f"tuidan acquirer: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1


def _used(engine):
    """How far the ledger has come: with the seed alone its keys would be made a second time."""
    with engine.begin() as connection:
        return connection.execute(select(schema.rrn_counter.c.last)).scalar_one()


async def _serve(ports, host, tell, quiet):
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, ended.set)
    desk = serving.Desk(host, tell)
    async with desk:
        for name, one in ports:
            try:
                at = await desk.open(one)
            except OSError as reason:
                raise OSError(f"{name}: {unopened(reason)}") from None
            tell("listening", at=at)
        waits = {asyncio.create_task(ended.wait()), asyncio.create_task(desk.all_gone())}
        while True:
            done, _ = await asyncio.wait(waits, timeout=STATUS_S if quiet else None,
                                         return_when=asyncio.FIRST_COMPLETED)
            if done:
                break
            tell("state", **desk.figures())
        for one in waits:
            one.cancel()
    if quiet or tell._as_json:
        tell("ended", **desk.figures())
    if not ended.is_set():
        print("tuidan acquirer: every line is gone", file=sys.stderr)
        return 1
    return 0
