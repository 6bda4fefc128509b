"""How fast a capture is read and told: refunds with their replies and ACKs, MACs checked.

All in memory and in one process; the ratio is to decoding the same packets, and nothing else.
"""
import io
from dataclasses import dataclass
from time import process_time

from protocol.framing import ACK, frame
from protocol.iso8583 import Message, mac_span
from protocol.mac import Mac
from protocol.reference import codec
from protocol.reference.ciphers import Ciphers
from tools.bench_codec import MESSAGES
from tools.capture.recording import Packet, Reading, Writer
from tools.reading import text
from tools.reading.telling import Telling

KEY = bytes(range(16))
PACKETS = 100_000
BETWEEN_US = 50_000


@dataclass
class Nowhere:
    """A file that only counts what it is given."""
    written: int = 0

    def write(self, data):
        self.written += len(data)


def capture(packets, file):
    """Write a capture of so many packets: request, ACK, reply, ACK, over and over."""
    writer = Writer(file, {"mac": "unionpay-ecb"})
    mac = Mac("unionpay-ecb", KEY, Ciphers())
    ack = bytes((ACK,))
    for at in range(packets // 4):
        request, reply = (_packet(message, at, mac) for message in MESSAGES.values())
        for place, (way, data) in enumerate((("out", request), ("in", ack), ("in", reply),
                                             ("out", ack))):
            writer.write(Packet((4 * at + place) * BETWEEN_US, "wire", way, data, {}))


def _packet(message, at, mac):
    stan, batch = f"{at % 999_999 + 1:06}", f"{at // 999_999 + 1:06}"
    fields = message.fields | {11: stan, 60: "25" + batch + "000"}
    packet = codec.encode(Message(message.tpdu, message.header, message.mti, fields))
    start, end = mac_span(packet)
    return frame(packet[:end] + mac.compute(packet[start:end]))


def tell(file, out):
    """Tell a capture as `tuidan show` does; how many packets it had."""
    telling = Telling(Reading(file), key=KEY)
    for told in telling:
        for line in text.lines(told):
            out.write(line)
    return telling.packets


def figures(packets=PACKETS):
    """{"packets", "packets a CPU second", "times as long as decoding alone"}."""
    file = io.BytesIO()
    capture(packets, file)
    raw = [packet.data[3:-2] for packet in Reading(io.BytesIO(file.getvalue()))
           if len(packet.data) > 1]
    began = process_time()
    for one in raw:
        codec.decode(one)
    alone = process_time() - began
    file.seek(0)
    began = process_time()
    count = tell(file, Nowhere())
    spent = process_time() - began
    return {"packets": count, "packets a CPU second": round(count / spent),
            "times as long as decoding alone": round(spent / alone, 1)}
