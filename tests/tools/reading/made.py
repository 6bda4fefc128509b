"""Captures for the readers' tests: key scripts' runs, and lines written packet by packet."""
import io
import re
from functools import cache
from pathlib import Path

from host_sim.acquirer import samples
from host_sim.show.mask import TEST_CARDS
from protocol.framing import ACK, NAK, frame
from protocol.iso8583 import Message, encode
from protocol.mac import Mac
from protocol.message import sealed
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import wrap_working_keys
from protocol.tlv import pack
from tools import press
from tools.capture.recording import Packet, Reading, Writer
from tools.reading.units import unit

SCRIPTS = Path(__file__).parents[2] / "scripts"
TERMINAL, MERCHANT = "10000001", "898110070110001"
MAK = bytes(range(16))
PIK = bytes(range(16, 32))
SECOND = 1_000_000


@cache
def played(name):
    """Bytes of the capture of tests/scripts/NAME.txt."""
    file = io.BytesIO()
    shop, result = press.play(SCRIPTS / f"{name}.txt", capture=file)
    shop.world.close()
    assert "error" not in result, result["error"]
    return file.getvalue()


def packets(data):
    """(head, list of Packet) of a capture's bytes."""
    reading = Reading(io.BytesIO(data))
    return reading.head, list(reading)


def rewritten(data, change):
    """The capture once more, with change(packet) in place of each packet: one, or a list."""
    head, held = packets(data)
    file = io.BytesIO()
    writer = Writer(file, head.run)
    for packet in held:
        changed = change(packet)
        for one in changed if isinstance(changed, list) else [changed]:
            writer.write(one)
    return file.getvalue()


class Wire:
    """A capture that is written by hand: each call is a packet, a second behind the one before."""

    def __init__(self, run=None, keys=True):
        self.file = io.BytesIO()
        self._writer = Writer(self.file, run or {})
        self._mac = Mac("unionpay-ecb", MAK, Ciphers())
        self.now = 0
        if keys:
            self.sign_on()

    @property
    def data(self):
        return self.file.getvalue()

    def put(self, way, data, after=1.0, channel="wire", **notes):
        """A packet of these bytes."""
        self.now += int(after * SECOND)
        self._writer.write(Packet(self.now, channel, way, data, notes))
        return data

    def ack(self, way, after=0.01):
        return self.put(way, bytes((ACK,)), after)

    def nak(self, way, after=0.01):
        return self.put(way, bytes((NAK,)), after)

    def say(self, way, message, after=1.0, mac=True):
        """A message in its frame, with its MAC, and the ACK of the other end."""
        data = self.put(way, self.framed(message) if mac else frame(encode(message)), after)
        self.ack("in" if way == "out" else "out")
        return data

    def framed(self, message):
        """A message's frame, with its MAC."""
        packet = encode(message)
        return frame(sealed(packet, self._mac) if 64 in message.fields else packet)

    def sign_on(self):
        """Working keys under the published test TMK."""
        keys = wrap_working_keys(PIK, MAK, samples.tmk(TERMINAL), Ciphers())
        self.say("out", Message("6000030000", "603100311001", "0800", {
            11: "000001", 41: TERMINAL, 42: MERCHANT, 60: "00000001003", 63: "01 "}))
        self.say("in", Message("6000000003", "603100311001", "0810", {
            11: "000001", 12: "093000", 13: "0316", 32: "09000000", 37: "607509000021", 39: "00",
            41: TERMINAL, 42: MERCHANT, 60: "00000001003", 62: keys, 64: bytes(8)}))


def refund(stan="000002", mti="0220", **changed):
    """A refund's request as a Message; `changed` as f4="...", None takes a field away."""
    fields = {3: "200000", 4: "000000001250", 11: stan, 22: "012", 25: "00", 37: "606809000008",
              41: TERMINAL, 42: MERCHANT, 49: "156", 60: "25000001000", 61: "0000000000000309",
              62: pack([("DF01", "20260004"), ("DF06", "01"), ("DF0C", "20260316"),
                        ("DF0D", bytes(8))]), 63: "CUP", 64: bytes(8)}
    return Message("6000030000", "603100311001", mti, _changed(fields, changed))


def reply(stan="000002", mti="0230", **changed):
    """An approval of that refund."""
    fields = {3: "200000", 4: "000000001250", 11: stan, 12: "093000", 13: "0316", 15: "0316",
              25: "00", 32: "09000000", 37: "607509000022", 39: "00", 41: TERMINAL, 42: MERCHANT,
              44: "09020000   09000000   ", 49: "156", 53: "2600000000000000",
              60: "25000001000", 63: "CUP", 64: bytes(8)}
    return Message(changed.pop("tpdu", "6000000003"), "603100311001", mti,
                   _changed(fields, changed))


def _changed(fields, changed):
    fields = fields | {int(name[1:]): value for name, value in changed.items()}
    return {number: value for number, value in fields.items() if value is not None}


def secrets(data, published=TEST_CARDS):
    """What no output may hold: cards that are not `published`, tracks, PIN blocks, wrapped keys,
    and digits that were typed behind stars, as they would be told. Seen from the file alone."""
    found, keys, typed = set(), [], []
    for packet in packets(data)[1]:
        if packet.channel == "wire":
            message = unit(packet.data).message
            found |= _on_the_wire(message.fields, message.mti, published) if message else set()
        elif packet.data.startswith(b"down "):
            keys.append(packet.data[5:].decode())
        elif packet.channel == "screen":
            stars = any(re.fullmatch(r"[0-9]*\*+_?", packet.notes[f"row{row}"])
                        for row in range(1, 5))
            if stars and keys and keys[-1].isdigit():
                typed.append(keys[-1])
            elif not stars and typed:
                found.add("pressed " + " ".join([*typed, keys[-1]]))
                typed = []
    return found


def _on_the_wire(fields, mti, published):
    found = {fields[2]} if fields.get(2) not in (None, *published) else set()
    for number in (35, 36):
        if number in fields:
            found |= {fields[number], fields[number].replace("=", "D")}
    if 52 in fields:
        found.add(fields[52].hex().upper())
    if mti == "0810" and 62 in fields:
        found |= {fields[62][at:at + 16].hex().upper() for at in (0, 20)}
    return found


def flat(text):
    """Text in which bytes apart stand together, too, as hex would be searched for."""
    return text + re.sub(r"(?<=[0-9A-F*]{2}) (?=[0-9A-F*]{2}\b)", "", text)
