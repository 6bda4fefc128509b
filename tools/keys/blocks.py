"""What `tuidan keys` does with keys alone: components and key blocks.

Each function gives a JSON object and lines for a person, and in both names and check values only.
"""
import sys
from pathlib import Path

from tools.keys import parts
from tools.keys.parts import Misuse, Wrong

CLEAR = "\x1b[2J\x1b[3J\x1b[H"  # the screen, and what has scrolled out of it


def generate(args):
    if bool(args.out) == args.reveal:
        raise Misuse("--out FOLDER or --reveal, one of them: where are the components to go")
    if args.reveal and (args.json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise Misuse("--reveal shows components on a terminal's screen and nowhere else")
    made, whole = parts.generate(args.use, args.components, 8 if args.single else None)
    paths = []
    if args.reveal:
        for at, part in enumerate(made, 1):
            input(f"component {at} of {len(made)}: its holder alone looks, and presses ENTER ")
            input(f"{parts.text(part)}\nwritten down? ENTER clears the screen ")
            print(CLEAR, end="", flush=True)
    else:
        paths = parts.write(args.out, args.name or args.use, args.use, made)
    return _told(whole, made, [{"file": str(path)} for path in paths] or [{}] * len(made))


def _told(whole, components, more):
    told = [{"component": at, "kcv": part.kcv} | rest
            for at, (part, rest) in enumerate(zip(components, more, strict=True), 1)]
    lines = [f"component {one['component']}: {one['kcv']}  {one.get('file', '')}".rstrip()
             for one in told]
    return ({"use": whole.use, "components": told, "kcv": whole.kcv},
            [*lines, f"{whole.use}: {whole.kcv}"])


def combine(args):
    found = parts.components(args.use, args.files)
    whole = parts.combined(args.use, found)
    if args.kcv and not whole.kcv.startswith(args.kcv):
        raise Wrong(f"the whole has the check value {whole.kcv}, not {args.kcv}: a component is "
                    "missing, too many, or of another key")
    return _told(whole, found, [{}] * len(found))


def wrap(args):
    return told_block(args, parts.load(args.use, args.key))


def told_block(args, key):
    """A Key as a TR-31 block, into a file or shown."""
    under = parts.load("kbpk", args.under)
    block = parts.block(key, under)
    if args.out:
        Path(args.out).write_text(block + "\n")
    told = {"use": key.use, "kcv": key.kcv, "under": under.kcv, "block": block}
    where = f"{key.use} {key.kcv} under kbpk {under.kcv}: {args.out}" if args.out else block
    return told, [where]


def unwrap(args):
    under = parts.load("kbpk", args.under)
    key = parts.unblock(args.block, under, args.use)
    told = {"use": key.use, "kcv": key.kcv, "under": under.kcv}
    lines = [f"{key.use}: {key.kcv}"]
    if args.out:
        told["file"] = str(parts.write(args.out, args.name or key.use, key.use, [key])[0])
        lines.append(f"in clear: {told['file']}")
    return told, lines
