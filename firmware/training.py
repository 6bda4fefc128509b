"""Training: what stands in for flash and host while the operator practises. Nothing of it leaves by
the line, nothing of it is written down, and a power cut ends it.

The procedures are the same; they meet these in place of what hangs on the Terminal. The objects
keep this code in memory as long as the mode is on.
"""

from firmware import overlay
from firmware.host import ANSWERED, STOPPED, Outcome
from firmware.journal import Journal
from firmware.params import Counters, Params

ANSWER_MS = 800
NAME = "练习/TRAINING"  # in place of the merchant's name, on the idle screen and on paper
_REAL = ("operators",)  # a password is a password, and a lock is a lock
_EMPTY = ("journal/", "archive/")  # what is real there is nothing to practise on
_KEPT = 16  # entries of a log
FRAME = 6  # bytes of an entry beside its data, as storage.py stores it


class Storage:
    """Reads what is stored, and keeps what is written to itself."""

    mended = 0

    def __init__(self, real):
        self._real = real
        self._files = {}  # path: bytes; None once it was removed
        self._logs = {}
        self.volumes = real.volumes

    def read(self, path):
        if path in self._files or path.startswith(_EMPTY):
            return self._files.get(path)
        return self._real.read(path)

    def write(self, path, data):
        if path in _REAL:
            self._real.write(path, data)
        else:
            self._files[path] = bytes(data)

    def append(self, path, data):
        log = self._logs.setdefault(path, [])
        log.append(bytes(data))
        if len(log) > _KEPT:
            log.pop(0)

    def entries(self, path):
        return list(self._logs.get(path, ()))

    def entry(self, path, at):
        for data in self.entries(path):
            if at <= 0:
                return data
            at -= len(data) + FRAME
        return None

    def rename(self, old, new):
        self._files[new] = self.read(old)
        self.remove(old)

    def remove(self, path):
        self._files[path] = None
        self._logs.pop(path, None)

    def make_folder(self, path):
        pass

    def names(self, folder):
        """Of what was written here, or what is stored where nothing is kept apart."""
        folder += "/"
        paths = set(self._logs)
        for path in self._files:
            if self._files[path] is not None:
                paths.add(path)
        return sorted([path[len(folder) :] for path in paths if path.startswith(folder)])

    def has_room(self):
        return True


class Keys:
    """As if signed on."""

    injected = True
    key_id = 0
    mac = True

    def pin_block(self, _pin, _pan):
        return bytes(8)


class Host:
    """Answers at once, by the amount's last two digits where these are a code, as a test host."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.refused = 0
        self.last_refused = ""
        self.refunded = {}  # order: fen
        self.sold = {}  # order: (fen, masked card, batch), of sales that stand
        self.booked = {}  # key of a record: the code that it was answered with
        self.count = 0  # of requests, for reference numbers

    async def exchange(self, name, *arguments, mac_of=None, stop=None):
        """As firmware.host.Host.exchange."""
        kernel = self.terminal.kernel
        waited_for = () if stop is None else (stop,)
        if await kernel.first(*waited_for, timeout_ms=ANSWER_MS) == 0:
            return Outcome(STOPPED)
        self.count += 1
        fields, final = overlay.call("practice.answer", self, name, arguments)
        return Outcome(ANSWERED, fields, None, final)


class Kept:
    """The real parts, until the training ends."""

    def __init__(self, terminal):
        self.parts = {name: getattr(terminal, name) for name in PARTS}


PARTS = ("storage", "params", "counters", "journal", "keys", "host", "signed_on", "settling")


def begin(terminal):
    """From now on the terminal's procedures practise."""
    kept = Kept(terminal)
    terminal.storage = Storage(terminal.storage)
    terminal.params = Params(terminal.storage)
    terminal.params.merchant_name = NAME
    terminal.counters = Counters(terminal.storage)
    terminal.journal = Journal(terminal.storage)
    terminal.keys = Keys()
    terminal.host = Host(terminal)
    terminal.signed_on = True
    terminal.training = kept


def end(terminal, free):
    """The real parts are back. What was practised is nothing any more, for whoever still has it in
    his hands: `free` is the state of a record that owes nothing."""
    for record in terminal.journal.open_records():
        record.state = free
    for name in PARTS:
        setattr(terminal, name, terminal.training.parts[name])
    terminal.training = None
