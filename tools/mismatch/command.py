"""`tuidan explain`: why a packet is refused, or why two that should match do not.

No key is ever taken from the command line or printed; of card data, what decode shows.
"""
import argparse
import json
import sys

from host_sim.acquirer import samples
from protocol.errors import WireFault
from protocol.mac import KEY_SIZES
from protocol.reference import codec
from tools.mismatch import envelope, inputs, pairs, reasons
from tools.mismatch.keyset import KeySet, read_key_file

SOURCES = """\
A packet is hex (from the TPDU on, with its 2-byte length, or a whole serial frame), a FILE of such
lines (FILE:LINE for another than the first; a line may also be {"hex":..., "mac":{...}}), a
CAPTURE#NUMBER as Wireshark counts them, or - for a line of standard input.

Two packets are a request and its reply, or the same packet by two encoders: their types tell.

A key file has lines "NAME HEX" with TMK, PIK, MAK, TDK, or the MAK's hex alone. Keys of a capture
that open under the sample terminals' published TMKs are found without one.

Exit 0: nothing is wrong; 1: something is; 2: wrong usage."""


def configure(parser):
    """Arguments of `tuidan explain`."""
    parser.epilog = SOURCES
    parser.add_argument("one", metavar="PACKET", help="what does not fit")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="what it should match")
    parser.add_argument("--mac", metavar="ALG", choices=tuple(KEY_SIZES),
                        help=f"the MAC that is due: {', '.join(KEY_SIZES)}")
    parser.add_argument("--key-file", metavar="FILE", type=argparse.FileType("r"),
                        help="the keys, a line each")
    parser.add_argument("--sample-keys", action="store_true",
                        help="check an 0810 against the published TMK of its sample terminal")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args):
    """Tell why; exit code 0, 1 or 2."""
    try:
        given = [inputs.packet(text) for text in (args.one, args.other) if text is not None]
        keyset = None if any(one.note for one in given) else _keys(args, given)
    except OSError as error:
        print(f"tuidan explain: cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (inputs.NoPacket, ValueError) as reason:
        print(f"tuidan explain: {reason}", file=sys.stderr)
        return 2
    if len(given) == 1:
        told = {"packet": _told(given[0], reasons.explain(given[0].data, keyset))}
        found = bool(told["packet"]["reasons"])
    else:
        one, other, kind, between = pairs.explain(given[0].data, given[1].data, keyset)
        told = {"packet": _told(given[0], one), "other": _told(given[1], other),
                "compared": kind, "differences": [_reason(reason) for reason in between]}
        found = any((one.reasons, other.reasons, between))
    told = {"result": "mismatch" if found else "good", **told}
    print(json.dumps(told, ensure_ascii=False) if args.json else "\n".join(_lines(told)))
    return 1 if found else 0


def _keys(args, given):
    """The KeySet to check with, or None. Raises ValueError."""
    found = next((one.keyset for one in given if one.keyset), None)
    if args.key_file is not None:
        with args.key_file as file:
            try:
                keys = read_key_file(file.read())
            except ValueError as reason:
                raise ValueError(f"{args.key_file.name}: {reason}") from None
        found = KeySet(keys, source=args.key_file.name)
    if args.sample_keys and found is None:
        found = next((made for one in given if (made := _sample(one.data))), None)
    if args.mac:
        if found is None:
            raise ValueError("--mac needs a key: --key-file FILE")
        found.algorithm = args.mac
    return found


def _sample(data):
    """A KeySet of the TMK of the sample terminal that F41 names, or None."""
    if keyset := inputs.keys_of(data):
        return keyset
    try:
        terminal = codec.decode(envelope.opened(data)[0] or data).fields.get(41)
    except WireFault:
        return None
    tmk = samples.tmk(terminal)
    return KeySet({"TMK": tmk}, source="the sample terminals") if tmk else None


def _told(given, report):
    return {"from": given.where, "is": report.packet,
            "reasons": [_reason(reason) for reason in report.reasons],
            "notes": [given.note] if given.note else list(report.notes)}


def _reason(reason):
    return {"field": reason.field, "trouble": reason.trouble,
            "fits": [{"name": fit.name, "place": fit.place, "words": fit.words, "cure": fit.cure,
                      "evidence": evidence}
                     for fit, evidence in zip(reason.fits, reason.evidence, strict=True)],
            "tried": reason.tried}


def _lines(told):
    for name in ("packet", "other"):
        if name in told:
            yield f"{told[name]['is']}, from {told[name]['from']}"
            for reason in told[name]["reasons"]:
                yield from _reason_lines(reason)
            if not told[name]["reasons"]:
                yield "  Nothing is wrong with it."
            yield from (f"  {note}" for note in told[name]["notes"])
    if "compared" in told:
        yield ("As the answer to the other:" if told["compared"] == "reply"
               else "The one beside the other:")
        for reason in told["differences"]:
            yield from _reason_lines(reason)
        if not told["differences"]:
            yield "  They match." if told["compared"] == "reply" else "  They are equal."


def _reason_lines(reason):
    yield f"  {reason['trouble']}"
    for fit, lead in zip(reason["fits"], ("Most likely", "Or", "Or"), strict=False):
        yield f"    {lead}: {fit['words']}"
        yield f"      {fit['cure']}"
        yield f"      Evidence: {fit['evidence']}."
    if not reason["fits"] and reason["tried"]:
        yield f"    None of the {reason['tried']} known ways to get it wrong fits."
