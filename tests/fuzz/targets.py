"""What a guided fuzzer throws bytes at: each target is made once, takes any bytes as one case, and
raises where something else than a typed error came of it.

The same bytes do the same thing in every run, so a case that was found can be thrown again.
"""

from functools import partial

from firmware import host
from host_sim import agreement
from host_sim.acquirer import samples
from host_sim.bench.keypad import NAMES
from protocol import subfields, tlv
from protocol.errors import WireFault
from protocol.framing import ACK, frame
from protocol.keys import behind_keys, unwrap_working_keys
from protocol.reference.ciphers import Ciphers
from tests.fuzz import mutants
from tests.fuzz.mutants import framed, sealed
from tests.fuzz.recording import recorded

LONGEST = 1_100  # bytes of a case: a little more than the largest packet


def packets():
    """Any bytes as a packet: both codecs read the same or refuse the same at the same place."""
    spoilt = _spoiler([packet for _, packet in recorded().exchanges] + recorded().requests)

    def throw(data):
        agreement.check(spoilt(data))

    return throw


def tags():
    """What lies inside fields: tags, keys, groups of digits. Typed errors, or what packs again."""
    ciphers, tmk = Ciphers(), samples.tmk(samples.TERMINAL)

    def throw(data):
        try:
            told = tlv.unpack(data)
        except WireFault:
            pass
        else:
            again = [(tag, one) for tag, value in told.items()
                     for one in (value if isinstance(value, list) else [value])]
            assert len(tlv.pack(again)) == len(data)
        digits = data.hex()
        digits = "".join(digit for digit in digits if digit.isdigit())
        for split in (subfields.split_f60, subfields.split_f61,
                      partial(unwrap_working_keys, data, tmk, ciphers), partial(behind_keys, data)):
            try:
                split(*(() if isinstance(split, partial) else (digits,)))
            except WireFault:
                pass

    return throw


def frames():
    """A stream in pieces at the terminal's port; behind it a sound frame gets through."""
    from protocol.framing import Link

    sound = recorded().requests[0]

    def throw(data):
        link, now = Link(), 0
        sizes = [1 + byte % 40 for byte in data[:3]] or [1]
        for number, chunk in enumerate(mutants.chunks(data[3:], sizes)):
            now += 600 if number < len(data) and data[number] % 16 == 15 else 1
            link.receive(chunk, now)
            link.poll(now)
            link.outgoing()  # a line takes them; 16 that nobody took would leave the last ACK out
        now += 20_000
        link.poll(now)
        link.events()
        link.receive(frame(sound), now)
        assert ("packet", sound) in link.events(), "a sound frame behind it was not heard"
        assert bytes([ACK]) in link.outgoing()

    return throw


def replies():
    """Packets to a terminal that waits for its answer: only the answer that is signed counts."""
    from tests.fuzz.station import Station
    from tests.fuzz.test_terminal import may_be_taken

    recording = recorded()
    station = Station(recording.mac)
    spoilt = _spoiler([reply for _, reply in recording.exchanges], recording.mac)

    def throw(data):
        request, reply = recording.exchanges[data[0] % len(recording.exchanges) if data else 0]
        task = station.ask(request)
        station.acknowledge()
        packet = spoilt(data[1:])
        station.hear(framed(packet))
        if task.done and task.result.kind == host.ANSWERED:
            assert may_be_taken(request, task.result.packet, recording.mac)
        station.silence(host.REPLY_MS if not task.done else 20_000)
        assert task.done
        station.works(request, reply)

    return throw


def requests():
    """Packets to the acquirer: answered or refused, no fault of its own, books that add up."""
    from tests.fuzz.test_acquirer import Host

    acquirer = Host()
    spoilt = _spoiler(acquirer.recording.requests, acquirer.recording.mac)
    thrown = 0

    def throw(data):
        nonlocal thrown
        reply = acquirer.answer(spoilt(data))
        assert reply is None or not isinstance(agreement.check(reply), WireFault)
        assert acquirer.acquirer.counters["faults"] == 0
        thrown += 1
        if thrown % 500 == 0:
            acquirer.recording.till.given_back_fen("20260004")  # asserts that the books are right

    return throw


