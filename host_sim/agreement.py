"""Holds the two codecs to each other: what one reads, the other reads, on every packet of a run,
and of what they read both write the packet again.

A difference is never repaired or logged away: the run ends.
"""

from protocol import iso8583
from protocol.errors import WireFault
from protocol.iso8583 import Message
from protocol.reference import codec


class CodecsDisagree(Exception):
    """The portable codec and the Construct codec read or write a packet differently."""


def check(packet: bytes) -> Message | WireFault:
    """The packet's message, or the fault that both codecs found at the same place.

    Raises CodecsDisagree; its text names fields and places, never their contents.
    """
    message = read(packet)
    if isinstance(message, Message):
        for name, write in (("device", iso8583.encode), ("host", codec.encode)):
            if bytes(write(message)) != packet:
                raise CodecsDisagree(f"MTI {message.mti}: the {name}'s codec writes other bytes")
    return message


def read(packet: bytes) -> Message | WireFault:
    """As check(), of the reading alone: for who has no time for what one end wrote anyway."""
    device, host = _read(iso8583, packet), _read(codec, packet)
    if isinstance(device, WireFault) or isinstance(host, WireFault):
        one, other = _place(device), _place(host)
        if one != other:
            raise CodecsDisagree(f"{len(packet)} bytes: device {one}, host {other}")
        return device
    if _parts(device) != _parts(host):
        numbers = sorted(device.fields.keys() | host.fields.keys())
        differing = [n for n in numbers if device.fields.get(n) != host.fields.get(n)]
        raise CodecsDisagree(f"MTI {device.mti}: read differently in fields {differing}")
    return device


def _read(module, packet: bytes) -> Message | WireFault:
    try:
        return module.decode(packet)
    except WireFault as fault:
        return fault


def _place(outcome: Message | WireFault) -> str:
    if isinstance(outcome, WireFault):
        return f"refuses {outcome.field} at {outcome.at}"
    return "accepts it"


def _parts(message: Message) -> tuple:
    return message.tpdu, message.header, message.mti, message.fields
