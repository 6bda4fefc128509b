"""Faults of the host, scripted: which request, how often, what goes wrong.

A fault changes what is heard or said, never what a rule decides or the ledger holds.
"""

from dataclasses import dataclass
from datetime import time
from random import Random

from host_sim.acquirer.terms import HOURS, in_hours
from protocol.reference.tables import MESSAGES

DEAF = "deaf"  # the request is not heard: nothing happens, no reply
MUTE = "mute"  # the request is carried out, its reply is lost
BAD_MAC = "bad mac"  # the reply's F64 is wrong
WRONG_KCV = "wrong kcv"  # the 0810 brings keys whose check value is wrong
DELAY = "delay"  # the reply leaves later (the link server holds it back)
REFUSE = "refuse"  # the request is answered with a code, and nothing is done
MISCOUNT = "miscount"  # equal settlement totals are called different
ASK_SIGN_ON = "ask sign on"  # the reply's header asks the terminal to sign on again
CRASH = "crash"  # the host dies at a point of the request (host.Host)

KINDS = (DEAF, MUTE, BAD_MAC, WRONG_KCV, DELAY, REFUSE, MISCOUNT, ASK_SIGN_ON, CRASH)
ANY = "any"
MTIS = (ANY, *sorted({row[0] for row in MESSAGES.values()}))


@dataclass
class Scripted:
    """One fault: `times` None is for ever; `percent` of the requests it meets, within `hours`."""

    kind: str
    mti: str = ANY
    times: int | None = 1
    percent: int = 100
    delay_ms: tuple[int, int] = (0, 0)  # at least and at most
    point: int = 0  # of a crash, see crash.CrashPoints.at
    down_s: int = 10  # after a crash
    hours: HOURS | None = None
    code: str = ""  # of a refusal


class Faults:
    """Scripted faults, each used up by the requests it meets. `rng` is for their chances; `at`:
    the acquirer's time of day, set before a request is looked at."""

    def __init__(self, scripted=(), rng: Random | None = None):
        self._scripted = list(scripted)
        self._rng = rng or Random("faults")
        self.at = time(12)
        self.happened = dict.fromkeys(KINDS, 0)

    def script(
        self, kind: str, mti: str, times: int | None = 1, delay_ms: int = 0, code: str = "",
        point: int = 0,
    ) -> None:
        """Let `kind` befall the next `times` requests of an MTI. ValueError on another kind."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        self._scripted.append(Scripted(kind, mti, times, delay_ms=(delay_ms, delay_ms), code=code,
                                       point=point))

    def waiting(self) -> tuple[Scripted, ...]:
        """Those that may still befall a request."""
        return tuple(self._scripted)

    def take_back(self, kind: str, mti: str) -> bool:
        """Forget the fault of this kind and MTI that was scripted last; False where none waits."""
        found = [one for one in self._scripted if one.kind == kind and one.mti == mti]
        if found:
            self._scripted = [one for one in self._scripted if one is not found[-1]]
        return bool(found)

    def take(self, kind: str, mti: str) -> Scripted | None:
        """The fault of this kind that befalls the request in hand, if any; uses up one of its
        times."""
        for one in self._scripted:
            if one.kind != kind or one.mti not in (ANY, mti) or not in_hours(one.hours, self.at):
                continue
            if one.percent < 100 and self._rng.randrange(100) >= one.percent:
                continue
            if one.times is not None:
                one.times -= 1
                if one.times <= 0:
                    self._scripted.remove(one)
            self.happened[kind] += 1
            return one
        return None

    def delay_ms(self, mti: str) -> int:
        """How long the reply to the request in hand is held back; 0 as a rule."""
        one = self.take(DELAY, mti)
        return self._rng.randint(*one.delay_ms) if one else 0
