"""Two messages compared part by part: field, what each says, and the bytes.

Secret parts are compared by their bytes and shown as far as a mask leaves something.
"""
from host_sim.show.explain import explain, shown_bytes
from protocol.errors import WireFault

ONLY = "absent"
NAMES = {"TPDU": "tpdu", "header": "header", "MTI": "mti"}     # of what stands before the fields


class Piece:
    """A part of a packet: its `path` ("4", "62.DF01", "tpdu"), name, words, place and bytes."""

    def __init__(self, path, part, packet, shown):
        self.path = path
        self.name = part.name
        self.words = part.words
        self.at = part.at
        self.raw = packet[part.at:part.at + part.size] or part.words.encode()
        self.hex = " ".join(shown[part.at:part.at + part.size])
        self.secret = part.secret


def pieces(packet, algorithm="unionpay-ecb", reveal=False):
    """{path: Piece} of a packet (bytes from the TPDU on), outer before inner. Raises WireFault."""
    parts = explain(packet, algorithm, reveal)
    shown = shown_bytes(packet, parts)
    found, outer = {}, ""
    for part in parts:
        if part.name == "bitmap":
            continue
        head = part.name.partition(" ")[0]
        if not part.inner:
            outer = path = NAMES.get(part.name, head.removeprefix("F"))
        else:
            path = f"{outer}.{head if head.startswith('DF') else part.name}"
        copy = 2
        while path in found:    # a tag that may repeat
            path = f"{path.partition('#')[0]}#{copy}"
            copy += 1
        found[path] = Piece(path, part, packet, shown)
    return found


def differences(one, other, ignore=(), algorithm="unionpay-ecb", reveal=False):
    """A list of {"field", "name", "words": [a, b], "hex": [a, b], "at": [a, b], "hidden"} of two
    packets; `hidden`: they differ in what is not shown only.

    `ignore` holds paths as of Piece; a field's number stands for all that lies in it. Packets that
    cannot be decoded are compared whole.
    """
    if one == other:
        return []
    try:
        left, right = pieces(one, algorithm, reveal), pieces(other, algorithm, reveal)
    except WireFault:
        return [{"field": "packet", "name": "bytes that are no packet",
                 "words": [f"{len(one)} bytes", f"{len(other)} bytes"], "hex": [None, None],
                 "at": [0, 0], "hidden": False}]
    found = []
    for path in sorted({**left, **right}, key=_order):
        a, b = left.get(path), right.get(path)
        if a is None or b is None or a.raw != b.raw:
            found.append(_told(path, a, b))
    outer = {row["field"].partition(".")[0] for row in found if "." in row["field"]}
    return [row for row in found
            if row["field"] not in outer and not _ignored(row["field"], ignore)]


def _order(path):
    head, _, tail = path.partition(".")
    return (int(head), tail) if head.isdigit() else (-1, head)


def _ignored(path, ignore):
    plain = path.partition("#")[0]
    return plain in ignore or plain.partition(".")[0] in ignore


def _told(path, a, b):
    words = [ONLY if piece is None else piece.words for piece in (a, b)]
    hidden = a and b and words[0] == words[1] and a.hex == b.hex
    return {"field": path, "name": (a or b).name, "words": words, "hidden": bool(hidden),
            "hex": [piece.hex if piece else None for piece in (a, b)],
            "at": [piece.at if piece else None for piece in (a, b)]}