def keys():
    """Keys, pauses, power and line, from the idle till of a campaign: whatever is typed, the till
    comes to rest, and every invariant holds."""
    from tools.campaign import invariants
    from tools.campaign.plan import Plan
    from tools.campaign.run import REST_MS, Run

    def throw(data):
        run = Run(Plan(len(data) * 2 + 1, (), ()))
        run.clerk.slipped = True  # nobody wished for anything: what he typed is his own affair
        with run.stage as stage:
            stage.power_on()
            run.clerk.close_up(60_000)
            for byte in data[:MOST_KEYS]:
                if byte < 0xF0:
                    stage.press(NAMES[byte % len(NAMES)])
                elif byte < 0xFC:
                    stage.run_for(200 << byte % 12)
                else:
                    _around(stage, byte)
            stage.power_on()
            stage.heal()
            run.book.heal()
            run.at_rest = run.clerk.close_up(stage.now_ms + REST_MS)
            run.witness.close()
            wrong = invariants.judge(run)
        assert not wrong, wrong

    return throw


def _around(stage, byte):
    """What is not a key: a direction of the line without a plug for a while, the power switch."""
    if byte < 0xFE:
        stage.wire.lines[byte - 0xFC].deafen(stage.now_ms + DEAF_MS)
    else:
        stage.power_off()
        stage.power_on()


MOST_KEYS = 60
DEAF_MS = 90_000

# target: its maker, its share of the cases in a thousand, the longest case. What is missing from
# the thousand is thrown by Hypothesis.
TARGETS = {
    "packets": (packets, 350, LONGEST),
    "tags": (tags, 150, 300),
    "frames": (frames, 200, LONGEST),
    "replies": (replies, 120, LONGEST),
    "requests": (requests, 80, LONGEST),
    "keys": (keys, 20, MOST_KEYS),
}


def examples(name):
    """Cases to begin with, for a fuzzer that has seen none yet."""
    if name == "keys":
        return [bytes(NAMES.index(key) for key in typed) for typed in TYPED]
    whole = recorded().requests + [packet for _, packet in recorded().exchanges]
    steps = bytes(range(mutants.DICE))
    return [bytes((kind, at)) + (steps if kind else packet)
            for at, packet in enumerate(whole) for kind in range(4)]


# At the campaign's shop: a refund, a refund in part, another language, what is taken back.
TYPED = (
    ("1", "1", "2", "1", "ENTER", "ENTER", "ENTER", "1", "9", "ENTER", "ENTER", "ENTER"),
    ("1", "1", "2", "1", "ENTER", "ENTER", "ENTER", "2", "5", "0", "0", "ENTER", "9", "ENTER",
     "ENTER", "ENTER"),
    ("MENU", "DOWN", "DOWN", "ENTER", "DOWN", "DOWN", "ENTER"),
    ("MENU", "2", "2", "ENTER", "ENTER", "9", "ENTER", "ENTER", "ENTER"),
)


def _spoiler(whole, mac=None):
    """Bytes -> packet: the bytes themselves, or the dice by which a recorded packet is spoilt, and
    with `mac` sealed again so that more than its MAC is looked at."""

    def spoilt(data):
        if len(data) < 2 + mutants.DICE or data[0] % 4 == 0:
            return data[1:]
        packet = whole[data[1] % len(whole)]
        dice = data[2 : 2 + mutants.DICE]
        if mac is None or data[0] % 4 == 1:
            return mutants.one_edit(dice, whole)(packet)
        message = mutants.one_message_edit(dice, whole)(packet)
        return packet if message is None else sealed(message, mac)

    return spoilt

