"""What a capture means: its channels, its packets and what is known of the run; on top of pcapng.

Writer and read() are the only ones who know how these lie in the file. Masking is not done here:
what is handed to a Writer is what the file holds.
"""
import json
from datetime import UTC, datetime
from typing import NamedTuple

from tools.capture import pcapng

# Channel -> (linktype, what it says). The order is that of the file's interfaces.
CHANNELS = {
    "wire": (147, "the line between terminal and host; out is towards the host"),
    "keypad": (148, "what a person does: down KEY, up KEY, read LINE"),
    "screen": (149, "the screen's 1024 bytes, eight dots a byte, page by page"),
    "paper": (150, "bytes to the printer (ESC/POS, GB18030)"),
    "bench": (151, "what is done to the parts and the line around, as in a key script"),
}
_NUMBERS = {name: number for number, name in enumerate(CHANNELS)}
_BY_LINKTYPE = {linktype: name for name, (linktype, _) in CHANNELS.items()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Packet(NamedTuple):
    """Something that passed. `at_us`: microseconds since 1970, UTC. `channel`: one of CHANNELS,
    or `linktype N` for what another program recorded. `way`: on the wire "out" (terminal to host)
    or "in", else None.

    On the wire `data` is one frame with its STX and LRC, one control byte, or a run of bytes that
    is neither. `notes` {name: text} is what only the one who captured could know:

    - `joined`: "yes" if it was sent in one piece with the wire packet before;
    - `mac`: "valid", "invalid" or "unchecked";
    - `masked`: the numbers of the fields whose digits were replaced by zeros, as "2 35";
    - `row1` to `row4`: what the screen's rows say.
    """
    at_us: int
    channel: str
    way: str | None
    data: bytes
    notes: dict


class Head(NamedTuple):
    """What is known of the run: {"tuidan": version, ...}; empty for a file of another program."""
    application: str
    run: dict


def microseconds(moment):
    """A datetime without a zone, taken as UTC -> microseconds since 1970."""
    apart = moment.replace(tzinfo=UTC) - EPOCH
    return (apart.days * 86_400 + apart.seconds) * 1_000_000 + apart.microseconds


class Writer:
    """Writes a capture into a binary `file`; every packet is there when write() returns.

    `run` is a JSON object of what is known of the run, without secrets. Raises OSError.
    """

    def __init__(self, file, run, application="tuidan"):
        self._file = file
        self.packets = 0
        blocks = [pcapng.section(application, json.dumps(run, ensure_ascii=False))]
        blocks += [pcapng.interface(linktype, name, words)
                   for name, (linktype, words) in CHANNELS.items()]
        self._put(b"".join(blocks))

    def write(self, packet):
        """Append a Packet."""
        comment = "\n".join(f"{name}: {text}" for name, text in packet.notes.items())
        self._put(pcapng.packet(_NUMBERS[packet.channel], packet.at_us, packet.way, packet.data,
                                comment))
        self.packets += 1

    def end(self, at_us, words):
        """Say something of the whole at the end, such as what was lost and how long it took."""
        self._put(pcapng.statistics(0, at_us, words))

    def _put(self, data):
        self._file.write(data)
        self._file.flush()


class Reading:
    """A capture read from a binary `file`, packet by packet, in constant memory.

    Iterate it once. `head` is there from the start. After the last packet `fault` is None, or the
    PcapngFault that ended it; `remarks` holds what was said at the end. Raises PcapngFault at once
    if the file does not even begin like a capture.
    """

    def __init__(self, file):
        self.fault = None
        self.remarks = []
        self._blocks = pcapng.blocks(file)
        first = next(self._blocks, None)
        if first is None:
            raise pcapng.PcapngFault(0, "the file is empty")
        self.head = _head(first)

    def __iter__(self):
        channels = []
        try:
            for block in self._blocks:
                if isinstance(block, pcapng.Packet):
                    yield Packet(block.at_us, channels[block.interface], block.way, block.data,
                                 _notes(block.comments))
                elif isinstance(block, pcapng.Interface):
                    channels.append(_BY_LINKTYPE.get(block.linktype, f"linktype {block.linktype}"))
                elif isinstance(block, pcapng.Section):
                    channels = []
                else:
                    self.remarks += block.comments
        except pcapng.PcapngFault as fault:
            self.fault = fault


def _head(section):
    try:
        run = json.loads(section.comments[0]) if section.comments else {}
    except ValueError:
        run = {}
    return Head(section.application, run if isinstance(run, dict) else {})


def _notes(comments):
    notes = {}
    for comment in comments:
        for line in comment.split("\n"):
            name, colon, text = line.partition(": ")
            if colon:
                notes[name] = text
    return notes
