"""What the tests of captures put on a line, and what of it a file holds."""
import io

from host_sim.acquirer import samples
from protocol import iso8583
from protocol.mac import Mac
from protocol.message import Message, sealed
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import wrap_working_keys
from tools.capture.keys import Keys
from tools.capture.masking import Masker
from tools.capture.recording import Packet, Reading, Writer
from tools.capture.units import Splitter, lrc

TERMINAL, MERCHANT = samples.TERMINAL, "898110070110001"
TMK = samples.tmk(TERMINAL)
PIK, MAK = bytes(range(16)), bytes(range(16, 32))
TPDU, HEADER = "6000030000", "603100311001"


def packet(mti, fields, mak=None, algorithm="unionpay-ecb"):
    """A packet's bytes; with a MAK it gets the right F64."""
    fields = {41: TERMINAL, 42: MERCHANT} | fields
    if mak is None:
        return iso8583.encode(Message(TPDU, HEADER, mti, fields))
    raw = iso8583.encode(Message(TPDU, HEADER, mti, fields | {64: bytes(8)}))
    return sealed(raw, Mac(algorithm, mak, Ciphers()))


def frame(raw):
    """A packet as it goes over the line."""
    body = bytes.fromhex(f"{len(raw):04}") + raw + b"\x03"
    return b"\x02" + body + bytes((lrc(body),))


def sale(pan, **more):
    """A sale's packet with this card; `more`: fields as f35=..., mak=..."""
    fields = {2: pan, 3: "000000", 4: "000000012800", 11: "000007", 22: "021", 25: "00",
              49: "156", 60: "22000001", 64: bytes(range(8))}
    mak = more.pop("mak", None)
    return packet("0200", fields | {int(name[1:]): value for name, value in more.items()}, mak)


def sign_on_reply(tmk=TMK, mak=MAK, terminal=TERMINAL, sealing=True):
    """The packet of an 0810 that brings PIK and MAK under `tmk`."""
    keys = wrap_working_keys(PIK, mak, tmk, Ciphers())
    fields = {11: "000001", 12: "093000", 13: "0316", 32: "48021000", 37: "607509000001",
              39: "00", 41: terminal, 60: "00000001003",
              62: keys + bytes.fromhex("DF0F03000000")}
    return packet("0810", fields, mak if sealing else None)


def kept(*units, **arguments):
    """[(data, notes)] of units as a Masker lets them through."""
    masker = Masker(Keys(arguments.pop("known", None)), **arguments)
    return [masker.unit(unit) for unit in units]


def fields_of(data):
    """The fields of a frame."""
    return iso8583.decode(data[3:-2]).fields


def file_of(pieces):
    """The bytes of a capture of what comes over one direction of a line in these pieces."""
    file, splitter, masker = io.BytesIO(), Splitter(), Masker(Keys())
    writer = Writer(file, {})
    for at, piece in enumerate([*pieces, b""]):
        for unit in splitter.feed(piece, ended=not piece):
            data, notes = masker.unit(unit)
            writer.write(Packet(at, "wire", "out", data, notes))
    return file.getvalue()


def read(data):
    """(Reading, [Packet]) of a file's bytes, read to its end."""
    reading = Reading(io.BytesIO(data))
    return reading, list(reading)
