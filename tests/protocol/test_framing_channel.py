"""Two links over a channel that drops, flips, doubles, cuts and merges: what they still promise.

The channel keeps the order of bytes and holds none back for long; a line that reorders is not a
serial line. XOR misses some double flips, so a transmission suffers one flip at most, and a merged
frame is cut before its ETX: with it, the STX that follows can be the very LRC it lacks.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from protocol.framing import DUPLICATE_MS, Link, frame

MASK = 2**30 - 1
FAULTS = {
    "none": lambda data, n: data,
    "drop": lambda data, n: b"",
    "flip": lambda data, n: _flipped(data, n),
    "double": lambda data, n: data + data,
    "cut": lambda data, n: data[: n % (len(data) + 1)],
    "lose a byte": lambda data, n: data[: n % len(data)] + data[n % len(data) + 1 :],
    "merge": lambda data, n: frame(b"%04d" % n)[: n % 8] + data,
}


def _flipped(data, n):
    at = n // 8 % len(data)
    return data[:at] + bytes([data[at] ^ 1 << n % 8]) + data[at + 1 :]


class Channel(RuleBasedStateMachine):
    both_ways = True

    def __init__(self):
        super().__init__()
        self.now = 2**30 - 4000
        self.links = (Link(), Link())
        self.line = [b"", b""]  # what each end wrote
        self.taken = ([], [])  # packets that send() took
        self.ended = ([], [])  # "sent" and "failed"
        self.delivered = ([], [])  # packets that came out at each end

    def _settle(self):
        for end, link in enumerate(self.links):
            self.line[end] += link.outgoing()
            for kind, value in link.events():
                (self.delivered if kind == "packet" else self.ended)[end].append(
                    value if kind == "packet" else kind
                )
            assert len(self.ended[end]) <= len(self.taken[end])
            assert set(self.delivered[end]) <= set(self.taken[1 - end])
            again = len(self.delivered[end]) - len(set(self.delivered[end]))
            assert again <= (len(self.taken[end]) if self.both_ways else 0)

    def _carry(self, end, fault, n, chunk):
        data = self.line[end]
        self.line[end] = b""
        if data:
            data = FAULTS[fault](data, n)
        for at in range(0, len(data), chunk):
            self.links[1 - end].receive(data[at : at + chunk], self.now & MASK)
        self._settle()

    @rule(end=st.sampled_from([0, 1]), size=st.integers(1, 60))
    def send(self, end, size):
        end = end if self.both_ways else 0
        number = len(self.taken[end])
        packet = bytes([end]) + b"%04d" % number + bytes(0x40 + i % 60 for i in range(size))
        if self.links[end].send(packet, self.now & MASK):
            self.taken[end].append(packet)
        else:
            assert self.links[end].busy
        self._settle()

    @rule(
        end=st.sampled_from([0, 1]),
        fault=st.sampled_from(sorted(FAULTS)),
        n=st.integers(0, 999),
        chunk=st.integers(1, 80),
    )
    def carry(self, end, fault, n, chunk):
        self._carry(end, fault, n, chunk)

    @precondition(lambda self: self.line == [b"", b""])
    @rule(ms=st.sampled_from([1, 30, 499, 500, 2999, 3000, 9000]))
    def wait(self, ms):
        self._wait(ms)

    def _wait(self, ms):
        """Let time pass, but never past a deadline: that is what deadlines are for."""
        due = [link.deadline() for link in self.links]
        self.now += min([ms] + [(at - self.now) & MASK for at in due if at is not None])
        for link in self.links:
            link.poll(self.now & MASK)
            assert link.deadline() is None or (link.deadline() - self.now) & MASK > 0
        self._settle()

    def teardown(self):
        """The faults stop: both ends come to rest, every send has ended, a new one gets through."""
        self._rest()
        for end in (0, 1) if self.both_ways else (0,):
            assert len(self.ended[end]) == len(self.taken[end])
            self.send(end, 9)
            self._rest()
            assert self.ended[end][-1] == "sent"
            assert self.delivered[1 - end][-1] == self.taken[end][-1]

    def _rest(self):
        patience = self.now + 60000 + DUPLICATE_MS
        while any(self.line) or any(link.deadline() is not None for link in self.links):
            for end in (0, 1):
                self._carry(end, "none", 0, 1024)
            if not any(self.line):
                self._wait(DUPLICATE_MS + 1)
            assert self.now < patience
        assert not any(link.busy for link in self.links)


class OneWay(Channel):
    """Only one end sends: then nothing is ever delivered twice."""

    both_ways = False


TestBothWays = Channel.TestCase
TestBothWays.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestOneWay = OneWay.TestCase
TestOneWay.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
