"""`tuidan run`: the simulator with its face in the browser, until Ctrl-C."""
import argparse
import secrets
import sys
from pathlib import Path

from host_sim.acquirer import scenario
from host_sim.world import World

PORT = 8583
SCRIPTS = Path(__file__).parents[1] / "tests" / "scripts"
STORIES = SCRIPTS if SCRIPTS.is_dir() else None     # key scripts to watch


def configure(parser):
    """Arguments of `tuidan run`."""
    parser.epilog = "Only this machine reaches the page, unless --bind says otherwise."
    parser.add_argument("--port", type=int, default=PORT, help=f"of the page (default {PORT})")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS",
                        help="listen there too: who comes needs the token in the printed address")
    parser.add_argument("--scenario", default="samples", metavar="NAME",
                        choices=("samples", *scenario.shipped()), help="what is opened first")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="of the terminals")
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="keep ledgers and terminals there, and go on with what is there")
    parser.add_argument("--seed", type=_whole, default=0, help="of keys, chances and noise")
    parser.add_argument("--micropython", action="store_true",
                        help="the firmware on real MicroPython, with its heap to be seen")


def run(args):
    """Serve until Ctrl-C; exit code 0, 2 if the address or MicroPython cannot be had."""
    import uvicorn
    from sqlalchemy.exc import SQLAlchemyError

    from host_sim.acquirer import postgres
    from host_sim.acquirer.witness import PutBack
    from host_sim.face.face import Choice, Face
    from host_sim.web.app import make_app
    from host_sim.web.guard import LOOPBACK
    from tools.capture.handing import masked
    from tools.capture.keys import Keys
    from tools.capture.run import record_face
    from tools.mpy import NoMicroPython, on_micropython

    if postgres.is_url(args.keep):
        print("tuidan run: --keep names a folder; ledgers there are SQLite files. `tuidan acquirer "
              "--ledger URL` serves one in PostgreSQL", file=sys.stderr)
        return 2
    try:
        world = on_micropython() if args.micropython else World
    except NoMicroPython as reason:
        print(f"tuidan run: {reason}", file=sys.stderr)
        return 2
    local = args.bind in LOOPBACK
    token = None if local else secrets.token_urlsafe(24)
    try:
        face = Face(Choice(args.scenario, args.language, args.seed), args.keep, record_face,
                    lambda: Keys().judge, world)
    except (PutBack, SQLAlchemyError) as reason:  # of a ledger that was kept
        print(f"tuidan run: the ledger in {args.keep}: {str(reason).splitlines()[0]}",
              file=sys.stderr)
        return 1
    app = make_app(face, LOOPBACK if local else ("*",), token, masked, _story,
                   STORIES)
    config = uvicorn.Config(app, host=args.bind, port=args.port, log_level="warning",
                            ws="websockets-sansio", server_header=False,
                            timeout_graceful_shutdown=2, proxy_headers=False)
    server = uvicorn.Server(config)
    try:
        socket = config.bind_socket()
    except SystemExit:
        print(f"tuidan run: {args.bind} port {args.port} cannot be had", file=sys.stderr)
        return 2
    socket.listen()  # who comes before the server is ready waits
    port = socket.getsockname()[1]
    print(f"The terminal stands at http://{args.bind}:{port}/"
          f"{f'?token={token}' if token else ''}   (Ctrl-C ends it)", flush=True)
    ledger = face.site.books.engine.url.database
    print(f"Its back office: http://{args.bind}:{port}/office/   Who logs in there first:\n"
          f"  {sys.argv[0]} office add-admin --name NAME --ledger {ledger}", flush=True)
    server.run(sockets=[socket])
    return 0


def _story(seed):
    return [sys.executable, "-m", "tools.cli", "campaign", "--seed", str(seed), "--trace", "--json"]


def _whole(text):
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)
