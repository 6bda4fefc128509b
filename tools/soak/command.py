"""`tuidan soak`: many terminals at one acquirer, in virtual time or over TCP in real time; an hour
of a shop before the face.

Exit code 1 if the ledger and any terminal disagree in the end, or the face's memory grew.
"""
import json
import sys

MANY, OVER_TCP = 1_000, 100


def configure(parser):
    """Arguments of `tuidan soak`."""
    parser.add_argument("how", choices=("many", "tcp", "face"),
                        help="many: one process, virtual time; tcp: real time, `tuidan acquirer`; "
                        "face: three tills of `tuidan run`, 60 times as fast")
    parser.add_argument("--terminals", type=int, metavar="N",
                        help=f"1 to 1000 (default: {MANY}; tcp: {OVER_TCP})")
    parser.add_argument("--seconds", type=int, default=300, metavar="N", help="tcp: of traffic")
    parser.add_argument("--minutes", type=int, default=60, metavar="N", help="face: of the shop's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Play it; 0 if nothing was lost, 1 otherwise, 2 for wrong usage."""
    terminals = args.terminals or (MANY if args.how == "many" else OVER_TCP)
    if not 1 <= terminals <= 1_000 or args.seconds < 1 or args.minutes < 1:
        print("tuidan soak: 1 to 1000 terminals, 1 second or minute or more", file=sys.stderr)
        return 2
    if args.how == "face":
        from tools.soak.face import play as before_the_face

        return _tell(args, before_the_face(args.minutes))
    from host_sim.roomy import spread_out

    spread_out()
    if args.how == "many":
        from tools.soak.many import play

        told = play(terminals, args.seed)
    else:
        from tools.soak.tcp import play as over_tcp

        told = over_tcp(terminals, args.seconds, args.seed, procedures=200)
    return _tell(args, told)


def _tell(args, told):
    wrong = told.pop("wrong")
    if args.json:
        print(json.dumps({**told, "wrong": wrong}))
    else:
        print(f"{args.how}: " + ", ".join(f"{name.replace('_', ' ')} {value}"
                                          for name, value in told.items()))
    for one in wrong:
        print(one, file=sys.stderr)
    return 1 if wrong else 0
