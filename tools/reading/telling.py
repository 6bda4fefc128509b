"""A whole capture told in order: the wire by conversation.py, all else by people.py, and counted.

One pass, bounded memory: what is told is handed on at once, what is kept is a summary.
"""
from collections import Counter

from protocol.mac import KEY_SIZES
from tools.reading.conversation import Conversation
from tools.reading.macs import Macs
from tools.reading.people import People
from tools.reading.told import WRONG

WRONG_KEPT = 200


class Telling:
    """Iterate it once for the Told of a recording.Reading; then summary() counts them."""

    def __init__(self, reading, reveal=False, key=None, algorithm=None):
        noted = reading.head.run.get("mac")
        known = algorithm or (noted if isinstance(noted, str) and noted in KEY_SIZES else None)
        self.reading = reading
        self.algorithm = known or "unionpay-ecb"    # as far as is known
        self.packets = 0
        self._conversation = Conversation(Macs(known, key), reveal)
        self._people = People(reveal)
        self._counts = Counter()
        self._wrong_counts = Counter()
        self._wrong = []
        self._first_us = self._last_us = 0

    def __iter__(self):
        conversation, people = self._conversation, self._people
        number = 0
        for number, packet in enumerate(self.reading, 1):
            self.packets = number
            self._last_us = packet.at_us
            if number == 1:
                self._first_us = packet.at_us
            if packet.channel == "wire":
                yield from self._counted(people.rest())
                yield from self._counted(conversation.tell(number, packet))
            else:
                yield from self._counted(people.tell(number, packet))
        yield from self._counted(people.rest())
        yield from self._counted(conversation.end(number, self._last_us))

    def _counted(self, several):
        for told in several:
            self._counts[told.kind] += 1
            self._counts["repeats"] += told.repeat
            for code, words in told.wrong:
                self._wrong_counts[code] += 1
                if len(self._wrong) < WRONG_KEPT:
                    self._wrong.append({"number": told.number if told.about is None or
                                        told.kind != "missing" else told.about,
                                        "at_us": told.at_us, "what": code, "words": words})
            yield told

    def summary(self):
        """{"packets", "messages", "retransmissions", "naks", "screens", "seconds",
        "transactions": [row], "earlier": {words: count}, "wrong": {what: count}, "wrong_first":
        [{"number", "at_us", "what", "words"}], "fault": words or null}. All of it is complete but
        the two lists, which hold the last 2,000 and the first 200."""
        counts, fault = self._counts, self.reading.fault
        spent = (self._last_us - self._first_us) / 1_000_000
        return {
            "packets": self.packets, "messages": counts["message"],
            "retransmissions": counts["repeats"], "naks": counts["nak"],
            "screens": counts["screen"], "seconds": round(spent, 3),
            "transactions": self._conversation.outcomes.rows(),
            "earlier": self._conversation.outcomes.passed(),
            "wrong": {what: self._wrong_counts[what] for what in WRONG if
                      self._wrong_counts[what]},
            "wrong_first": self._wrong,
            "remarks": list(self.reading.remarks),
            "fault": None if fault is None else str(fault)}
