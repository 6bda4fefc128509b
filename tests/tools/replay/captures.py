"""Captures for the tests of replay: a script's, and a stranger's recording of it."""
import io
from pathlib import Path

from tools import press
from tools.capture.recording import Reading, Writer

SCRIPTS = Path(__file__).parents[2] / "scripts"


def captured(path):
    """The bytes of a script's capture."""
    file = io.BytesIO()
    _, result = press.play(path, capture=file)
    assert "error" not in result, result["error"]
    return file.getvalue()


def packets_of(data):
    """(what the head says, [Packet]) of a sound capture."""
    reading = Reading(io.BytesIO(data))
    packets = list(reading)
    assert reading.fault is None
    return reading.head.run, packets


def write(path, run, packets):
    """A capture in a file; its path."""
    with open(path, "wb") as file:
        writer = Writer(file, run)
        for packet in packets:
            writer.write(packet)
    return path


def foreign(path, script, change=lambda packet: packet):
    """A capture of a script's line alone, as a stranger has it, who knows of no run and no keys;
    `change(packet)` gives another packet, or None to leave it out."""
    _, packets = packets_of(captured(SCRIPTS / f"{script}.txt"))
    wire = [packet for packet in packets if packet.channel == "wire"]
    return write(path, {}, [one for one in map(change, wire) if one is not None])
