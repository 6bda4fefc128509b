"""`tuidan export`: a capture for programs that do not know the serial line, and the dissector for
Wireshark. What holds card data of anybody but a published test card is left out unless --reveal.
"""
import argparse
import shutil
import sys
from pathlib import Path

from host_sim.show.mask import field_texts, masked
from protocol.errors import WireFault
from protocol.message import MTI_AT
from protocol.reference import codec
from tools.capture import pcapng, units
from tools.capture.progress import Watched
from tools.wireshark import dialect

PORT = 8583
RAW_IP = 101
TERMINAL, HOST = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
TERMINAL_PORT = 49152
PLUGIN = tuple(sorted(path.name for path in dialect.FOLDER.glob("*.lua")))
NOTE = """\
For Wireshark's own iso8583 dissector:
  tshark -r OUT -d tcp.port==8583,iso8583 -o iso8583.len_endian:bigendian \\
    -o iso8583.charset:bcd -o iso8583.binencode:bin
It knows neither TPDU nor header, so these are left out; see tools/wireshark/README.md for what it
reads wrongly all the same. With --whole they stay, for the Lua dissector:
  -o tuidan.tcp_port:8583"""


def configure(parser):
    """Arguments of `tuidan export`."""
    parser.epilog = NOTE
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--tcp", nargs=2, metavar=("FILE", "OUT"),
                       help="the packets of a capture as if they had gone over TCP")
    kinds.add_argument("--hex", type=argparse.FileType("rb"), metavar="FILE",
                       help="the packets of a capture as lines for tuidan decode")
    kinds.add_argument("--lua", metavar="DIR", type=Path,
                       help="copy the dissector for Wireshark there, as into its plugins' folder")
    parser.add_argument("--whole", action="store_true", help="with --tcp: TPDU and header too")
    parser.add_argument("--reveal", action="store_true", help="packets with card data too")


def run(args):
    """Export; exit code 0, 1 if a capture could not be read to its end, 2 for none at all."""
    if args.lua is not None:
        args.lua.mkdir(parents=True, exist_ok=True)
        for name in PLUGIN:
            shutil.copyfile(dialect.FOLDER / name, args.lua / name)
        return 0
    name = args.tcp[0] if args.hex is None else args.hex.name
    try:
        if args.hex is not None:
            with args.hex as file:
                return _hex(Watched(file, name, aside=False), args)
        source, out = map(Path, args.tcp)
        if out.exists() and source.samefile(out):
            print("tuidan export: OUT is the capture itself", file=sys.stderr)
            return 2
        with open(source, "rb") as file:
            reading = Watched(file, source)
            with open(out, "wb") as target:
                return _tcp(reading, target, args)
    except pcapng.PcapngFault as fault:
        print(f"tuidan export: {name}: {fault}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None or Path(error.filename) != Path(name):
            raise
        print(f"tuidan export: cannot read {name}: {error.strerror}", file=sys.stderr)
        return 2


def _packets(reading, args):
    """(recorded packet, packet from its TPDU on) of every sound frame that may go out."""
    sound = left_out = 0
    for one in reading:
        if one.channel != "wire" or len(one.data) < 2 or not units.is_sound(one.data):
            continue
        sound += 1
        packet = one.data[3:-2]
        if args.reveal or "masked" in one.notes or _shows_no_card(packet):
            yield one, packet
        else:
            left_out += 1
    if not sound:
        print("tuidan export: there is no sound frame of a line in it", file=sys.stderr)
    if left_out:
        print(f"tuidan export: {left_out} packets with card data, or that cannot be read, are left "
              "out; --reveal takes them", file=sys.stderr)
    if reading.fault is not None:
        print(f"tuidan export: {reading.fault}; what stands before it is exported",
              file=sys.stderr)


def _shows_no_card(packet):
    """Whether a packet holds no card data, or that of a published test card."""
    try:
        texts = field_texts(codec.decode(packet))
    except WireFault:
        return False
    shown = masked(texts)
    whole = all(shown[number] == texts[number] for number in (2, 35, 36) if number in texts)
    return whole and (not {14, 52, 55} & set(texts) or bool({2, 35} & set(texts)))


def _hex(reading, args):
    for _, packet in _packets(reading, args):
        print(packet.hex().upper())
    return 1 if reading.fault is not None else 0


def _tcp(reading, target, args):
    target.write(pcapng.section("tuidan export", "")
                 + pcapng.interface(RAW_IP, "tcp", "a serial line's packets as if over TCP"))
    sent = {"out": 1, "in": 1}
    for one, packet in _packets(reading, args):
        payload = packet if args.whole else packet[MTI_AT:]
        data = len(payload).to_bytes(2, "big") + payload
        way, other = (one.way or "out"), "in" if one.way != "in" else "out"
        comment = "\n".join(f"{name}: {text}" for name, text in one.notes.items())
        whole = segment(way, sent[way], sent[other], data)
        target.write(pcapng.packet(0, one.at_us, one.way, whole, comment))
        sent[way] = (sent[way] + len(data)) % (1 << 32)
    return 1 if reading.fault is not None else 0


def segment(way, sent, received, data):
    """An IPv4 packet with one TCP segment; `sent`, `received`: bytes so far, both ways."""
    ends = ((TERMINAL, TERMINAL_PORT), (HOST, PORT))
    (source, source_port), (target, target_port) = ends if way == "out" else ends[::-1]
    ports = source_port.to_bytes(2, "big") + target_port.to_bytes(2, "big")
    numbers = sent.to_bytes(4, "big") + received.to_bytes(4, "big")
    tcp = ports + numbers + b"\x50\x18\xff\xff"  # five words of header; PSH, ACK; window
    size = len(tcp) + 4 + len(data)
    pseudo = source + target + b"\0\x06" + size.to_bytes(2, "big")
    tcp += _sum(pseudo + tcp + bytes(4) + data) + bytes(2)
    head = b"\x45\0" + (20 + size).to_bytes(2, "big") + b"\0\0\x40\0\x40\x06"
    return head + _sum(head + bytes(2) + source + target) + source + target + tcp + data


def _sum(data):
    """The Internet checksum (RFC 1071)."""
    total = sum(int.from_bytes((data + b"\0")[at:at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")
