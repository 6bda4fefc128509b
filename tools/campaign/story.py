"""One run as a readable story: what was pressed, shown, sent, posted and kept, in one line of time.

Each line says when, who and what; the flash and the ledger speak for themselves. No card number and
no key is in any of it.
"""

from protocol.reference.tables import MESSAGES
from protocol.subfields import split_f60
from tools.campaign.image import Image

_WHO = {"out": "terminal >", "in": "< host", "screen": "screen", "paper": "paper", "key": "key",
        "power": "power", "fault": "FAULT", "flash": "flash", "ledger": "ledger",
        "reviewer": "reviewer"}


class Notebook:
    """Follows a stage while it plays; `lines` is the story so far."""

    def __init__(self, stage, book):
        self.lines = []
        self._stage = stage
        self._book = book
        self._faults = 0
        self._journal = {}
        self._posting = stage.witness.last_posting()
        self._events = 0

    def look(self):
        """Note what is new since the last look; called after every step of the world."""
        stage = self._stage
        for fault in self._book.happened[self._faults :]:
            self._put("fault", str(fault))
        self._faults = len(self._book.happened)
        for event in stage.trace[self._events :]:
            if event.kind != "paper" or event.value.strip():
                self._put(event.kind, self._told(event.kind, event.value), event.at_ms)
        self._events = len(stage.trace)
        self._look_at_flash()
        self._look_at_ledger()

    def _told(self, kind, value):
        if kind in ("out", "in"):
            return _packet(self._stage.witness.read(value), len(value))
        if kind == "screen":
            return " | ".join(row.strip() for row in value.rows if row.strip()) or "(blank)"
        return value

    def _look_at_flash(self):
        slots = Image(self._stage.device.flash.blocks).journal()
        for name in sorted(self._journal.keys() | slots.keys()):
            before, now = self._journal.get(name), slots.get(name)
            if name not in slots:
                self._put("flash", f"{name}: free")
            elif now is None:
                self._put("flash", f"{name}: NEITHER COPY CAN BE READ")
            elif before is None or (before.state, before.print_state) != (
                    now.state, now.print_state):
                kind = ("", "refund", "void", "sale")[now.type]
                self._put("flash", f"{name}: {kind} {now.amount_fen} fen of order {now.order}: "
                                   f"{now.state_name}, printed {now.print_state}")
        self._journal = slots

    def _look_at_ledger(self):
        for row in self._stage.witness.postings_after(self._posting):
            self._put("ledger", "posting {}: {} {} fen of order {} (STAN {:06d})".format(*row))
            self._posting = row[0]

    def _put(self, kind, text, at_ms=None):
        at = self._stage.now_ms if at_ms is None else at_ms
        self.lines.append(f"{at / 1000:10.3f}  {_WHO[kind]:10}  {text}")


def _packet(message, size):
    if message is None:
        return f"{size} bytes that are no message"
    fields = message.fields
    words = [message.mti, _name(message)]
    if 11 in fields:
        words.append(f"STAN {fields[11]}")
    if 60 in fields:
        words.append(f"batch {split_f60(fields[60])[1]}")
    if 4 in fields:
        words.append(f"{int(fields[4])} fen")
    if 39 in fields:
        words.append(f"code {fields[39]}")
    return " ".join(word for word in words if word)


def _name(message):
    """What the dialect calls a request; nothing of a reply."""
    mti, process, f60 = message.mti, message.fields.get(3), message.fields.get(60)
    network = None if f60 is None else split_f60(f60)[2]
    return next((name.replace("_", " ") for name, row in MESSAGES.items()
                 if row[:2] == (mti, process) and (row[3] is None or network in row[3])), "")
