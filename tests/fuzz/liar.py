"""Men in the middle for whole-terminal runs: one who only changes bytes, one who has the keys."""

from host_sim.acquirer import samples
from protocol import session
from protocol.keys import unwrap_working_keys
from protocol.reference.ciphers import Ciphers
from protocol.reference.codec import decode
from tests.fuzz import mutants
from tests.fuzz.mutants import TPDU_AND_HEADER, framed, genuine
from tests.fuzz.recording import recorded

FIRST_LIE_MS, NEXT_LIE_MS = 200, 30  # after the host has answered: behind its ACK
CIPHERS = Ciphers()


class Liar:
    """Keeps the host's replies to some requests to himself and tells the terminal what his edits
    make of them, until he has no edit left: then the truth goes through again.

    `mtis`: of the requests. An edit that would leave the reply right is passed over.
    """

    burst = 3  # lies for one truth

    def __init__(self, till, mtis, edits):
        self._world, self._answer = till.world, till.shop.acquirer.answer
        self._mtis, self._edits = mtis, list(edits)
        self.told = 0
        self.truth_at = None  # index into the trace
        till.shop.acquirer.answer = self.answer

    @property
    def has_more(self):
        return bool(self._edits)

    def answer(self, packet, now):
        if not self._edits or decode(packet).mti not in self._mtis:
            return self._truth(packet, now)
        reply = self.reply_to(packet, now)
        lies = []
        while self._edits and len(lies) < self.burst:
            lie = self.lie(self._edits.pop(), reply)
            if lie:
                lies.append(lie)
        if not lies:
            return self._truth(packet, now)
        for number, lie in enumerate(lies):
            at = self._world.now_ms + FIRST_LIE_MS + number * NEXT_LIE_MS
            self._world.agenda.at(at, lambda lie=lie: self._send(framed(lie)))
        self.told += len(lies)
        return None

    def reply_to(self, packet, now):
        """The reply that he spoils."""
        return self._answer(packet, now)

    def lie(self, edit, reply):
        """What he says instead of the reply; None if it could count as one."""
        lie = edit(reply)
        right = lie[TPDU_AND_HEADER:] == reply[TPDU_AND_HEADER:] or genuine(lie, self._mac())
        return None if right else lie

    def _truth(self, packet, now):
        if decode(packet).mti in self._mtis:
            self.truth_at = self.truth_at or len(self._world.trace)
        return self._answer(packet, now)

    def _mac(self):
        return self._world.device.terminal.keys.mac

    def _send(self, data):
        self._world.wire.to_terminal.send(data, self._world.now_ms)


class Forger(Liar):
    """A liar who has the keys: every request gets one reply of well-sealed nonsense. Of requests
    that move money the host never hears, so that he may go on for ever."""

    burst = 1

    def reply_to(self, packet, now):
        request = decode(packet)
        if request.mti in ("0600", "0800"):
            return super().reply_to(packet, now)
        like = [decode(reply) for reply in recorded().till.world.packets("in")]
        told = next(reply for reply in like if reply.mti == session.reply_mti(request.mti))
        told.fields |= {n: request.fields[n] for n in session.MUST_EQUAL if n in request.fields}
        return mutants.sealed(told, self._mac())

    def lie(self, edit, reply):
        message = edit(reply)
        if message is None:
            return None
        told = decode(reply)
        if told.mti != "0810":
            return mutants.sealed(message, self._mac())
        keys = unwrap_working_keys(told.fields[62], samples.tmk(samples.TERMINAL), CIPHERS)
        return mutants.sealed(message, keys.mac("unionpay-ecb", CIPHERS))
