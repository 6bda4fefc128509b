"""`tuidan decode` and `tuidan encode`: packets to text and back, one a line.
A bad line is answered in its place and the lines behind it still are; card data is masked
unless the user asks for it, and no key or value of a refused line is repeated.
"""

import argparse
import io
import json
import string
import sys

from host_sim.show.explain import title
from host_sim.show.mask import field_texts, is_masked, masked
from protocol import iso8583, tlv
from protocol.errors import LocalMisuse, WireFault
from protocol.faults import UNDEFINED_BIT
from protocol.reference import codec, tables

MAC_FIELD = 64
TAG_FIELD = 62
VERDICTS = ("valid", "invalid", "unchecked")
_NUMBERS = {str(number): number for number in tables.FIELDS}


def configure_decode(parser):
    """Arguments of `tuidan decode`."""
    parser.epilog = (
        'A line is the hex of a packet, with or without its 2-byte length, or\n'
        '{"hex": ..., "mac": {"algorithm": ..., "key": ...}} to have its MAC checked.\n'
        "Exit 1 if a line was refused or a MAC is invalid."
    )
    parser.add_argument("file", nargs="?", type=_open, default="-", metavar="FILE",
                        help="lines of packets; - or nothing: standard input")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--reveal", action="store_true", help="show card data in full")


def configure_encode(parser):
    """Arguments of `tuidan encode`."""
    parser.epilog = (
        'A line is {"tpdu": ..., "header": ..., "mti": ..., "fields": {"3": "200000", ...}},\n'
        'as decode --json --reveal gives it; with "mac": {"algorithm": ..., "key": ...} F64 is\n'
        "computed. Out comes hex with the 2-byte length. Exit 1 if a line was refused."
    )
    parser.add_argument("file", nargs="?", type=_open, default="-", metavar="FILE",
                        help="lines of JSON; - or nothing: standard input")
    parser.add_argument("--portable", action="store_true",
                        help="by the device's codec, not the host's")


def decode(args):
    """Answer every line with its fields or its fault; exit code 0 or 1."""
    findings = 0
    for _, line in _lines(args.file):
        try:
            message, mac = _read(line)
        except WireFault as fault:
            findings += 1
            print(_refusal(fault.field, fault.at, fault.reason) if args.json
                  else f"refused: {fault}\n", flush=True)
            continue
        findings += mac == "invalid"
        show = _as_json if args.json else _as_text
        print(show(message, mac, args.reveal), flush=True)
    return 1 if findings else 0


def encode(args):
    """Answer every line with its packet in hex, or its fault; exit code 0 or 1."""
    encode_message = iso8583.encode if args.portable else codec.encode
    findings = 0
    for number, line in _lines(args.file):
        try:
            packet = _write(line, encode_message)
        except LocalMisuse as misuse:
            findings += 1
            print(_refusal(misuse.field, None, misuse.reason), flush=True)
            print(f"tuidan encode: line {number}: {misuse}", file=sys.stderr)
            continue
        print((len(packet).to_bytes(2, "big") + packet).hex().upper(), flush=True)
    return 1 if findings else 0


def _open(path):
    if path == "-":
        if sys.stdin is None:
            raise argparse.ArgumentTypeError("standard input is closed")
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        return sys.stdin
    try:
        return open(path, encoding="utf-8", errors="replace")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from None


def _lines(file):
    """(number, text) of every line that is not blank; closes the file."""
    with file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line.strip()


def _refusal(field, at, reason):
    return json.dumps({"error": {"field": field, "at": at, "reason": reason}})


def _read(line):
    """(message, "valid", "invalid" or "unchecked") of a line. Raises WireFault; faults of
    the line itself, before there is a packet, have the fields json, hex and mac."""
    text, mac = line, None
    if line.startswith("{"):
        request = _object(line, lambda reason: WireFault("json", 0, reason))
        text, mac = request.get("hex"), request.get("mac")
        if not isinstance(text, str):
            raise WireFault("json", 0, 'there is no "hex" with the packet in it')
    packet = _without_length(_bytes(text))
    message = codec.decode(packet)
    if mac is None:
        return message, "unchecked"
    try:
        checker = _mac(mac)
    except LocalMisuse as misuse:
        raise WireFault("mac", len(packet), misuse.reason) from None
    if MAC_FIELD not in message.fields:
        return message, "unchecked"
    start, end = iso8583.mac_span(packet)
    good = checker.verify(packet[start:end], message.fields[MAC_FIELD])
    return message, "valid" if good else "invalid"


