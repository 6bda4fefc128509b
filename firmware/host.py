"""The terminal's only way out: one request to the acquirer and its reply, in turn.

What makes a packet the reply is told in exchange.py.
"""

from firmware import overlay
from firmware.kernel import Turn

REPLY_MS = 60000  # how long an answer is waited for

# How an exchange ends. Where there is no answer, it is the id of the text that tells the operator.
ANSWERED = "answered"
NO_REPLY = "no_reply.body"  # delivered to the line, nothing valid came back in time
NO_LINE = "no_line.body"  # nobody acknowledged the frame; it may have arrived all the same
BAD_MAC = "bad_mac.body"
BAD_KEYS = "bad_keys.body"  # an 0810 whose keys fail their check values
STOPPED = "stopped"  # the operator did not want to wait


class Outcome:
    """How an exchange ended. `fields` are the reply's and not None only for ANSWERED; `final`:
    whether its F39 ends the transaction for good."""

    def __init__(self, kind, fields=None, packet=None, final=False):
        self.kind = kind
        self.fields = fields
        self.packet = packet
        self.final = final

    @property
    def code(self):
        """F39 of the reply, None without one."""
        return self.field(39, None)

    def field(self, number, default=""):
        return default if self.fields is None else self.fields.get(number, default)


class Host:
    """`keys` gives the current Mac; one exchange at a time, the others wait for their turn."""

    def __init__(self, kernel, link, keys, params):
        self.kernel = kernel
        self.link = link
        self.keys = keys
        self.params = params
        self.terminal = None  # for its diagnostic log
        self._turn = Turn(kernel)
        self.refused = 0  # packets that were no answer to anything
        self.last_refused = ""  # why, in words fit for a log

    async def exchange(self, name, *arguments, mac_of=None, stop=None):
        """Send the request `name` of messages.py and wait for the reply: Outcome.

        `mac_of(reply)`: the Mac to check the reply with, where it is not the current one (sign-on
        brings its own). `stop`: a waitable that ends the waiting, for the turn too.
        """
        waited_for = () if stop is None else (stop,)
        if not await self._turn.take(*waited_for):
            return Outcome(STOPPED)
        try:
            mti, fields = self.request(name, arguments)
            return await overlay.run("exchange.run", self, mti, fields, mac_of, stop)
        finally:
            self._turn.give()

    def request(self, name, arguments):
        """(MTI, fields) of a request: of messages.py, or "module.name"."""
        path = name if "." in name else "messages." + name
        return overlay.call(path, self.params, *arguments)
