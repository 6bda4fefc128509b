"""One request to the acquirer and its reply, in turn: the terminal's only way out.

A reply counts only if it is the answer to this request and its MAC is right; anything else is
"no answer", because money must not move on a guess.
"""

from firmware.kernel import Turn
from protocol import session
from protocol.errors import WireFault
from protocol.iso8583 import decode

REPLY_MS = 60000

ANSWERED = "answered"
NO_REPLY = "no reply"  # delivered to the line, nothing valid came back in time
NO_LINE = "no line"  # nobody acknowledged the frame; it may have arrived all the same
BAD_MAC = "bad mac"
BAD_KEYS = "bad keys"  # an 0810 whose keys fail their check values
STOPPED = "stopped"  # the operator did not want to wait


class Outcome:
    """How an exchange ended. `reply` is a Message only for ANSWERED."""

    def __init__(self, kind, reply=None, packet=None):
        self.kind = kind
        self.reply = reply
        self.packet = packet

    @property
    def code(self):
        """F39 of the reply, None without one."""
        return None if self.reply is None else self.reply.fields.get(39)

    def field(self, number, default=""):
        return default if self.reply is None else self.reply.fields.get(number, default)


class Host:
    """`keys` gives the current Mac; one exchange at a time, the others wait for their turn."""

    def __init__(self, kernel, link, keys):
        self._kernel = kernel
        self._link = link
        self._keys = keys
        self._turn = Turn(kernel)
        self.refused = 0  # packets that were no answer to anything
        self.last_refused = ""  # why, in words fit for a log

    async def exchange(self, request, mac_of=None, stop=None):
        """Send and wait for the reply: Outcome.

        `mac_of(reply)`: the Mac to check the reply with, where it is not the current one (sign-on
        brings its own). `stop`: a waitable that ends the waiting, for the turn too.
        """
        while stop is not None and not self._turn.ready:
            if await self._kernel.first(self._turn, stop) == 1:
                return Outcome(STOPPED)
        await self._turn.take()
        try:
            return await self._exchange(request, mac_of, stop)
        finally:
            self._turn.give()

    async def _exchange(self, request, mac_of, stop):
        self._link.inbox.clear()
        packet = session.seal(request, self._keys.mac)
        began = self._kernel.now()
        if not await self._link.send(packet):
            return Outcome(NO_LINE)
        while True:
            left = REPLY_MS - self._kernel.elapsed(began)
            if left <= 0:
                return Outcome(NO_REPLY)
            waited_for = (self._link.inbox,) if stop is None else (self._link.inbox, stop)
            index = await self._kernel.first(*waited_for, timeout_ms=left)
            if index == 1:
                return Outcome(STOPPED)
            if index == 0:
                outcome = self._judge(request, self._link.inbox.get(), mac_of)
                if outcome is not None:
                    return outcome

    def _judge(self, request, packet, mac_of):
        """The outcome that this packet brings, or None if it is not for us."""
        try:
            reply = decode(packet)
            session.check_answers(request, reply)  # first: a late reply to another brings no keys
            mac = self._keys.mac if mac_of is None else mac_of(reply)
            session.check_reply(request, reply, packet, mac)
        except WireFault as fault:
            self.refused += 1
            self.last_refused = str(fault)
            if fault.field == "64":
                return Outcome(BAD_MAC)
            if fault.field[:3] == "62.":
                return Outcome(BAD_KEYS)
            return None
        return Outcome(ANSWERED, reply, packet)