def _write(line, encode_message):
    """The packet of a line of JSON. Raises LocalMisuse."""
    given = _object(line, lambda reason: LocalMisuse("json", reason))
    if "error" in given:
        raise LocalMisuse("json", "the line tells of a refused packet")
    for name, kind in (("tpdu", str), ("header", str), ("mti", str), ("fields", dict)):
        if not isinstance(given.get(name), kind):
            wanted = "an object" if kind is dict else "text"
            raise LocalMisuse(name, "is missing" if name not in given else f"is not {wanted}")
    fields = {_number(key): _value(_number(key), text) for key, text in given["fields"].items()}
    message = iso8583.Message(given["tpdu"].upper(), given["header"], given["mti"], fields)
    mac = given.get("mac")
    if mac in (None, *VERDICTS):  # decode's verdict on the MAC is no order to compute one
        return encode_message(message)
    maker = _mac(mac)
    fields[MAC_FIELD] = bytes(8)
    packet = encode_message(message)
    start, end = iso8583.mac_span(packet)
    return packet[:end] + maker.compute(packet[start:end])


def _object(line, fault):
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise fault(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError):
        raise fault("not JSON that can be read: a number too long, or nested too deep") from None
    if not isinstance(value, dict):
        raise fault("not a JSON object")
    return value


def _number(key):
    if key not in _NUMBERS:
        raise LocalMisuse(key, UNDEFINED_BIT)
    return _NUMBERS[key]


def _value(number, text):
    """What Message takes for a field's text; what is no text is left for the codec to refuse."""
    if not isinstance(text, str):
        return text
    if is_masked(number, text):
        raise LocalMisuse(str(number), "is masked: decode with --reveal to encode again")
    if tables.FIELDS[number][1] != "b":
        return text
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise LocalMisuse(str(number), "is not hex") from None


def _bytes(text):
    digits = "".join(text.split())
    for at, char in enumerate(digits):
        if char not in string.hexdigits:
            raise WireFault("hex", at // 2, f"character {at + 1} is not a hex digit; "
                            "a line is a packet in hex or a JSON object")
    if len(digits) % 2:
        raise WireFault("hex", len(digits) // 2, "an odd number of hex digits")
    return bytes.fromhex(digits)


def _without_length(data):
    """The packet from the TPDU on: a TPDU starts with 60, a length of 1,024 at most never."""
    if data[:1] == b"\x60":
        return data
    if len(data) < 2:
        raise WireFault("length", 0, "neither a TPDU nor a 2-byte length")
    length, packet = int.from_bytes(data[:2], "big"), data[2:]
    if length != len(packet):
        raise WireFault("length", 0, f"the length says {length} bytes, {len(packet)} follow")
    return packet


def _mac(given):
    from protocol.mac import KEY_SIZES, Mac
    from protocol.reference.ciphers import Ciphers

    algorithm, key = (given.get(name) if isinstance(given, dict) else None
                      for name in ("algorithm", "key"))
    if algorithm not in KEY_SIZES:
        raise LocalMisuse("mac", f"the algorithm is one of {', '.join(KEY_SIZES)}")
    try:
        return Mac(algorithm, bytes.fromhex(key or ""), Ciphers())
    except (TypeError, ValueError):
        raise LocalMisuse("mac", "the key does not fit the algorithm, or is not hex") from None


def _texts(message, reveal):
    """{number: text} in the order of the packet, binary as upper-case hex."""
    fields = field_texts(message)
    return fields if reveal else masked(fields)


def _as_json(message, mac, reveal):
    bits = sum(1 << 64 - number for number in message.fields)
    return json.dumps({
        "tpdu": message.tpdu,
        "header": message.header,
        "mti": message.mti,
        "bitmap": f"{bits:016X}",
        "fields": {str(number): text for number, text in _texts(message, reveal).items()},
        "mac": mac,
    })


def _as_text(message, mac, reveal):
    lines = [f"{message.mti} {title(message)}, TPDU {message.tpdu}, header {message.header}"]
    for number, text in _texts(message, reveal).items():
        name = tables.FIELDS[number][0]
        lines.append(f"  F{number:<3} {name:28} {text}{_meaning(number, text)}")
        if number == TAG_FIELD:
            lines += _tags(message.fields[number])
    return "\n".join([*lines, f"  MAC {mac}", ""])


def _meaning(number, text):
    if number == 4:
        return f" ({int(text) // 100}.{int(text) % 100:02} yuan)"
    if number == 39 and text in tables.CODES:
        return f" ({tables.CODES[text][0]})"
    return ""


def _tags(data):
    try:
        values = tlv.unpack(data)
    except WireFault:  # keys, or tags of somebody else's dialect: the hex above has to do
        return
    for tag, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            text = each if isinstance(each, str) else each.hex().upper()
            yield f"    {tag} {tables.TAGS[tag][0]:27} {text}"
