"""Where a packet to be explained comes from: hex, a line of a file, or a capture's packet; and the
keys that a capture brings, where they open under a published test TMK.
"""
import json
import re
import string
import sys
from typing import NamedTuple

from host_sim.acquirer import samples
from protocol.errors import WireFault
from protocol.reference import codec
from tools.capture.pcapng import PcapngFault
from tools.capture.recording import Reading
from tools.mismatch import envelope
from tools.mismatch.keyset import KeySet, opened


class NoPacket(Exception):
    """Nothing of that name holds a packet; the text says why."""


class Given(NamedTuple):
    """`data` as it came; `where` in words; `keyset` if its source told keys, else None; `note`: ""
    but for what was masked at capture, whose MAC and PIN block fit no more."""
    data: bytes
    where: str
    keyset: KeySet | None
    note: str = ""


def packet(text):
    """The Given of one word of the command line: hex, - for a line of standard input, FILE,
    FILE:LINE, or CAPTURE#NUMBER. Raises NoPacket and OSError."""
    if text == "-":
        return _line(sys.stdin.readline(), "standard input")
    digits = "".join(text.split())
    if len(digits) >= 20 and all(one in string.hexdigits for one in digits):
        return Given(_bytes(digits, "the command line"), "the command line", None)
    if found := re.fullmatch(r"(.+)#([0-9]+)", text):
        return _captured(found[1], int(found[2]))
    name, number = text, 1
    if found := re.fullmatch(r"(.+):([0-9]+)", text):
        name, number = found[1], int(found[2])
    with open(name, encoding="utf-8", errors="replace") as file:
        for at, line in enumerate(file, 1):
            if at >= number and line.strip():
                if at > number > 1:
                    break
                return _line(line, f"line {at} of {name}")
    raise NoPacket(f"{name} has no packet in line {number}")


def _line(line, where):
    """A line as `tuidan decode` takes it."""
    line = line.strip()
    if not line.startswith("{"):
        return Given(_bytes("".join(line.split()), where), where, None)
    try:
        given = json.loads(line)
        digits, mac = given["hex"], given.get("mac")
        keyset = KeySet({"MAK": bytes.fromhex(mac["key"])}, mac["algorithm"],
                        "the line") if isinstance(mac, dict) else None
    except (ValueError, KeyError, TypeError):
        raise NoPacket(f'{where}: not a packet in hex, nor an object with "hex"') from None
    return Given(_bytes(digits, where), where, keyset)


def _bytes(digits, where):
    try:
        data = bytes.fromhex(digits)
    except (ValueError, TypeError):
        raise NoPacket(f"{where}: not a packet in hex") from None
    if not data:
        raise NoPacket(f"{where}: no packet")
    return data


def _captured(name, number):
    """Packet `number` of a capture, as Wireshark counts them (from 1)."""
    try:
        with open(name, "rb") as file:
            reading, keyset, found = Reading(file), None, None
            algorithm = reading.head.run.get("mac")
            for at, one in enumerate(reading, 1):
                if one.channel == "wire":
                    keyset = keys_of(one.data, algorithm) or keyset
                if at == number:
                    found = one
                    break
    except PcapngFault as fault:
        raise NoPacket(f"{name}: {fault}") from None
    if found is None:
        until = f", which can be read up to {reading.fault}" if reading.fault else ""
        raise NoPacket(f"{name} has no packet {number}{until}")
    if found.channel != "wire":
        raise NoPacket(f"packet {number} of {name} is of the {found.channel}, not of the wire")
    if len(found.data) < 2:
        raise NoPacket(f"packet {number} of {name} is a control byte")
    note = ""
    if "masked" in found.notes:
        note = (f"Masked at capture ({found.notes['masked']}): F64 is not checked; before, it was "
                f"{found.notes.get('mac', 'unchecked')}.")
    return Given(found.data, f"packet {number} of {name}", keyset, note)


def keys_of(data, algorithm=None):
    """The KeySet that an 0810 brings if it opens under a published test TMK, else None."""
    found, _ = envelope.opened(data)
    if found is None or found[11:13] != b"\x08\x10":
        return None
    try:
        message = codec.decode(found)
    except WireFault:
        return None
    terminal = message.fields.get(41, "")
    tmk = samples.tmk(terminal)
    keys = opened(message, tmk) if tmk else None
    if keys is None:
        return None
    row = next((row for row in samples.TERMINALS if row[0] == terminal), None)
    return KeySet(keys, algorithm or (row[2] if row else "unionpay-ecb"),
                  "the sample terminal's sign-on")
