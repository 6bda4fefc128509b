"""The sample captures are what this firmware does now; any reader of pcapng reads them; and what
is cut, garbled or another's is read as far as it is sound."""
import io
import tracemalloc
from itertools import chain, islice, repeat
from pathlib import Path

import pytest
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket

from tests.captures import make
from tests.tools.capture.lines import read
from tools.capture import recording
from tools.capture.pcapng import PcapngFault
from tools.capture.recording import Packet, Reading

FOLDER = Path(make.__file__).parent
SOUND = [*make.RUNS, *make.LINES]


def sample(name):
    return (FOLDER / f"{name}.pcapng").read_bytes()


def test_making_them_anew_gives_the_same_bytes():
    made = make.captures()
    assert {path.stem for path in FOLDER.glob("*.pcapng")} == made.keys()
    assert [name for name, data in made.items() if sample(name) != data] == [], (
        "make them anew: .venv/bin/python -m tests.captures.make")


@pytest.mark.filterwarnings("ignore:Field type:DeprecationWarning")     # of its own making
@pytest.mark.parametrize("name", [*SOUND, "other_program"])
def test_python_pcapng_reads_the_same_packets(name):
    theirs = [block for block in FileScanner(io.BytesIO(sample(name)))
              if isinstance(block, EnhancedPacket)]
    reading, ours = read(sample(name))
    assert reading.fault is None and len(ours) == len(theirs) > 0
    for own, other in zip(ours, theirs, strict=True):
        assert own.data == other.packet_data
        assert own.at_us == round(other.timestamp * 1_000_000)
        flags = other.options.get("epb_flags")
        assert {"in": "inbound", "out": "outbound"}.get(own.way) == (flags and flags.inout)


@pytest.mark.parametrize("name, packets", [("cut", 20), ("garbled", 20), ("other_program", 1)])
def test_what_is_sound_of_a_spoilt_file_is_read(name, packets):
    reading, found = read(sample(name))
    assert len(found) >= packets
    assert (reading.fault is None) == (name == "other_program")


@pytest.mark.parametrize("name, said", [("empty", "empty"), ("no_pcapng", "no pcapng"),
                                        ("old_pcap", "older pcap")])
def test_what_is_no_capture_is_told_at_once(name, said):
    with pytest.raises(PcapngFault, match=said):
        Reading(io.BytesIO(sample(name)))


def ends(data):
    """Where each block ends."""
    at = 0
    while at < len(data):
        at += int.from_bytes(data[at + 4:at + 8], "little")
        yield at


@pytest.mark.parametrize("name, most", [("live_masked", None), ("sign_on", 6_000)])
def test_a_file_cut_at_any_byte_is_readable_up_to_the_cut(name, most):
    data = sample(name)
    whole = read(data)[1]
    edges = list(ends(data))
    first = edges[len(recording.CHANNELS)]      # behind the head and the interfaces
    for size in range(edges[0], most or len(data)):
        reading, packets = read(data[:size])
        inside = sum(1 for edge in edges if first < edge <= size)
        assert packets == whole[:inside]
        assert (reading.fault is None) == (size in edges)
    for size in range(edges[0]):
        with pytest.raises(PcapngFault):
            Reading(io.BytesIO(data[:size]))


def test_a_garbled_byte_anywhere_is_no_more_than_a_fault():
    data = sample("live_masked")
    whole = read(data)[1]
    for at in range(len(data)):
        for value in (0x00, 0xFF, data[at] ^ 0x04):
            spoilt = data[:at] + bytes((value,)) + data[at + 1:]
            try:
                _, packets = read(spoilt)
            except PcapngFault:
                continue
            before = sum(1 for edge in ends(data) if edge <= at) - 1 - len(recording.CHANNELS)
            assert packets[:max(0, before)] == whole[:max(0, before)]


class Endless(io.RawIOBase):
    """A file of so many packets that is never anywhere whole."""

    def __init__(self, packets):
        head, body = io.BytesIO(), io.BytesIO()
        recording.Writer(head, {})
        writer = recording.Writer(body, {})
        written = body.tell()
        writer.write(Packet(1, "wire", "out", bytes(150), {"mac": "valid"}))
        block = body.getvalue()[written:]
        self._pieces = chain([head.getvalue()], islice(repeat(block), packets))
        self._rest = b""

    def read(self, size=-1):
        while len(self._rest) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def test_a_long_file_is_read_in_constant_memory():
    def peak(packets):
        tracemalloc.start()
        count = sum(1 for _ in Reading(Endless(packets)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == packets
        return most

    peak(10)
    assert peak(40_000) < peak(1_000) + 500_000     # of 12 MB that the packets are
